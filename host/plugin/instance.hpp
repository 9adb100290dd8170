// One instance of a provider on one worker: the plugin's bw_provider and the host's half of its
// API. Used on its worker's thread only.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/provider.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/operation.hpp"
#include "plugin/abi_text.hpp"
#include "plugin/canary.hpp"
#include "plugin/host_handle.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

// Who this host is, and the services that every plugin is given.
const bw_hello& hello();
const bw_host_api& host_api();

class Instance {
  public:
    static Result<std::shared_ptr<Instance>> create(std::shared_ptr<const LoadedProvider> provider,
                                                    std::size_t worker = 0);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const LoadedProvider& provider() const { return *provider_; }
    const bw_plugin& table() const { return provider_->library->table(); }
    bw_provider* handle() { return handle_; }
    bw_host* host() { return &host_; }
    // The plugin's part of bw.engine/1; null: it has none.
    const bw_engine_plugin* engine() const { return engine_; }

    // Its part of bw.estimate/1; null: it has none.
    const bw_estimate_plugin* estimate() const { return estimate_; }

    // An instance whose plugin broke a rule or reported a bug in itself gets no new calls; its open
    // ones may end.
    void poison() { poisoned_ = true; }
    bool poisoned() const { return poisoned_; }

  private:
    Instance(std::shared_ptr<const LoadedProvider> provider, std::size_t worker);

    std::shared_ptr<const LoadedProvider> provider_;
    bw_host host_;
    bw_provider* handle_ = nullptr;
    const bw_engine_plugin* engine_ = nullptr;
    const bw_estimate_plugin* estimate_ = nullptr;
    bool poisoned_ = false;
};

// An instance for one attempt, and where its end is counted.
struct AttemptInstance {
    std::shared_ptr<Instance> instance;
    VersionCount* count = nullptr;  // of its version, as long as the slot lives; null: nowhere
};

// The current instance of one provider on this worker. It is replaced when it has been poisoned, at
// most once a second.
class ProviderSlot {
  public:
    // `canary`: a new version of the provider; one without a provider is none.
    explicit ProviderSlot(std::shared_ptr<const LoadedProvider> provider, const Canary& canary = {},
                          std::size_t worker = 0)
        : provider_(std::move(provider)), worker_(worker) {
        follow(canary);
    }

    Result<std::shared_ptr<Instance>> acquire();
    // While there is a canary: of the version whose turn it is.
    Result<AttemptInstance> acquire_for(Operation operation);
    const LoadedProvider& provider() const { return *provider_; }

    // From now on this is the canary. One that it was before keeps its instance.
    void follow(const Canary& canary);
    // The slot of the canary's version; null: there is none.
    const ProviderSlot* canary() const;

  private:
    struct CanarySlot;

    std::shared_ptr<const LoadedProvider> provider_;
    std::size_t worker_;
    std::shared_ptr<Instance> instance_;
    std::chrono::steady_clock::time_point created_{};
    std::shared_ptr<CanarySlot> canary_;  // null: there is none
};

// The ABI's errors as the host's.
Error to_error(const bw_error& error, const LoadedProvider& provider);
// What a function of the plugin failed with that returned `status`, and told so or nothing.
Error failure(bw_status status, std::optional<Error> told, const LoadedProvider& provider);

}  // namespace bellwether::plugin

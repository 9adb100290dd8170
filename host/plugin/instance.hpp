// One instance of a provider on one worker: the plugin's bw_provider and the host's half of its
// API. Used on its worker's thread only.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/provider.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "plugin/registry.hpp"

// The handle that a plugin is given for one instance, to name it in calls to the host.
struct bw_host {
    const bw::plugin::LoadedProvider* provider;
};

namespace bw::plugin {

// The services that every plugin is given.
const bw_host_api& host_api();

class Instance {
  public:
    static Result<std::shared_ptr<Instance>> create(std::shared_ptr<const LoadedProvider> provider);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    const LoadedProvider& provider() const { return *provider_; }
    const bw_plugin& table() const { return provider_->library->table(); }
    bw_provider* handle() { return handle_; }
    const bw_generate_plugin* generate() const { return generate_; }

    // An instance whose plugin broke a rule or reported a bug in itself gets no new calls; its open
    // ones may end.
    void poison() { poisoned_ = true; }
    bool poisoned() const { return poisoned_; }

  private:
    explicit Instance(std::shared_ptr<const LoadedProvider> provider);

    std::shared_ptr<const LoadedProvider> provider_;
    bw_host host_;
    bw_provider* handle_ = nullptr;
    const bw_generate_plugin* generate_ = nullptr;
    bool poisoned_ = false;
};

// The current instance of one provider on this worker. It is replaced when it has been poisoned, at
// most once a second.
class ProviderSlot {
  public:
    explicit ProviderSlot(std::shared_ptr<const LoadedProvider> provider)
        : provider_(std::move(provider)) {}

    Result<std::shared_ptr<Instance>> acquire();
    const LoadedProvider& provider() const { return *provider_; }

  private:
    std::shared_ptr<const LoadedProvider> provider_;
    std::shared_ptr<Instance> instance_;
    std::chrono::steady_clock::time_point created_{};
};

// Conversions of the ABI's texts and errors.
inline std::string_view view(bw_str text) { return {text.ptr, text.ptr == nullptr ? 0 : text.len}; }
inline bw_str str(std::string_view text) { return {text.data(), text.size()}; }
bw_error new_error();
Error to_error(bw_status status, const bw_error& error, const LoadedProvider& provider);
// Whether a credential of the provider stands in a text that came from its upstream.
bool holds_credential(std::string_view text, const LoadedProvider& provider);
// Text that came from a plugin or its upstream, fit to be shown: valid UTF-8, no credential in it.
std::string presentable(std::string_view text, const LoadedProvider& provider);

}  // namespace bw::plugin

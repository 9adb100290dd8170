// Asks providers for their lists of models, each in the rhythm that its `probe` says, to know
// whether they serve: no model is called, and it costs nothing. What a probe finds counts for all
// targets of its provider. On the thread that runs the loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "net/alarm.hpp"
#include "net/transport.hpp"
#include "plugin/instance.hpp"
#include "plugin/models.hpp"
#include "policy/upstreams/upstreams.hpp"
#include "route/table.hpp"

namespace bellwether::policy {

// Whether a probe that ended so speaks for the targets of its provider, against them, or neither:
// an upstream that answers something else than its models answers all the same.
route::TryEnd end_of_probe(const Result<std::vector<std::string>>& answer);

class Probes {
  public:
    // A probe without an answer has failed after so long.
    static constexpr std::chrono::milliseconds k_limit{10'000};

    // All that is given must outlive the object. The first probe of a provider begins after a part
    // of its interval that is drawn by chance, so that many hosts do not ask at once.
    Probes(boost::asio::io_context& loop, net::Transport& transport, const config::Config& config,
           const plugin::Registry& registry, std::span<const route::TargetName> targets,
           Upstreams& upstreams);
    // Where a provider is the same as before a reload, its next probe begins when it would have.
    void keep_rhythm_of(const Probes& before);
    // Asks no more; a question that runs still ends, and counts. `on_idle` is called, from the loop
    // and perhaps from inside, when none runs any more; it may destroy the object.
    void wind_down(std::function<void()> on_idle);
    Probes(const Probes&) = delete;
    Probes& operator=(const Probes&) = delete;

  private:
    struct ProbedProvider {
        ProbedProvider(boost::asio::io_context& loop, std::size_t index,
                       std::chrono::milliseconds rhythm,
                       std::shared_ptr<const plugin::LoadedProvider> provider)
            : at(index), interval(rhythm), slot(std::move(provider)), alarm(loop) {}

        std::size_t at;  // its index
        std::chrono::milliseconds interval;
        std::vector<std::size_t> targets;  // their ids
        plugin::ProviderSlot slot;
        net::Alarm alarm;
        Clock::time_point began{};  // the last probe
        Clock::time_point due{};    // the next one
        std::optional<plugin::ModelsQuestion> question;
    };

    void wait_until(ProbedProvider& provider, Clock::time_point due);
    void ask(ProbedProvider& provider);
    void answered(ProbedProvider& provider, const Result<std::vector<std::string>>& answer);

    bool idle() const;

    boost::asio::io_context& loop_;
    net::Transport& transport_;
    credentials::TokenDesk desk_;
    Upstreams& upstreams_;
    std::list<ProbedProvider> providers_;
    std::function<void()> on_idle_;  // empty: it goes on
};

}  // namespace bellwether::policy

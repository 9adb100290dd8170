#include "policy/upstreams/probes.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "observe/log.hpp"

namespace bellwether::policy {
namespace {

std::vector<std::size_t> targets_of(std::size_t provider,
                                    std::span<const route::TargetName> targets) {
    std::vector<std::size_t> ids;
    for (std::size_t id = 0; id < targets.size(); ++id) {
        if (targets[id].provider == provider) ids.push_back(id);
    }
    return ids;
}

void tell_of_change(const std::string& provider, ProbeResult before, const Error* error) {
    if (error == nullptr) {
        if (before == ProbeResult::failed) {
            observe::info("provider \"{}\" answers its probe again", provider);
        }
    } else if (before != ProbeResult::failed) {
        observe::warn("provider \"{}\" failed its probe: {}", provider, error->for_operator());
    }
}

}  // namespace

route::TryEnd end_of_probe(const Result<std::vector<std::string>>& answer) {
    if (answer) return route::TryEnd::ok;
    switch (answer.error().kind) {
        case ErrorKind::upstream:
        case ErrorKind::unreachable:
        case ErrorKind::timeout: return route::TryEnd::failed;
        default: return route::TryEnd::neutral;
    }
}

Probes::Probes(boost::asio::io_context& loop, net::Transport& transport,
               const config::Config& config, const plugin::Registry& registry,
               std::span<const route::TargetName> targets, Upstreams& upstreams)
    : loop_(loop), transport_(transport), desk_(loop, transport), upstreams_(upstreams) {
    std::mt19937_64 random(std::random_device{}());
    for (std::size_t i = 0; i < config.providers.size(); ++i) {
        const auto interval = config.providers[i].probe;
        const auto& loaded = registry.providers[i];
        if (interval.count() == 0 || !loaded->unavailable.empty()) continue;
        if (!plugin::can_be_asked(*loaded)) {
            observe::warn(
                "provider \"{}\" cannot be probed: its plugin asks no upstream for models",
                loaded->name);
            continue;
        }
        ProbedProvider& provider = providers_.emplace_back(loop, i, interval, loaded);
        provider.targets = targets_of(i, targets);
        std::uniform_int_distribution<std::int64_t> part(0, interval.count());
        wait_until(provider, Clock::now() + std::chrono::milliseconds(part(random)));
    }
}

void Probes::keep_rhythm_of(const Probes& before) {
    for (ProbedProvider& provider : providers_) {
        const auto same =
            std::ranges::find_if(before.providers_, [&provider](const ProbedProvider& other) {
                return &other.slot.provider() == &provider.slot.provider() &&
                       other.interval == provider.interval;
            });
        if (same != before.providers_.end()) wait_until(provider, same->due);
    }
}

void Probes::wait_until(ProbedProvider& provider, Clock::time_point due) {
    provider.due = due;
    provider.alarm.set(due, [this, &provider] { ask(provider); });
}

void Probes::ask(ProbedProvider& provider) {
    provider.began = Clock::now();
    provider.due = provider.began + provider.interval;
    auto instance = provider.slot.acquire();
    if (!instance) return answered(provider, std::unexpected(instance.error()));
    provider.question.emplace(
        loop_, transport_, desk_, plugin::WhichModels{*std::move(instance), k_limit},
        [this, &provider](const auto& answer) { answered(provider, answer); });
}

void Probes::answered(ProbedProvider& provider, const Result<std::vector<std::string>>& answer) {
    const auto now = Clock::now();
    const Error* const error = answer ? nullptr : &answer.error();
    const auto before = upstreams_.probes[provider.at].exchange(
        error == nullptr ? ProbeResult::ok : ProbeResult::failed, std::memory_order_relaxed);
    tell_of_change(provider.slot.provider().name, before, error);
    for (const std::size_t id : provider.targets) {
        upstreams_.targets.probed(id, end_of_probe(answer), now);
    }
    provider.question.reset();
    if (!on_idle_) return wait_until(provider, std::max(now, provider.due));
    if (idle()) boost::asio::post(loop_, std::exchange(on_idle_, [] {}));
}

bool Probes::idle() const {
    return std::ranges::none_of(providers_,
                                [](const ProbedProvider& one) { return one.question.has_value(); });
}

void Probes::wind_down(std::function<void()> on_idle) {
    for (ProbedProvider& provider : providers_) provider.alarm.cancel();
    if (idle()) return on_idle();
    on_idle_ = std::move(on_idle);
}

}  // namespace bellwether::policy

#include "serve/canary_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "plugin/canary.hpp"

namespace bellwether::serve {
namespace {

using plugin::CanaryRecord;
using plugin::CanaryState;
using plugin::VersionEnd;

constexpr std::chrono::milliseconds k_look_every{200};

bool is_running(const plugin::Canary& canary) {
    return canary.provider != nullptr && canary.record->state() == CanaryState::running;
}

std::string counted(const plugin::VersionCount& count) {
    const std::uint64_t refused = count.of(VersionEnd::refused);
    return fmt::format("{} of {} attempts failed{}", count.of(VersionEnd::failed), count.all(),
                       refused == 0 ? "" : fmt::format(" and {} were refused", refused));
}

void tell_of_end(const std::string& provider, const CanaryRecord& record) {
    const std::string numbers =
        fmt::format("{}, of the old one {}", counted(record.of_new), counted(record.of_old));
    if (record.state() == CanaryState::passed) {
        return observe::info("provider \"{}\": version {} of its plugin gets all calls: {}",
                             provider, record.version(), numbers);
    }
    observe::warn(
        "provider \"{}\": version {} of its plugin went back, and the old one gets all calls: {}; "
        "it is not tried again until its file changes, or by: bellwether plugin reload {}",
        provider, record.version(), numbers, provider);
}

}  // namespace

void CanaryWatch::follow(std::shared_ptr<const Generation> generation) {
    generation_ = std::move(generation);
    look_again();
}

void CanaryWatch::look_again() {
    const auto& canaries = generation_->host().registry.canaries;
    const bool any =
        std::ranges::any_of(canaries, [](const auto& named) { return is_running(named.second); });
    if (any) return alarm_.set(Clock::now() + k_look_every, [this] { look(); });
    alarm_.cancel();
    generation_.reset();
}

void CanaryWatch::look() {
    for (const auto& [provider, canary] : generation_->host().registry.canaries) {
        if (!is_running(canary)) continue;
        const CanaryState state = canary.record->judge(Clock::now());
        if (state == CanaryState::running) continue;
        canary.record->decide(state);
        tell_of_end(provider, *canary.record);
        generation_->running().process.reload(
            {.by = fmt::format("the canary of provider \"{}\"", provider),
             .what = report::ReloadOrder::What::canaries},
            {});
    }
    look_again();
}

}  // namespace bellwether::serve

#include "policy/attempts/target_watch.hpp"

namespace bw::policy {

route::TryEnd end_for_target(const Result<void>& result) {
    if (result) return route::TryEnd::ok;
    const Error& error = result.error();
    if (error.by_client) return route::TryEnd::neutral;
    switch (error.kind) {
        case ErrorKind::upstream:
        case ErrorKind::protocol:
        case ErrorKind::unreachable:
        case ErrorKind::timeout:
        case ErrorKind::internal: return route::TryEnd::failed;
        default: return route::TryEnd::neutral;
    }
}

bool is_silent_for_too_long(std::chrono::nanoseconds silence,
                            std::optional<std::chrono::nanoseconds> usual) {
    constexpr std::chrono::seconds k_least{5};
    constexpr int k_times = 10;
    return silence >= k_least && usual && *usual < silence / k_times;
}

TargetWatch::TargetWatch(route::TargetStates& states, std::size_t target, route::AnswerForm answer)
    : states_(states), target_(target), answer_(answer) {
    states_.began(target_);
}

TargetWatch::~TargetWatch() {
    const auto now = Clock::now();
    if (!answered_ && end_ == route::TryEnd::neutral &&
        is_silent_for_too_long(now - began_, states_.measured(target_, answer_))) {
        end_ = route::TryEnd::failed;
    }
    states_.ended(target_, end_, began_, now);
}

void TargetWatch::content() { states_.content_after(target_, answer_, Clock::now() - began_); }

void TargetWatch::end(const Result<void>& result, Evidence evidence) {
    end_ = end_for_target(result);
    // A request that an upstream cannot stand fails as often as it is tried.
    if (end_ == route::TryEnd::failed && evidence == Evidence::known) {
        end_ = route::TryEnd::neutral;
        answered_ = true;
    }
}

}  // namespace bw::policy

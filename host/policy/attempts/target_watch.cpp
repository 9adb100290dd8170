#include "policy/attempts/target_watch.hpp"

#include "base/clock.hpp"

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

TargetWatch::TargetWatch(route::TargetStates& states, std::size_t target)
    : states_(states), target_(target) {
    states_.began(target_);
}

TargetWatch::~TargetWatch() { states_.ended(target_, end_, Clock::now()); }

void TargetWatch::content_after(std::chrono::nanoseconds time) {
    states_.content_after(target_, time);
}

}  // namespace bw::policy

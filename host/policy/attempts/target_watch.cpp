#include "policy/attempts/target_watch.hpp"

namespace bellwether::policy {
namespace {

// A client that leaves sooner than this may have had any reason.
constexpr std::chrono::seconds k_client_waits{5};

}  // namespace

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

bool is_refusal(const Result<void>& result) {
    if (result || result.error().by_client) return false;
    switch (result.error().kind) {
        case ErrorKind::invalid:
        case ErrorKind::unsupported:
        case ErrorKind::auth:
        case ErrorKind::quota:
        case ErrorKind::rate:
        case ErrorKind::not_found:
        case ErrorKind::context_length:
        case ErrorKind::content_filter: return true;
        default: return false;
    }
}

bool is_silent_for_too_long(std::chrono::nanoseconds silence,
                            std::optional<std::chrono::nanoseconds> usual,
                            std::chrono::nanoseconds least) {
    constexpr int k_times = 10;
    return silence >= least && usual && *usual < silence / k_times;
}

TargetWatch::TargetWatch(route::TargetStates& states, std::size_t target, route::AnswerForm answer,
                         plugin::VersionCount* count)
    : states_(states), target_(target), answer_(answer), count_(count) {
    states_.began(target_);
}

TargetWatch::~TargetWatch() {
    const auto now = Clock::now();
    if (end_ == route::TryEnd::neutral && (silent_ || is_silent(k_client_waits))) {
        end_ = route::TryEnd::failed;
    }
    states_.ended(target_, end_, began_, now);
    count();
}

void TargetWatch::count() const {
    using plugin::VersionEnd;
    if (count_ == nullptr) return;
    switch (end_) {
        case route::TryEnd::ok: return count_->ended(VersionEnd::ok);
        case route::TryEnd::failed: return count_->ended(VersionEnd::failed);
        default:
            if (refused_) count_->ended(VersionEnd::refused);
    }
}

bool TargetWatch::is_silent(std::chrono::nanoseconds least) const {
    return !answered_ &&
           is_silent_for_too_long(Clock::now() - began_, states_.measured(target_, answer_), least);
}

// Clients do not say how long they wait, and the operator has said after how long another target
// is asked. So the silence of one that lost needs no least.
void TargetWatch::lost() {
    silent_ = is_silent(std::chrono::nanoseconds(0));
    content();
}

void TargetWatch::content() { states_.content_after(target_, answer_, Clock::now() - began_); }

void TargetWatch::end(const Result<void>& result, Evidence evidence) {
    end_ = end_for_target(result);
    refused_ = is_refusal(result);
    // A request that an upstream cannot stand fails as often as it is tried.
    if (end_ == route::TryEnd::failed && evidence == Evidence::known) {
        end_ = route::TryEnd::neutral;
        answered_ = true;
    }
}

}  // namespace bellwether::policy

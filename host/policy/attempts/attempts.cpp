#include "policy/attempts/attempts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "observe/seldom.hpp"
#include "policy/cost/cost.hpp"

namespace bw::policy {

namespace {

constinit observe::Seldom broken_end_lines(std::chrono::minutes(1));

void tell_of_broken_end(const Call& call, std::string_view provider, const Error& error) {
    if (!broken_end_lines.may(Clock::now())) return;
    observe::warn(
        "call {}: provider \"{}\" failed after a complete answer, which stands: {}; more of these "
        "are told of once a minute",
        call.id, provider, error.for_operator());
}

Error no_answer(std::string_view provider) {
    return {.kind = ErrorKind::protocol,
            .message = fmt::format("{} ended its stream without an answer", provider),
            .code = "empty_reply"};
}

}  // namespace

Attempts::Attempts(AttemptServices engine, const Call& call, std::span<const Prospect> targets,
                   Reckoner& reckoner, Replies& replies)
    : engine_(engine), call_(call), targets_(targets), reckoner_(reckoner), replies_(replies) {}

std::string_view Attempts::provider() const {
    return engine_.slots[target().provider].provider().name;
}

void Attempts::start() {
    try_.emplace(engine_, call_, target(), reckoner_, static_cast<TryEvents&>(*this));
    if (auto begun = try_->start(count_++, paused_); !begun) on_end(std::move(begun));
}

void Attempts::pause() {
    paused_ = true;
    if (try_) try_->pause();
}

void Attempts::resume() {
    paused_ = false;
    if (try_) try_->resume();
}

void Attempts::on_end(Result<void> result) {
    // A stream that ends without an error, but has said nothing, not even a `finish_reason`, is no
    // answer: the attempt has failed.
    if (result && call_.stream && try_->commitment() == Commitment::none) {
        result = std::unexpected(no_answer(provider()));
    }
    // If all that the client asked for has come, an error at the end of the connection changes
    // nothing for it.
    if (!result && try_->is_answered()) {
        tell_of_broken_end(call_, provider(), result.error());
        result = {};
    }
    try_->close(result);
    const auto another = result ? std::nullopt : next(result.error());
    if (!another) return finish(std::move(result));
    waited_ += try_->waited();
    asked_again_ = *another == at_;
    at_ = *another;
    start();
}

// The target to try after this failure; nothing: none.
std::optional<std::size_t> Attempts::next(const Error& error) {
    if (!error.detail.empty()) {
        observe::info("call {}: attempt {}: {}", call_.id, count_, error.detail);
    }
    const std::size_t next = next_with_room();
    const FailedTry failed{.commitment = try_->commitment(),
                           .is_late = Clock::now() >= call_.deadline,
                           .asked_again = asked_again_,
                           .another_target = next != targets_.size()};
    switch (step_after_failure(failed, error.kind, error.code)) {
        case NextStep::give_up: return std::nullopt;
        case NextStep::same_target_again: return at_;
        case NextStep::next_target: break;
    }
    observe::debug("call {}: attempt {} at provider \"{}\" failed, trying the next: {}", call_.id,
                   count_, provider(), error.message);
    failures_.push_back({.provider = std::string(provider()),
                         .model = target().model,
                         .kind = error.kind,
                         .code = error.code,
                         .usage = try_->reckon(std::unexpected(error)).usage,
                         .price = target().price});
    return next;
}

// The index of the next target whose upstream may have room; targets_.size(): there is none.
std::size_t Attempts::next_with_room() const {
    const auto has_room = [this](const Prospect& one) {
        return engine_.upstream_limits.wait(one.target, tokens_at_sending(call_)).count() == 0;
    };
    const auto rest = targets_.begin() + static_cast<std::ptrdiff_t>(at_) + 1;
    return static_cast<std::size_t>(std::find_if(rest, targets_.end(), has_room) -
                                    targets_.begin());
}

void Attempts::finish(Result<void> result) {
    const CallEnd ended = outcome(std::move(result));
    if (ended.result) {
        reckoner_.learn(target(), try_->heard());
        try_->send_usage(ended.usage, ended.cost_micro_usd);
    }
    replies_.on_end(ended);
}

CallEnd Attempts::outcome(Result<void> result) const {
    const Reckoned reckoned = try_->reckon(result);
    return {.result = std::move(result),
            .usage = reckoned.usage,
            .doubt = reckoned.doubt,
            .provider = std::string(provider()),
            .model = target().model,
            .upstream_id = try_->upstream_id(),
            .attempts = count_,
            .waited = waited(),
            .failures = failures_,
            .cost_micro_usd = cost_of(reckoned.usage, target().price),
            .price = target().price};
}

}  // namespace bw::policy

#include "policy/attempts/attempts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "observe/seldom.hpp"

namespace bellwether::policy {

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

const Error& hedge_lost() {
    static const Error lost{.kind = ErrorKind::cancelled,
                            .message = "another target answered sooner",
                            .code = "hedge_lost"};
    return lost;
}

}  // namespace

Attempts::Leg::Leg(Attempts& attempts, std::size_t target_index, std::chrono::nanoseconds waited,
                   std::unique_ptr<RestOfAnswer> rest_asked)
    : owner(attempts),
      at(target_index),
      waited_before(waited),
      rest(std::move(rest_asked)),
      tried(owner.engine_, rest ? rest->call : owner.call_, owner.targets_[at].target,
            rest ? rest->reckoner : owner.reckoner_, static_cast<TryEvents&>(*this)) {}

Attempts::Attempts(AttemptServices engine, const Call& call, std::span<const Prospect> targets,
                   Reckoner& reckoner, Replies& replies, Leeway leeway)
    : engine_(engine),
      call_(call),
      targets_(targets),
      reckoner_(reckoner),
      replies_(replies),
      leeway_(std::move(leeway)),
      held_(leeway_.hedge == nullptr ? 1 : 2) {
    if (leeway_.continues && call_.stream) continuation_.emplace(call_);
}

std::string_view Attempts::provider() const {
    return engine_.slots[target().provider].provider().name;
}

std::chrono::nanoseconds Attempts::waited() const {
    const auto pause = pausing_since_ ? Clock::now() - *pausing_since_ : Clock::duration(0);
    return leg().waited_before + leg().tried.waited() + pause;
}

void Attempts::start() {
    const auto now = Clock::now();
    if (!leaves_off_) engine_.upstreams.retries.call(now);
    const std::size_t target = first_target(now);
    if (leeway_.hedge != nullptr) set_hedge(now, target);
    begin(target, 0);
}

std::size_t Attempts::first_target(Clock::time_point now) const {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const Prospect& one = targets_[i];
        if (one.target.chain != route::Chain::none) break;
        if (one.service != route::Service::trial_due) return i;
        if (engine_.upstreams.targets.claim_trial(one.target.id, now)) return i;
    }
    return 0;
}

void Attempts::begin(std::size_t target, std::size_t slot) {
    const auto& last = legs_[lead_];
    const auto waited_before = last ? waited() : std::chrono::nanoseconds(0);
    auto rest = last && last->has_begun() ? rest_at(target) : nullptr;
    pausing_since_.reset();
    repetition_taken_ = false;
    if (std::exchange(next_has_other_key_, false)) ++other_keys_;
    if (course_) course_->begun(target);
    lead_ = slot;
    Leg& leg = legs_[slot].emplace(*this, target, waited_before, std::move(rest));
    if (auto begun = leg.tried.start(count_++, paused_); !begun) on_end(leg, std::move(begun));
}

void Attempts::end_calls(std::uint32_t why) {
    for (auto& leg : legs_) {
        if (leg) leg->tried.end_call(why);
    }
}

void Attempts::leave_off() {
    leaves_off_ = true;
    if (alarm_ && !is_between_tries()) alarm_->cancel();  // of the hedge
}

void Attempts::pause() {
    paused_ = true;
    for (auto& leg : legs_) {
        if (leg) leg->tried.pause();
    }
}

void Attempts::resume() {
    paused_ = false;
    for (auto& leg : legs_) {
        if (leg) leg->tried.resume();
    }
}

// ---- two at once --------------------------------------------------------------------------------

void Attempts::set_hedge(Clock::time_point now, std::size_t target) {
    const config::Hedge& hedge = *leeway_.hedge;
    std::optional<Clock::duration> after = hedge.after;
    if (hedge.percentile != 0) {
        after = engine_.upstreams.targets.percentile(
            targets_[target].target.id,
            call_.stream ? route::AnswerForm::stream : route::AnswerForm::plain, hedge.percentile);
    }
    // Too little may be known of the target, and a second one may begin too late.
    if (!after || now + *after >= last_moment(target)) return;
    alarm_.emplace(engine_.loop);
    alarm_->set(now + *after, [this] { begin_hedge(); });
}

// Asks the next target as well that is well and has room. A hedge is a repetition: an upstream that
// is slow with every call is not to get twice as many.
void Attempts::begin_hedge() {
    if (count_ >= retry_at(leg().at).attempts) return;
    const auto elsewhere = std::ranges::find_if(targets_, [this](const Prospect& one) {
        if (one.target.chain != route::Chain::none || one.target.last_resort) return false;
        if (are_one_place(one.target, target())) return false;
        const Course::Outlook outlook = look(one);
        return !outlook.failing && outlook.wait.count() == 0;
    });
    if (elsewhere == targets_.end()) return;
    const auto now = Clock::now();
    // A trial that is claimed and not made would leave the target out for another period.
    SharedRetryBudget& retries = engine_.upstreams.retries;
    if (!retries.take(now)) return retries.count_refused();
    if (!may_begin(elsewhere->target, now)) return;
    begin(static_cast<std::size_t>(elsewhere - targets_.begin()), 1);
}

// A target that was out of service is tried by one call at a time. For the others it is still out.
bool Attempts::may_begin(const route::Candidate& target, Clock::time_point now) {
    route::TargetStates& states = engine_.upstreams.targets;
    return states.service(target.id, now) != route::Service::trial_due ||
           states.claim_trial(target.id, now);
}

std::size_t Attempts::slot_of(const Leg& leg) const {
    return legs_[0] && &leg == &*legs_[0] ? 0 : 1;
}

// The other leg, if it runs; else null.
const Attempts::Leg* Attempts::other(const Leg& leg) const {
    const auto& slot = legs_[1 - slot_of(leg)];
    return slot && !slot->error ? &*slot : nullptr;
}

void Attempts::leave_to(const Leg& leg) {
    lead_ = slot_of(leg);
    legs_[1 - lead_].reset();
}

void Attempts::on_commit(const Leg& leg) {
    if (alarm_) alarm_->cancel();
    auto& loser = legs_[1 - slot_of(leg)];
    if (loser && !loser->error) {
        Result<void> lost = std::unexpected(hedge_lost());
        loser->tried.close_lost(lost);
        note(*loser, hedge_lost(), Followed::hedge);
    }
    leave_to(leg);
}

void Attempts::on_chunk(const Leg& leg, std::string_view json) {
    if (!continuation_) return replies_.on_chunk(json);
    const std::string rest = leg.rest ? continuation_->as_rest(json) : std::string();
    if (leg.rest && rest.empty()) return;
    const std::string_view chunk = leg.rest ? std::string_view(rest) : json;
    continuation_->relayed(chunk);
    replies_.on_chunk(chunk);
}

// ---- the end of a try ---------------------------------------------------------------------------

void Attempts::on_end(Leg& leg, Result<void> result) {
    // A stream that ends without an error, but has said nothing, not even a `finish_reason`, is no
    // answer: the attempt has failed.
    if (result && call_.stream && leg.tried.commitment() == Commitment::none) {
        result = std::unexpected(
            no_answer(engine_.slots[targets_[leg.at].target.provider].provider().name));
    }
    // If all that the client asked for has come, an error at the end of the connection changes
    // nothing for it.
    if (!result && leg.tried.is_answered()) {
        tell_of_broken_end(call_, provider(), result.error());
        result = {};
    }
    const auto wait_asked_for = result ? std::nullopt : result.error().retry_after;
    const bool known = course_ && course_->failures(leg.at) > 0;
    leg.tried.close(result, known ? Evidence::known : Evidence::fresh);
    if (result) return finish({});
    leg.error = std::move(result.error());
    follow(leg, wait_asked_for);
}

}  // namespace bellwether::policy

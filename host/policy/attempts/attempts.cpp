#include "policy/attempts/attempts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "observe/seldom.hpp"
#include "policy/attempts/back_off.hpp"
#include "policy/attempts/useful_error.hpp"
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

const Error& hedge_lost() {
    static const Error lost{.kind = ErrorKind::cancelled,
                            .message = "another target answered sooner",
                            .code = "hedge_lost"};
    return lost;
}

}  // namespace

Attempts::Leg::Leg(Attempts& attempts, std::size_t target_index, std::chrono::nanoseconds waited)
    : owner(attempts),
      at(target_index),
      waited_before(waited),
      tried(owner.engine_, owner.call_, owner.targets_[at].target, owner.reckoner_,
            static_cast<TryEvents&>(*this)) {}

Attempts::Attempts(AttemptServices engine, const Call& call, std::span<const Prospect> targets,
                   Reckoner& reckoner, Replies& replies, const config::Hedge* hedge)
    : engine_(engine),
      call_(call),
      targets_(targets),
      reckoner_(reckoner),
      replies_(replies),
      hedge_(hedge) {}

std::string_view Attempts::provider() const {
    return engine_.slots[target().provider].provider().name;
}

std::chrono::nanoseconds Attempts::waited() const {
    const auto pause = pausing_since_ ? Clock::now() - *pausing_since_ : Clock::duration(0);
    return leg().waited_before + leg().tried.waited() + pause;
}

void Attempts::start() {
    const auto now = Clock::now();
    engine_.upstreams.retries.call(now);
    const std::size_t target = first_target(now);
    if (hedge_ != nullptr) set_hedge(now, target);
    begin(target, 0);
}

// A target that was out of service is tried by one call at a time; for the others it is still out.
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
    const auto waited_before = legs_[lead_] ? waited() : std::chrono::nanoseconds(0);
    pausing_since_.reset();
    if (course_) course_->begun(target);
    lead_ = slot;
    Leg& leg = legs_[slot].emplace(*this, target, waited_before);
    if (auto begun = leg.tried.start(count_++, paused_); !begun) on_end(leg, std::move(begun));
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
    std::optional<Clock::duration> after = hedge_->after;
    if (hedge_->percentile != 0) {
        after =
            engine_.upstreams.targets.percentile(targets_[target].target.id, hedge_->percentile);
    }
    if (!after) return;  // too little is known of the target
    alarm_.emplace(engine_.loop);
    alarm_->set(now + *after, [this] { begin_hedge(); });
}

// Asks another target as well, if one is well and has room. A hedge is a repetition: an upstream
// that is slow with every call is not to get twice as many.
void Attempts::begin_hedge() {
    const route::Candidate& asked = target();
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        const Prospect& one = targets_[i];
        const bool elsewhere = one.target.id != asked.id || one.target.model != asked.model;
        if (!elsewhere || one.target.chain != route::Chain::none) continue;
        const Course::Outlook outlook = look(one);
        if (outlook.failing || outlook.wait.count() > 0) continue;
        if (engine_.upstreams.retries.take(Clock::now())) begin(i, 1);
        return;
    }
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
        loser->tried.close(lost);
        note(*loser, hedge_lost(), Followed::hedge);
    }
    leave_to(leg);
}

// ---- what follows a try -------------------------------------------------------------------------

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
    leg.tried.close(result);
    if (result) return finish({});
    leg.error = std::move(result.error());
    follow(leg, wait_asked_for);
}

void Attempts::follow(const Leg& leg, std::optional<std::chrono::milliseconds> wait_asked_for) {
    const Error& error = *leg.error;
    if (!error.detail.empty()) {
        observe::info("call {}: attempt {}: {}", call_.id, count_, error.detail);
    }
    const std::size_t at = leg.at;
    const auto now = Clock::now();
    Course& course = this->course();
    course.failed(
        at, error, now,
        back_off(retry_at(at), course.failures(at) + 1, wait_asked_for, engine_.random()));
    if (const Leg* const runs = other(leg)) {
        note(leg, error, Followed::hedge);
        return leave_to(*runs);
    }
    const FailedTry failed{
        .commitment = leg.tried.commitment(),
        .kind = error.kind,
        .code = error.code,
        .is_late = now >= call_.deadline,
        .asked_again = asked_again_,
        .attempts = count_,
        .left = std::min(call_.deadline, call_.started + retry_at(at).within) - now,
        .repeats = engine_.upstreams.retries.repeats(now)};
    const auto open = course.open(now, [this](const Prospect& one) { return look(one); });
    NextStep step = step_after_failure(failed, open);
    if (const auto* const next = std::get_if<NextTry>(&step);
        next != nullptr && next->is_budgeted() && !engine_.upstreams.retries.take(now)) {
        step = GiveUp::budget_spent;
    }
    if (const auto* const why = std::get_if<GiveUp>(&step)) {
        return finish(std::unexpected(told(leg, *why)));
    }
    const auto* const next = std::get_if<NextTry>(&step);
    asked_again_ = next == nullptr;
    const std::size_t to = next == nullptr ? at : next->target;
    const bool same = targets_[to].target.id == targets_[at].target.id &&
                      targets_[to].target.model == targets_[at].target.model;
    note(leg, error, same ? Followed::same_target : Followed::other_target);
    go_on(to, next == nullptr ? Clock::duration(0) : next->wait);
}

void Attempts::go_on(std::size_t target, Clock::duration wait) {
    const FailedAttempt& failed = failures_.back();
    observe::debug(
        "call {}: attempt {} at \"{}\" as \"{}\" failed after {} ms with {}; the next, at "
        "\"{}\", begins in {} ms",
        call_.id, count_, failed.provider, failed.model,
        std::chrono::duration_cast<std::chrono::milliseconds>(failed.duration).count(), failed.code,
        engine_.slots[targets_[target].target.provider].provider().name,
        std::chrono::duration_cast<std::chrono::milliseconds>(wait).count());
    failures_.back().wait = wait;
    const std::size_t id = targets_[target].target.id;
    if (engine_.upstreams.targets.service(id, Clock::now()) == route::Service::trial_due) {
        (void)engine_.upstreams.targets.claim_trial(id, Clock::now());
    }
    if (wait.count() == 0) return begin(target, lead_);
    pausing_since_ = Clock::now();
    if (!alarm_) alarm_.emplace(engine_.loop);
    alarm_->set(*pausing_since_ + wait, [this, target] { begin(target, lead_); });
}

Course& Attempts::course() {
    if (!course_) {
        course_.emplace(targets_);
        for (const auto& leg : legs_) {
            if (leg) course_->begun(leg->at);
        }
    }
    return *course_;
}

Course::Outlook Attempts::look(const Prospect& target) const {
    const Upstreams& upstreams = engine_.upstreams;
    return {.wait = upstreams.limits.wait(target.target,
                                          tokens_at_sending(call_, reckoner_.asked(target.target))),
            .failing = upstreams.targets.is_failing(target.target.id, Clock::now())};
}

const config::Retry& Attempts::retry_at(std::size_t target) const {
    static const config::Retry usual;
    const config::Target* const own = targets_[target].target.target;
    return own == nullptr ? usual : own->retry;
}

FailedAttempt Attempts::failed_attempt(const Leg& leg, const Error& error,
                                       Followed followed) const {
    const route::Candidate& target = targets_[leg.at].target;
    return {.provider = engine_.slots[target.provider].provider().name,
            .model = target.model,
            .kind = error.kind,
            .code = error.code,
            .usage = leg.tried.reckon(std::unexpected(error)).usage,
            .price = target.price,
            .duration = Clock::now() - leg.tried.started(),
            .followed = followed};
}

void Attempts::note(const Leg& leg, const Error& error, Followed followed) {
    failures_.push_back(failed_attempt(leg, error, followed));
    if (error.kind == ErrorKind::cancelled) return;
    if (!best_error_ || is_more_useful(error, *best_error_)) best_error_ = error;
}

// What the client is told after the last try.
Error Attempts::told(const Leg& leg, GiveUp why) const {
    if (leg.tried.commitment() == Commitment::committed) return *leg.error;
    if (why == GiveUp::late && leg.error->code != k_deadline_exceeded) return past_deadline();
    const bool last = !best_error_ || is_more_useful(*leg.error, *best_error_);
    Error error = last ? *leg.error : *best_error_;
    // The client's own repetitions would multiply those of the host.
    if (why == GiveUp::attempts_spent || why == GiveUp::budget_spent) error.final = true;
    return error;
}

void Attempts::finish(Result<void> result) {
    const CallEnd ended = outcome(std::move(result));
    if (ended.result) {
        reckoner_.learn(target(), legs_[lead_]->tried.heard());
        legs_[lead_]->tried.send_usage(ended.usage, ended.cost_micro_usd);
    }
    replies_.on_end(ended);
}

CallEnd Attempts::outcome(Result<void> result) const {
    std::vector<FailedAttempt> failures = failures_;
    // Between two tries the last one that failed is the last attempt.
    if (pausing_since_) failures.pop_back();
    if (const Leg* const runs = other(leg()); runs != nullptr && !result) {
        failures.push_back(failed_attempt(*runs, result.error(), Followed::hedge));
    }
    const Result<void> own = leg().error ? Result<void>(std::unexpected(*leg().error)) : result;
    const Reckoned reckoned = leg().tried.reckon(own);
    return {.result = std::move(result),
            .usage = reckoned.usage,
            .doubt = reckoned.doubt,
            .provider = std::string(provider()),
            .model = target().model,
            .upstream_id = leg().tried.upstream_id(),
            .attempts = count_,
            .waited = waited(),
            .failures = std::move(failures),
            .cost_micro_usd = cost_of(reckoned.usage, target().price),
            .price = target().price,
            .last_error = leg().error};
}

}  // namespace bw::policy

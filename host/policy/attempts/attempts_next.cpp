// What follows a try of a call that has failed: another one, at once or after a pause, or the end.
#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "policy/attempts/attempts.hpp"
#include "policy/attempts/back_off.hpp"

namespace bellwether::policy {

namespace {

void tell_of_failed(const Call& call, unsigned number, const FailedAttempt& failed,
                    std::string_view next) {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    observe::debug(
        "call {}: attempt {} at \"{}\" as \"{}\" failed after {} ms with {}; the next one, at "
        "\"{}\", begins in {} ms",
        call.id, number, failed.provider, failed.model,
        duration_cast<milliseconds>(failed.duration).count(), failed.code, next,
        duration_cast<milliseconds>(failed.wait).count());
}

}  // namespace

void Attempts::follow(const Leg& leg, std::optional<std::chrono::milliseconds> wait_asked_for) {
    const Error& error = *leg.error;
    if (!error.detail.empty()) {
        observe::info("call {}: attempt {}: {}", call_.id, count_, error.detail);
    }
    const auto now = Clock::now();
    Course& course = this->course();
    Error seen = error;
    // A target that refuses to go on with an answer may not know how; others may.
    if (leg.rest && seen.kind == ErrorKind::invalid) seen.kind = ErrorKind::unsupported;
    course.failed(
        leg.at, seen, now,
        back_off(retry_at(leg.at), course.failures(leg.at) + 1, wait_asked_for, engine_.random()));
    if (const Leg* const runs = other(leg)) {
        note(leg, error, Followed::hedge);
        return leave_to(*runs);
    }
    const NextStep step = decide(leg, now);
    if (const auto* const why = std::get_if<GiveUp>(&step)) {
        return finish(std::unexpected(told(leg, *why)));
    }
    note(leg, error, Followed::same_target);
    const auto* const next = std::get_if<NextTry>(&step);
    asked_again_ = next == nullptr;
    go_on(next == nullptr ? NextTry{.target = leg.at} : *next);
}

// Where the call stands after the try of this leg, which has failed.
Commitment Attempts::commitment(const Leg& leg) const {
    if (!leg.has_begun()) return Commitment::none;
    const bool possible = continuation_ && continuation_->is_possible();
    const bool may = leg.tried.commitment() == Commitment::none || breaks_off(*leg.error);
    return possible && may ? Commitment::continuable : Commitment::committed;
}

// What follows the last try, which has failed. Takes what the next one needs: a repetition of the
// retry budget, and the trial of a target that was out of service.
NextStep Attempts::decide(const Leg& leg, Clock::time_point now) {
    Upstreams& upstreams = engine_.upstreams;
    const auto repeats = repetition_taken_ ? Repeats::allowed : upstreams.retries.repeats(now);
    FailedTry failed{.commitment = commitment(leg),
                     .code = leg.error->code,
                     .is_late = now >= call_.deadline,
                     .asked_again = asked_again_ || is_between_tries(),
                     .attempts = count_ - other_keys_,
                     .attempts_max = retry_at(leg.at).attempts,
                     .left = last_moment(leg.at) - now,
                     .repeats = repeats};
    for (;;) {
        if (leaves_off_) return GiveUp::nobody_else;
        const NextStep step = step_after_failure(
            failed, course().open(now, [this](const Prospect& one) { return look(one); }));
        if (step == NextStep(GiveUp::budget_spent)) upstreams.retries.count_refused();
        const auto* const next = std::get_if<NextTry>(&step);
        if (next == nullptr) return step;
        if (next->is_budgeted() && !repetition_taken_) {
            if (!upstreams.retries.take(now)) {  // another worker was faster
                failed.repeats = Repeats::spent;
                continue;
            }
            repetition_taken_ = true;
        }
        if (!may_begin(targets_[next->target].target, now)) continue;  // now it counts as out
        return step;
    }
}

// Begins the next try, after its pause.
void Attempts::go_on(const NextTry& next) {
    const auto now = Clock::now();
    const bool is_first = !pausing_since_;  // decision after the last try
    if (is_first) pausing_since_ = now;
    next_has_other_key_ = next.other_key;
    FailedAttempt& failed = failures_.back();
    const route::Candidate& to = targets_[next.target].target;
    failed.followed = are_one_place(to, target()) ? Followed::same_target : Followed::other_target;
    failed.wait = now - *pausing_since_ + next.wait;
    if (is_first) {
        tell_of_failed(call_, count_, failed, engine_.slots[to.provider].provider().name);
    }
    if (alarm_) alarm_->cancel();  // of the hedge
    hold_before(next);
}

// Sees to it that as much is held as all tries may have used, the next one included.
void Attempts::hold_before(const NextTry& next) {
    const std::size_t place = place_of(next.target);
    // The prompt of the rest of an answer is larger than the one that was held for.
    const bool enough = held_.is_enough_for(place) && !leg().has_begun();
    if (!leeway_.hold_more || enough) return pause_before(next);
    leeway_.hold_more(prospect(next.target), [this, next, place](Result<void> held) {
        if (!held) {  // so the call cannot go there; it may go elsewhere
            course().close(next.target);
            return decide_anew();
        }
        held_.add(place);
        const auto now = Clock::now();  // the ledger may have taken its time
        if (now >= call_.deadline) return give_up(GiveUp::late);
        if (now + next.wait >= last_moment(leg().at)) return give_up(GiveUp::no_time);
        pause_before(next);
    });
}

// The first one of the targets that are the same place as this one.
std::size_t Attempts::place_of(std::size_t target) const {
    const auto first = std::ranges::find_if(targets_, [&](const Prospect& one) {
        return are_one_place(one.target, targets_[target].target);
    });
    return static_cast<std::size_t>(first - targets_.begin());
}

// From then on no try follows one at this target.
Clock::time_point Attempts::last_moment(std::size_t target) const {
    return std::min(call_.deadline, call_.started + retry_at(target).within);
}

void Attempts::pause_before(const NextTry& next) {
    if (next.wait.count() == 0) return begin(next.target, lead_);
    if (!alarm_) alarm_.emplace(engine_.loop);
    alarm_->set(Clock::now() + next.wait, [this, target = next.target] { try_at(target); });
}

// The pause is over. If the target has no room now, it is decided anew.
void Attempts::try_at(std::size_t target) {
    if (look(targets_[target]).wait.count() == 0) return begin(target, lead_);
    decide_anew();
}

// What was decided after the last try cannot be done.
void Attempts::decide_anew() {
    const NextStep step = decide(leg(), Clock::now());
    if (const auto* const next = std::get_if<NextTry>(&step)) return go_on(*next);
    give_up(std::get<GiveUp>(step));
}

// Ends a call between two tries: the last one that failed is its last.
void Attempts::give_up(GiveUp why) {
    failures_.pop_back();
    pausing_since_.reset();
    finish(std::unexpected(told(leg(), why)));
}

std::unique_ptr<RestOfAnswer> Attempts::rest_at(std::size_t target) const {
    const auto& provider = engine_.slots[targets_[target].target.provider].provider();
    auto rest = std::make_unique<RestOfAnswer>(
        continuation_->rest(provider.manifest.continues_with), reckoner_);
    // Its bound is asked for now, as no plugin runs.
    rest->reckoner.bound(targets_[target].target);
    return rest;
}

// What the next try, at this target, may use.
Prospect Attempts::prospect(std::size_t target) const {
    Prospect prospect = targets_[target];
    if (leg().has_begun())
        prospect.estimate = rest_at(target)->reckoner.bound(prospect.target).held;
    return prospect;
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
    const auto now = Clock::now();
    const auto& provider = engine_.slots[target.target.provider].provider();
    const config::Target* const own = target.target.target;
    return {.wait = upstreams.limits.wait(target.target,
                                          tokens_at_sending(call_, reckoner_.asked(target.target))),
            .failing = !provider.unavailable.empty() ||
                       upstreams.targets.service(target.target.id, now) == route::Service::out,
            .continues = continuation_ && !provider.manifest.continues_with.empty() &&
                         (own == nullptr || leaves_answers_open(*own))};
}

const config::Retry& Attempts::retry_at(std::size_t target) const {
    static const config::Retry usual;
    const config::Target* const own = targets_[target].target.target;
    return own == nullptr ? usual : own->retry;
}

}  // namespace bellwether::policy

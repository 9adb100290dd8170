#include "policy/attempts/attempts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "observe/log.hpp"
#include "observe/seldom.hpp"
#include "policy/attempts/back_off.hpp"

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
    const auto& last = legs_[lead_];
    const auto waited_before = last ? waited() : std::chrono::nanoseconds(0);
    auto rest = last && last->has_begun() ? rest_at(target) : nullptr;
    pausing_since_.reset();
    repetition_taken_ = false;
    if (course_) course_->begun(target);
    lead_ = slot;
    Leg& leg = legs_[slot].emplace(*this, target, waited_before, std::move(rest));
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

// Asks the next target as well, if it is well and has room. A hedge is a repetition: an upstream
// that is slow with every call is not to get twice as many.
void Attempts::begin_hedge() {
    const auto elsewhere = std::ranges::find_if(targets_, [this](const Prospect& one) {
        return one.target.chain == route::Chain::none && !one.target.last_resort &&
               !are_one_place(one.target, target());
    });
    if (elsewhere == targets_.end()) return;
    const auto at = static_cast<std::size_t>(elsewhere - targets_.begin());
    const Course::Outlook outlook = look(*elsewhere);
    if (outlook.failing || outlook.wait.count() > 0 || count_ >= retry_at(at).attempts) return;
    if (engine_.upstreams.retries.take(Clock::now())) begin(at, 1);
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
    const bool known = course_ && course_->failures(leg.at) > 0;
    leg.tried.close(result, known ? Evidence::known : Evidence::fresh);
    if (result) return finish({});
    leg.error = std::move(result.error());
    follow(leg, wait_asked_for);
}

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
    const FailedTry failed{.commitment = commitment(leg),
                           .code = leg.error->code,
                           .is_late = now >= call_.deadline,
                           .asked_again = asked_again_ || is_between_tries(),
                           .attempts = count_,
                           .left = last_moment(leg.at) - now,
                           .repeats = repeats};
    for (;;) {
        if (leaves_off_) return GiveUp::nobody_else;
        const NextStep step = step_after_failure(
            failed, course().open(now, [this](const Prospect& one) { return look(one); }));
        const auto* const next = std::get_if<NextTry>(&step);
        if (next == nullptr) return step;
        const std::size_t id = targets_[next->target].target.id;
        const bool on_trial = upstreams.targets.service(id, now) == route::Service::trial_due;
        if (on_trial && !upstreams.targets.claim_trial(id, now)) continue;  // now it counts as out
        if (next->is_budgeted() && !repetition_taken_) {
            if (!upstreams.retries.take(now)) return GiveUp::budget_spent;
            repetition_taken_ = true;
        }
        return step;
    }
}

// Begins the next try, after its pause.
void Attempts::go_on(const NextTry& next) {
    FailedAttempt& failed = failures_.back();
    const route::Candidate& to = targets_[next.target].target;
    failed.followed = are_one_place(to, target()) ? Followed::same_target : Followed::other_target;
    failed.wait = next.wait;
    tell_of_failed(call_, count_, failed, engine_.slots[to.provider].provider().name);
    pausing_since_ = Clock::now();
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
        if (!held) return give_up(GiveUp::nobody_else);
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
    const NextStep step = decide(leg(), Clock::now());
    if (const auto* const next = std::get_if<NextTry>(&step)) {
        failures_.back().wait = Clock::now() - *pausing_since_ + next->wait;
        return hold_before(*next);
    }
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
    return std::make_unique<RestOfAnswer>(continuation_->rest(provider.manifest.continues_with),
                                          reckoner_);
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
            .failing = upstreams.targets.service(target.target.id, now) == route::Service::out,
            .continues = continuation_ && !provider.manifest.continues_with.empty() &&
                         (own == nullptr || leaves_answers_open(*own))};
}

const config::Retry& Attempts::retry_at(std::size_t target) const {
    static const config::Retry usual;
    const config::Target* const own = targets_[target].target.target;
    return own == nullptr ? usual : own->retry;
}

}  // namespace bw::policy

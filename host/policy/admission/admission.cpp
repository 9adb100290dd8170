#include "policy/admission/admission.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/clock.hpp"
#include "policy/admission/credential_order.hpp"
#include "policy/admission/target_order.hpp"
#include "policy/admission/uncounted.hpp"
#include "policy/attempts/deadlines.hpp"
#include "policy/limits/refusal.hpp"
#include "policy/limits/standing_headers.hpp"

namespace bellwether::policy {

using std::chrono::microseconds;

Admission::Admission(Books& books, const AttemptServices& engine, const Call& call,
                     Destination destination)
    : books_(books),
      engine_(engine),
      call_(call),
      route_(std::move(destination.route)),
      model_(std::move(destination.model)),
      reckoner_(books, engine.slots, call),
      config_(destination.config),
      random_(destination.random),
      may_wait_(destination.may_wait),
      room_{.rules = books.session ? &books.rules : nullptr,
            .providers = books.providers,
            .upstream = [this](const Prospect& one) { return space_at(one.target); },
            .waiting = [this](const std::string& queue) { return books_.queues.length(queue); }} {
    offer_.prospects.reserve(destination.candidates.size());
    for (route::Candidate& candidate : destination.candidates) {
        auto& group = candidate.chain == route::Chain::none     ? offer_.prospects
                      : candidate.chain == route::Chain::budget ? offer_.on_budget
                                                                : offer_.chained;
        group.push_back({.provider = engine.slots[candidate.provider].provider().name,
                         .target = std::move(candidate)});
    }
    offer_.hedged = config_ != nullptr && config_->hedge && offer_.prospects.size() > 1;
}

void Admission::ask(OnAnswer on_answer) {
    on_answer_ = std::move(on_answer);
    estimate_all();
    if (config_ != nullptr) {
        const TargetOrder order{*config_, call_, engine_.upstreams, random_};
        for (auto* group : {&offer_.prospects, &offer_.chained, &offer_.on_budget}) {
            order.put(*group);
        }
    }
    const std::int64_t tokens = tokens_at_sending(call_, call_.asked);
    for (auto* group : {&offer_.prospects, &offer_.chained, &offer_.on_budget}) {
        expand_credentials(*group, engine_.upstreams, engine_.slots, tokens, random_);
    }
    apply();
}

// Estimates what the call may use at each target, where something is counted or compared.
void Admission::estimate_all() {
    const bool compares = config_ != nullptr && compares_costs(*config_);
    if (!books_.session && !compares) return;
    for (auto* group : {&offer_.prospects, &offer_.chained, &offer_.on_budget}) {
        for (Prospect& prospect : *group) {
            const AskedInBody& asked = reckoner_.asked(prospect.target);
            prospect.service_tier = asked.service_tier;
            prospect.searches = asked.searches;
            prospect.estimate = reckoner_.bound(prospect.target).held;
            prospect.text_only = reckoner_.is_text_only();
        }
    }
}

void Admission::apply() { follow(place(applicant(), offer_, room_)); }

void Admission::follow(Placement placement, bool turn_missed) {
    if (auto* const claims = std::get_if<HoldClaims>(&placement)) return hold(std::move(*claims));
    if (auto* const queue = std::get_if<WaitInQueue>(&placement)) {
        return wait(std::move(*queue), turn_missed);
    }
    refuse(std::get<Refuse>(std::move(placement)));
}

void Admission::hold(HoldClaims claims) {
    if (claims.passed_over) {
        count_once(went_elsewhere_, *claims.passed_over, UpstreamLimits::Effect::elsewhere);
    }
    if (!books_.session) return answer({});
    asked_ = std::move(claims.asked);
    standings_.clear();
    ledger::Hold hold{.id = books_.session->next_id(),
                      .estimate = estimate_at(offer_.prospects.front())};
    for (const Asked& asked : asked_) hold.claims.push_back(asked.claim);
    question_ = Question::open;
    const ledger::HoldId id = hold.id;
    books_.session->hold(std::move(hold), [this, alive = std::weak_ptr(alive_),
                                           session = books_.session.get(), id,
                                           count = asked_.size()](ledger::Verdict verdict) {
        const bool held = verdict.answer == ledger::HoldAnswer::held;
        if (alive.expired()) {
            if (held) OpenHold(*session, id, {}).release(count);
            return;
        }
        if (held)
            hold_.emplace(*session, id,
                          [this] { return at_what_was_held(asked_, offer_.prospects.front()); });
        on_verdict(std::move(verdict));
    });
}

void Admission::on_verdict(ledger::Verdict verdict) {
    const bool turn_missed =
        std::exchange(question_, Question::none) == Question::open_and_turn_missed;
    standings_ = std::move(verdict.standings);
    switch (verdict.answer) {
        case ledger::HoldAnswer::refused:
            return follow(place_refused(applicant(), offer_, room_, asked_[verdict.refused_by],
                                        standings_[verdict.refused_by]),
                          turn_missed);
        case ledger::HoldAnswer::unavailable:
        case ledger::HoldAnswer::full: return not_counted(verdict);
        case ledger::HoldAnswer::held: break;
    }
    for (std::size_t i = 0; books_.warnings != nullptr && i < asked_.size(); ++i) {
        books_.warnings->look(asked_[i], standings_[i], *books_.posts);
    }
    durable_ = false;
    if (refuses()) reckoner_.keep_to_hold();
    answer({});
}

bool Admission::refuses() const {
    return std::ranges::any_of(asked_, [](const Asked& asked) { return asked.claim.refuses; });
}

// True if the call may go on while the ledger cannot count it: the operator allows that, or no rule
// that counts the call refuses.
bool Admission::passes_uncounted() const { return books_.allows_on_failure || !refuses(); }

// If the ledger has no room for another counter, `on_failure` does not decide: a client that
// invents users could fill the ledger and so pass by all other rules, too.
void Admission::not_counted(const ledger::Verdict& verdict) {
    const bool full = verdict.answer == ledger::HoldAnswer::full;
    const bool passes = full ? !refuses() : passes_uncounted();
    asked_.clear();
    answer(full ? uncounted_for_room(passes, verdict.reason) : uncounted(passes, verdict.reason));
}

// ---- waiting ------------------------------------------------------------------------------------

void Admission::wait(WaitInQueue wait, bool turn_missed) {
    if (const auto* const candidate = std::get_if<route::Candidate>(&wait.wants)) {
        count_once(waited_for_room_, candidate->provider, UpstreamLimits::Effect::waited);
    }
    const microseconds until_turn(turn_missed ? 0 : wait.wait_us);
    if (ticket_ && ticket_->queue() == wait.queue) return ticket_->try_again(until_turn);
    ticket_.reset();
    // The callers in a queue take turns. They are users only where clients have no keys: with keys,
    // users take no turns of their own, because one key could invent many.
    const std::string& who = call_.key.empty() ? call_.user : call_.key;
    auto place = books_.queues.enter(wait.queue, who, wait.length, microseconds(wait.wait_us),
                                     [this] { on_turn(); });
    if (!place) return refuse_to_wait(wait.wants);
    if (auto* const waiting = engine_.waiting ? engine_.waiting->of(wait.limit) : nullptr) {
        place->count_in(*waiting);
    }
    ticket_.emplace(engine_.loop, std::move(wait.queue), std::move(place));
    ticket_->wait_until(wait.until, [this, wants = std::move(wait.wants)] {
        // If the ledger is being asked just now, its answer decides. If it refuses, the call does
        // not wait on in this queue, because its time is up.
        if (question_ == Question::none) on_time_up(wants);
    });
}

void Admission::on_turn() {
    if (question_ == Question::none) return apply();
    question_ = Question::open_and_turn_missed;
}

// A call that has waited for an upstream leaves its line. A target that it did not want to go to,
// as that is not well, is still better than a refusal.
void Admission::on_time_up(const std::variant<Asked, route::Candidate>& waited_for) {
    const bool may_go_elsewhere = std::holds_alternative<route::Candidate>(waited_for);
    if (!may_go_elsewhere || Clock::now() >= call_.deadline) return refuse_to_wait(waited_for);
    ticket_.reset();
    apply();
}

void Admission::refuse_to_wait(const std::variant<Asked, route::Candidate>& waited_for) {
    if (const auto* const asked = std::get_if<Asked>(&waited_for)) {
        const std::size_t before = books_.queues.length(queue_of(asked->claim));
        return refuse(refuse_in_queue(*asked, before, books_.session->now_us()));
    }
    const auto& candidate = std::get<route::Candidate>(waited_for);
    refuse(refuse_for_room(candidate, room_, space_at(candidate).wait));
}

void Admission::refuse(Refuse refusal) {
    if (refusal.provider) {
        bool counted = false;
        count_once(counted, *refusal.provider, UpstreamLimits::Effect::refused);
    }
    if (refusal.asked) {
        asked_ = {*std::move(refusal.asked)};
        standings_ = {{.wait_us = refusal.wait_us, .full_us = refusal.wait_us}};
    }
    answer(std::unexpected(std::move(refusal.error)));
}

// Lets the first call in each queue of this call's limits try, because there may be room now.
void Admission::call_who_waits() {
    for (const Asked& asked : asked_) {
        if (may_wait(asked)) books_.queues.wake_first(queue_of(asked.claim));
    }
}

// The ledger may answer, or a turn come, when the client's time is over already.
void Admission::answer(Result<void> result) {
    ticket_.reset();
    if (result && Clock::now() >= call_.deadline) result = std::unexpected(past_deadline());
    std::ranges::move(offer_.chained, std::back_inserter(offer_.prospects));
    std::exchange(on_answer_, {})(std::move(result));
}

// ---- once it is admitted ------------------------------------------------------------------------

// A hold that cannot be written for now counts all the same, and is lost only if the process ends
// before it is written. So the call may go on wherever it may go on uncounted.
bool Admission::durable() const {
    if (durable_ || !hold_) return durable_;
    const auto is_durable = [this](const ledger::HoldId& id) {
        const auto written = books_.session->written(id);
        return written == ledger::Written::yes ||
               (written == ledger::Written::cannot && passes_uncounted());
    };
    durable_ = is_durable(hold_->id()) && (more_.empty() || is_durable(newest_hold()));
    return durable_;
}

void Admission::when_durable(OnAnswer then) {
    const ledger::HoldId newest = newest_hold();
    books_.session->when_durable(newest, [this, newest, alive = std::weak_ptr(alive_),
                                          then = std::move(then)](bool durable) mutable {
        if (alive.expired()) return;
        // More may have been held meanwhile.
        if (durable && newest != newest_hold()) return when_durable(std::move(then));
        durable_ = durable || passes_uncounted();
        then(durable_ ? Result<void>() : uncounted(false, "its hold cannot be written"));
    });
}

Leeway Admission::leeway() {
    Leeway leeway{.hedge = offer_.hedged ? &*config_->hedge : nullptr,
                  .continues = config_ != nullptr && config_->continue_stream};
    if (!hold_ || !refuses()) return leeway;
    leeway.hold_more = [this](const Prospect& next, OnAnswer then) {
        hold_more(next, std::move(then));
    };
    return leeway;
}

void Admission::hold_more(const Prospect& next, OnAnswer then) {
    auto asked =
        books_.rules.apply(applicant().facts, {}, std::span(&next, 1), books_.session->now_us());
    if (!asked) return then(std::unexpected(std::move(asked.error())));
    std::erase_if(*asked, [](const Asked& one) {
        return one.rule->counts == Counts::requests || one.rule->counts == Counts::concurrent;
    });
    if (asked->empty()) return then({});
    ledger::Hold hold{.id = books_.session->next_id(), .estimate = estimate_at(next)};
    for (const Asked& one : *asked) hold.claims.push_back(one.claim);
    const ledger::HoldId id = hold.id;
    books_.session->hold(
        std::move(hold), [this, alive = std::weak_ptr(alive_), session = books_.session.get(), id,
                          next, asked = *std::move(asked),
                          then = std::move(then)](const ledger::Verdict& verdict) mutable {
            const bool held = verdict.answer == ledger::HoldAnswer::held;
            if (alive.expired()) {
                if (held) OpenHold(*session, id, {}).release(asked.size());
                return;
            }
            if (held) {
                more_.push_back({asked.size(), OpenHold(*session, id, [this, asked, next] {
                                     return at_what_was_held(asked, next);
                                 })});
            }
            on_more(verdict, asked, std::move(then));
        });
}

void Admission::on_more(const ledger::Verdict& verdict, const std::vector<Asked>& asked,
                        OnAnswer then) {
    const bool full = verdict.answer == ledger::HoldAnswer::full;
    switch (verdict.answer) {
        case ledger::HoldAnswer::held: durable_ = false; return then({});
        case ledger::HoldAnswer::refused:
            return then(std::unexpected(refusal_of(asked[verdict.refused_by],
                                                   verdict.standings[verdict.refused_by],
                                                   books_.session->now_us())));
        case ledger::HoldAnswer::unavailable:
        case ledger::HoldAnswer::full: break;
    }
    then(full ? uncounted_for_room(false, verdict.reason)
              : uncounted(passes_uncounted(), verdict.reason));
}

std::string Admission::headers() const { return standing_headers(asked_, standings_); }

// ---- what placement goes by ---------------------------------------------------------------------

PendingCall Admission::applicant() const {
    return {.facts = {.key = call_.key_name,
                      .team = call_.team,
                      .user = call_.user,
                      .model = model_,
                      .provider = {},
                      .route = route_},
            .invalid_limit = call_.asked.invalid_limit,
            .queue = ticket_ ? std::string_view(ticket_->queue()) : std::string_view(),
            .started = call_.started,
            .deadline = may_wait_ ? call_.deadline : call_.started,
            .now = Clock::now(),
            .now_us = books_.session ? books_.session->now_us() : 0};
}

// If the call itself waits in the queue of this upstream, nobody there is counted as ahead of it.
Space Admission::space_at(const route::Candidate& candidate) {
    if (!engine_.upstreams.limits.knows(candidate)) return {};
    const std::string queue = queue_of(books_.providers[candidate.provider], candidate.model);
    const bool stands_there = ticket_ && ticket_->queue() == queue;
    const std::int64_t tokens = tokens_at_sending(call_, reckoner_.asked(candidate));
    return {.wait = engine_.upstreams.limits.wait(candidate, tokens),
            .ahead = stands_there ? 0 : books_.queues.length(queue)};
}

void Admission::count_once(bool& counted, std::size_t provider, UpstreamLimits::Effect outcome) {
    if (!std::exchange(counted, true)) {
        engine_.upstreams.limits.count(provider, outcome);
    }
}

}  // namespace bellwether::policy

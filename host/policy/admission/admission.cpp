#include "policy/admission/admission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "policy/admission/uncounted.hpp"
#include "policy/limits/refusal.hpp"
#include "policy/limits/standing_headers.hpp"

namespace bw::policy {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

// How often a call asks again whether one elsewhere has ended: those of this worker say so at once.
constexpr std::int64_t k_concurrency_poll_us = 50'000;
// How long a call waits at most before it asks again, whatever it was told: the clock that a rate
// goes by may be set meanwhile.
constexpr std::int64_t k_look_again_us = 1'000'000;

std::string line_name(const ledger::Claim& claim) {
    return claim.counter.rule + '\n' + claim.counter.value;
}

// Of those who wait for an upstream's own limit.
std::string upstream_line(const route::Candidate& candidate) {
    return fmt::format("{}\n{}\n", candidate.provider, candidate.model);
}

bool may_wait(const Asked& asked) {
    return asked.rule->limit != nullptr && asked.rule->limit->queue_wait.count() > 0;
}

bool can_ever_fit(const ledger::Claim& claim) {
    return claim.measure != ledger::Measure::rate || claim.amount <= claim.burst;
}

// Until so many claims like this one have been let through.
std::int64_t wait_us_for(const ledger::Claim& claim, std::size_t claims) {
    if (claim.measure != ledger::Measure::rate || claim.limit <= 0) return 0;
    constexpr double k_max_us = 1e15;
    const double us = static_cast<double>(claims) * static_cast<double>(claim.amount) *
                      static_cast<double>(claim.period_us) / static_cast<double>(claim.limit);
    return static_cast<std::int64_t>(std::min(us, k_max_us));
}

}  // namespace

Admission::Admission(Books& books, const Engine& engine, const Call& call, Destination destination)
    : books_(books),
      engine_(engine),
      call_(call),
      to_(std::move(destination)),
      reckoner_(books, engine.slots, call) {}

void Admission::ask(OnAnswer on_answer) {
    on_answer_ = std::move(on_answer);
    apply();
}

void Admission::apply() {
    const bool newcomer = place_ == nullptr;
    if (newcomer && books_.session && (!ask_rules() || join_line())) return;
    const Room room = find_room();
    if (room == Room::none) return wait_for_room();
    if (!books_.session) return answer({});
    if ((!newcomer || room == Room::elsewhere) && !ask_rules()) return;
    hold();
}

// False: they refuse the call, which has been told so.
bool Admission::ask_rules() {
    prospects_ = prospects();
    auto asked =
        books_.rules.apply(facts(), call_.unsound_limit, prospects_, books_.session->now_us());
    if (!asked) return answer(std::unexpected(std::move(asked.error()))), false;
    asked_ = *std::move(asked);
    standings_.clear();
    return true;
}

// A newcomer does not pass those who wait for a limit. Who stands in any line has come before them,
// or has stood there already. False: there is no such line.
bool Admission::join_line() {
    const Asked* const line = line_to_join();
    if (line == nullptr) return false;
    if (depends_on_provider(*line->rule->scope) && go_elsewhere(*line)) return apply(), true;
    if (!wait_in_line(*line, 0)) refuse_in_line(Asked(*line));
    return true;
}

const Asked* Admission::line_to_join() const {
    const auto line = std::ranges::find_if(asked_, [this](const Asked& asked) {
        return may_wait(asked) && can_ever_fit(asked.claim) &&
               books_.lines.length(line_name(asked.claim)) > 0;
    });
    return line == asked_.end() ? nullptr : &*line;
}

void Admission::hold() {
    ledger::Hold hold{.id = books_.session->next_id(), .estimate = estimate()};
    hold_ = hold.id;
    for (const Asked& asked : asked_) hold.claims.push_back(asked.claim);
    asking_ = true;
    turn_missed_ = false;
    books_.session->hold(std::move(hold), [this, alive = std::weak_ptr(alive_),
                                           session = books_.session.get(), id = hold_,
                                           count = asked_.size()](ledger::Verdict verdict) {
        if (!alive.expired()) return on_verdict(std::move(verdict));
        if (verdict.answer != ledger::Answer::held) return;
        session->settle({.id = id, .amounts = std::vector<std::int64_t>(count), .recorded = false});
    });
}

void Admission::on_verdict(ledger::Verdict verdict) {
    asking_ = false;
    standings_ = std::move(verdict.standings);
    switch (verdict.answer) {
        case ledger::Answer::refused: return refused(verdict.refused_by);
        case ledger::Answer::unavailable:
        case ledger::Answer::full: return not_counted(verdict);
        case ledger::Answer::held: break;
    }
    for (std::size_t i = 0; books_.warnings != nullptr && i < asked_.size(); ++i) {
        books_.warnings->look(asked_[i], standings_[i], *books_.posts);
    }
    held_ = true;
    durable_ = false;
    if (refuses()) reckoner_.keep_to_hold();
    answer({});
}

bool Admission::refuses() const {
    return std::ranges::any_of(asked_, [](const Asked& asked) { return asked.claim.refuses; });
}

// While the ledger cannot count it.
bool Admission::passes_uncounted() const { return books_.allows_on_failure || !refuses(); }

// If it has no room, on_failure has no say: who invents users would pass by all other rules, too.
void Admission::not_counted(const ledger::Verdict& verdict) {
    const bool full = verdict.answer == ledger::Answer::full;
    const bool passes = full ? !refuses() : passes_uncounted();
    asked_.clear();
    answer(full ? uncounted_for_room(passes, verdict.reason) : uncounted(passes, verdict.reason));
}

void Admission::refused(std::size_t by) {
    const Asked& asked = asked_[by];
    if (depends_on_provider(*asked.rule->scope) && go_elsewhere(asked)) return apply();
    const ledger::Standing& standing = standings_[by];
    const bool concurrent = asked.rule->counts == Counts::concurrent;
    const std::int64_t wait_us =
        concurrent ? k_concurrency_poll_us : std::min(standing.wait_us, k_look_again_us);
    if (may_wait(asked) && wait_us >= 0 && wait_in_line(asked, wait_us)) return;
    answer(std::unexpected(refusal_of(asked, standing, books_.session->now_us())));
}

// ---- the upstreams' own limits ------------------------------------------------------------------

// Those without room come last, as far as is known.
Admission::Room Admission::find_room() {
    if (has_room(to_.candidates.front())) return Room::as_wished;
    const route::Candidate first = to_.candidates.front();
    const auto without_room = std::ranges::stable_partition(
        to_.candidates, [this](const route::Candidate& candidate) { return has_room(candidate); });
    if (without_room.begin() == to_.candidates.begin()) return Room::none;
    if (!std::exchange(went_elsewhere_, true)) {
        engine_.upstream_limits.count(first, UpstreamLimits::Outcome::elsewhere);
    }
    return Room::elsewhere;
}

// Who waits for it already comes first.
bool Admission::has_room(const route::Candidate& candidate) const {
    if (!engine_.upstream_limits.knows(candidate)) return true;
    const std::string line = upstream_line(candidate);
    const bool our_turn = place_ && line == line_;
    if (!our_turn && books_.lines.length(line) > 0) return false;
    return wait_for(candidate).count() == 0;
}

UpstreamLimits::Clock::duration Admission::wait_for(const route::Candidate& candidate) const {
    return engine_.upstream_limits.wait(candidate, tokens_at_sending(call_));
}

// Its provider's on_limit lets the call wait for as long as that takes.
bool Admission::may_wait_for(const route::Candidate& candidate) const {
    const config::Provider& provider = books_.providers[candidate.provider];
    const auto end = std::min(call_.started + provider.queue_wait, call_.deadline);
    const std::string line = upstream_line(candidate);
    const bool stands_there = place_ && line == line_;
    return Clock::now() + wait_for(candidate) < end &&
           (stands_there || books_.lines.length(line) < provider.queue_length);
}

// For the one that has room first, of those that may be waited for.
void Admission::wait_for_room() {
    const route::Candidate* soonest = nullptr;
    for (const route::Candidate& candidate : to_.candidates) {
        const bool sooner = soonest == nullptr || wait_for(candidate) < wait_for(*soonest);
        if (sooner && may_wait_for(candidate)) soonest = &candidate;
    }
    if (soonest == nullptr) return refuse_for_room(to_.candidates.front());
    const config::Provider& provider = books_.providers[soonest->provider];
    const std::int64_t wait_us = std::chrono::ceil<microseconds>(wait_for(*soonest)).count();
    if (!std::exchange(waited_for_room_, true)) {
        engine_.upstream_limits.count(*soonest, UpstreamLimits::Outcome::waited);
    }
    const auto refuse = [this, candidate = *soonest] { refuse_for_room(candidate); };
    if (!wait_in({upstream_line(*soonest), provider.queue_wait, provider.queue_length,
                  limit_name_of(provider)},
                 wait_us, refuse)) {
        refuse();
    }
}

void Admission::refuse_for_room(const route::Candidate& candidate) {
    const std::int64_t wait_us = std::chrono::ceil<microseconds>(wait_for(candidate)).count();
    engine_.upstream_limits.count(candidate, UpstreamLimits::Outcome::refused);
    answer(std::unexpected(
        upstream_refusal(books_.providers[candidate.provider].name, candidate.model, wait_us)));
}

// ---- the host's own -----------------------------------------------------------------------------

// Leaves out the providers that have no room; false if then none is left.
bool Admission::go_elsewhere(const Asked& asked) {
    const auto full = [&](const route::Candidate& candidate) {
        return asked.rule->counts_provider(engine_.slots[candidate.provider].provider().name,
                                           asked.claim.counter.value);
    };
    if (std::ranges::all_of(to_.candidates, full)) return false;
    std::erase_if(to_.candidates, full);
    return true;
}

bool Admission::wait_in_line(const Asked& asked, std::int64_t wait_us) {
    const config::Limit& limit = *asked.rule->limit;
    return wait_in({line_name(asked.claim), limit.queue_wait, limit.queue_length, limit.name},
                   wait_us, [this, refused = asked] { refuse_in_line(refused); });
}

bool Admission::wait_in(Queue queue, std::int64_t wait_us, std::function<void()> on_time_up) {
    const auto deadline = call_.started + queue.longest;
    if (Clock::now() >= deadline) return false;
    if (place_ && queue.line == line_) {
        place_->try_again(microseconds(std::exchange(turn_missed_, false) ? 0 : wait_us));
        return true;
    }
    place_.reset();
    // Where nobody has a key, users take turns. With keys they do not: a key could invent many.
    const std::string& who = call_.key.empty() ? call_.user : call_.key;
    place_ = books_.lines.enter(queue.line, who, queue.length, microseconds(wait_us),
                                [this] { asking_ ? void(turn_missed_ = true) : apply(); });
    if (!place_) return false;
    if (auto* const waiting = engine_.waiting ? engine_.waiting->of(queue.limit) : nullptr) {
        place_->count_in(*waiting);
    }
    line_ = std::move(queue.line);
    patience_.emplace(engine_.loop);
    patience_->set(std::min(deadline, call_.deadline), [this, on_time_up = std::move(on_time_up)] {
        // An answer that is on its way decides: it finds that time is up.
        if (!asking_) on_time_up();
    });
    return true;
}

// The line has no place, or took too long. The ledger was not asked, or long ago: what is known is
// that those who stand there are to be let through first.
void Admission::refuse_in_line(const Asked& asked) {
    const std::size_t before = books_.lines.length(line_name(asked.claim));
    const std::int64_t wait_us = wait_us_for(asked.claim, std::max<std::size_t>(before, 1));
    const Asked refused = asked;
    asked_ = {refused};
    standings_ = {{.wait_us = wait_us, .full_us = wait_us}};
    answer(std::unexpected(refusal_of(refused, standings_.front(), books_.session->now_us())));
}

// There may be room now.
void Admission::call_who_waits() {
    for (const Asked& asked : asked_) {
        if (may_wait(asked)) books_.lines.came_back(line_name(asked.claim));
    }
}

void Admission::answer(Result<void> result) {
    patience_.reset();
    place_.reset();
    std::exchange(on_answer_, {})(std::move(result));
}

// A hold that cannot be written counts all the same, unless the process ends before it can be.
bool Admission::durable() const {
    if (durable_) return true;
    const auto written = books_.session->written(hold_);
    durable_ = written == ledger::Written::yes ||
               (written == ledger::Written::cannot && passes_uncounted());
    return durable_;
}

void Admission::when_durable(OnAnswer then) {
    books_.session->when_durable(
        hold_, [this, alive = std::weak_ptr(alive_), then = std::move(then)](bool durable) {
            if (alive.expired()) return;
            durable_ = durable || passes_uncounted();
            then(durable_ ? Result<void>() : uncounted(false, "its hold cannot be written"));
        });
}

std::string Admission::headers() const { return standing_headers(asked_, standings_); }

Facts Admission::facts() const {
    return {.key = call_.key_name,
            .team = call_.team,
            .user = call_.user,
            .model = to_.model,
            .provider = {},
            .route = to_.route};
}

std::vector<Prospect> Admission::prospects() {
    std::vector<Prospect> all;
    all.reserve(to_.candidates.size());
    for (const route::Candidate& candidate : to_.candidates) {
        all.push_back({.provider = engine_.slots[candidate.provider].provider().name,
                       .price = candidate.price,
                       .estimate = reckoner_.bound(candidate).held,
                       .service_tier = call_.service_tier,
                       .searches = call_.searches,
                       .text_only = reckoner_.is_text_only()});
    }
    return all;
}

}  // namespace bw::policy

#include "ledger/book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace bellwether::ledger {
namespace {

// If the time goes back by less than this, nobody has set the clock: two threads have read it and
// then taken the mutex in the other order.
constexpr std::int64_t k_clock_step_us = 1'000'000;
// How many buckets of the table a sweep visits for each new tally. As they are several, idle
// tallies are removed faster than new ones come.
constexpr std::size_t k_swept_for_one = 4;
// How many buckets are searched for counters to remove when a new counter has no room. That takes
// some microseconds; the next call searches the buckets behind them.
constexpr std::size_t k_looked_at_for_room = 64;

bool is_longer(const Window& window, const Window& than) {
    return than.end != 0 && (window.end == 0 || window.end > than.end);
}

// Takes a claim if it fits, or if it must be counted in any case. Returns whether it was taken.
bool take(Tally& tally, const Claim& claim, const Times& times) {
    const auto amount = at_least_zero(claim.amount);
    if (claim.measure == Measure::rate) {
        adopt(tally.rate, claim, times.rate_ns);
        if (claim.refuses && !fits(tally.rate, claim, times.rate_ns)) return false;
        take(tally.rate, claim, times.rate_ns);
        return true;
    }
    if (claim.refuses && tally.held + tally.used + amount > claim.limit) return false;
    tally.held += amount;
    return true;
}

// Replaces the amount that a claim has taken by what was used. To give a claim back, `used` is 0.
void settle_claim(Tally& tally, const Claim& claim, std::int64_t used) {
    if (claim.measure == Measure::rate) {
        correct(tally.rate, claim, used);
        return;
    }
    tally.held -= at_least_zero(claim.amount);
    if (claim.measure == Measure::budget) tally.used = add_clamped(tally.used, used);
}

Standing standing(const Tally& tally, const Claim& claim, const Times& times, bool refused) {
    if (claim.measure == Measure::rate) {
        const bool waits = refused && claim.refuses && !fits(tally.rate, claim, times.rate_ns);
        return standing(tally.rate, claim, times.rate_ns, waits);
    }
    return {.used = tally.used,
            .held = clamped(tally.held),
            .left = clamped(Wide{claim.limit} - tally.used - tally.held),
            .window = tally.window};
}

// The amount used of claim `at`. If the settlement does not tell it, the whole claim counts as
// used.
std::int64_t amount_used(const Settlement& settlement, const Hold& hold, std::size_t at) {
    return at_least_zero(at < settlement.amounts.size() ? settlement.amounts[at]
                                                        : hold.claims[at].amount);
}

}  // namespace

Verdict Book::hold(Hold hold, std::int64_t now_us) {
    const auto call = std::make_shared<HeldCall>(std::move(hold));
    const auto& claims = call->hold.claims;
    std::vector<std::size_t> hashes;
    hashes.reserve(claims.size());
    for (const auto& claim : claims) hashes.push_back(counter_hash(claim.measure, claim.counter));
    std::vector<Mark> marks;
    if (journal_) marks.reserve(claims.size());
    Verdict verdict;
    verdict.standings.reserve(claims.size());

    const Lock lock(mutex_);
    if (calls_.contains(call->hold.id)) {
        verdict.answer = HoldAnswer::unavailable;
        verdict.reason = fmt::format("the ledger has a hold with the number {}:{} already",
                                     call->hold.id.host, call->hold.id.number);
        return verdict;
    }
    const auto now = times(now_us);
    if (!has_room(claims, hashes, now)) {
        verdict.answer = HoldAnswer::full;
        verdict.reason = fmt::format("it has {} counters already", tallies_.size());
        return verdict;
    }
    for (std::size_t i = 0; i < claims.size(); ++i) {
        call->tallies.push_back(present(claims[i], hashes[i]));
    }
    const bool held = claim_all(*call, now, verdict);
    for (std::size_t i = 0; i < claims.size(); ++i) {
        verdict.standings.push_back(standing(*call->tallies[i], claims[i], now, !held));
    }
    if (held) enter(call, std::move(marks));
    sweep(now);
    return verdict;
}

bool Book::settle(Settlement settlement, std::int64_t now_us) {
    std::shared_ptr<HeldCall> call;  // freed after the mutex
    std::vector<Mark> marks;
    if (journal_) marks.reserve(settlement.amounts.size());

    const Lock lock(mutex_);
    const auto found = calls_.find(settlement.id);
    if (found == calls_.end()) return false;
    times(now_us);
    call = std::move(found->second);
    calls_.erase(found);
    for (std::size_t i = 0; i < call->tallies.size(); ++i) {
        auto& tally = *call->tallies[i];
        settle_claim(tally, call->hold.claims[i], amount_used(settlement, call->hold, i));
        if (journal_ && tally.measure != Measure::concurrency) {
            marks.push_back(mark(call->tallies[i]));
        }
    }
    if (journal_) journal_->settled(call, std::move(settlement), std::move(marks));
    release(*call);
    return true;
}

std::size_t Book::reset(std::string_view rule, std::int64_t now_us) {
    std::vector<Mark> marks;
    std::size_t count = 0;
    const Lock lock(mutex_);
    for (const auto& tally : tallies_) {
        if (tally->name.rule != rule || is_over(tally->window, now_us)) continue;
        ++count;
        tally->used = 0;
        tally->rate.full_ns = 0;
        if (tally->journaled != Journaled::none) marks.push_back(mark(tally));
    }
    if (journal_ && !marks.empty()) journal_->reset(std::move(marks));
    return count;
}

std::vector<StoredCounter> Book::counters(std::int64_t now_us) const {
    struct Seen {
        TallyPointer tally;  // for its name, which is copied when the mutex is free again
        StoredCounter counter;
    };
    std::vector<Seen> seen;
    {
        const Lock lock(mutex_);
        const auto see = [&](const TallyPointer& tally) {
            if (tally->calls == 0 && is_over(tally->window, now_us)) return;
            seen.push_back({tally, StoredCounter{.measure = tally->measure,
                                                 .window = tally->window,
                                                 .used = tally->used,
                                                 .held = clamped(tally->held)}});
        };
        for (const auto& tally : tallies_) see(tally);
        std::unordered_set<const Tally*> gone;
        for (const auto& [id, call] : calls_) {
            for (const auto& tally : call->tallies) {
                if (!tally->current && gone.insert(tally.get()).second) see(tally);
            }
        }
    }
    std::vector<StoredCounter> counters;
    counters.reserve(seen.size());
    for (auto& [tally, counter] : seen) {
        counter.name = tally->name;
        counters.push_back(std::move(counter));
    }
    std::ranges::sort(counters, {}, [](const StoredCounter& counter) {
        return std::tie(counter.name.rule, counter.name.value, counter.measure,
                        counter.window.start);
    });
    return counters;
}

std::optional<std::uint64_t> Book::sequence(const HoldId& id) const {
    const Lock lock(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return std::nullopt;
    return found->second->sequence;
}

std::size_t Book::calls_in_flight() const {
    const Lock lock(mutex_);
    return calls_.size();
}

std::size_t Book::tallies() const {
    const Lock lock(mutex_);
    return tallies_.size();
}

std::vector<StoredTally> Book::stored() const {
    std::vector<StoredTally> stored;
    const Lock lock(mutex_);
    stored.reserve(tallies_.size());
    for (const auto& tally : tallies_) {
        if (tally->measure == Measure::concurrency) continue;
        const Mark now = mark(tally);
        stored.push_back({.number = tally->number,
                          .measure = tally->measure,
                          .name = tally->name,
                          .window = now.window,
                          .used = now.used,
                          .rate = now.rate});
    }
    return stored;
}

std::vector<std::uint64_t> Book::restore(const std::vector<StoredTally>& stored) {
    std::vector<std::uint64_t> dropped;
    const Lock lock(mutex_);
    for (const auto& each : stored) {
        next_tally_ = std::max(next_tally_, each.number + 1);
        const auto hash = counter_hash(each.measure, each.name);
        auto tally =
            std::make_shared<Tally>(each.number, each.measure, each.name, hash, each.window);
        tally->used = each.used;
        tally->rate = each.rate;
        tally->journaled = Journaled::as_it_is;
        const auto other =
            tallies_.find(Claim{.measure = each.measure, .counter = each.name}, hash);
        if (other && other->window.start >= each.window.start) {
            dropped.push_back(each.number);
            continue;
        }
        if (other) {
            dropped.push_back(other->number);
            tallies_.erase(other);
        }
        tallies_.insert(std::move(tally));
    }
    return dropped;
}

std::vector<Hold> Book::holds() const {
    std::vector<Hold> holds;
    const Lock lock(mutex_);
    holds.reserve(calls_.size());
    for (const auto& [id, call] : calls_) {
        Hold& hold = holds.emplace_back(call->hold);
        for (std::size_t i = 0; i < hold.claims.size(); ++i) {
            const Tally& tally = *call->tallies[i];
            if (tally.measure == Measure::budget) hold.claims[i].window = tally.window;
        }
    }
    return holds;
}

void Book::adopt(std::vector<Hold> holds) {
    const Lock lock(mutex_);
    for (auto& hold : holds) {
        const auto call = std::make_shared<HeldCall>(std::move(hold));
        for (const auto& claim : call->hold.claims) {
            auto tally = for_adopted(claim);
            ++tally->calls;
            if (claim.measure != Measure::rate) tally->held += at_least_zero(claim.amount);
            call->tallies.push_back(std::move(tally));
        }
        calls_.emplace(call->hold.id, call);
    }
}

// A budget that has gone on to a later window has a tally of its own for the calls of the earlier
// one, which nobody else claims from.
TallyPointer Book::for_adopted(const Claim& claim) {
    const auto hash = counter_hash(claim.measure, claim.counter);
    const auto tally = tallies_.find(claim, hash);
    if (tally && (claim.measure != Measure::budget || claim.window.start >= tally->window.start)) {
        return tally;
    }
    if (!tally) return create(claim, hash);
    auto earlier =
        std::make_shared<Tally>(next_tally_++, claim.measure, claim.counter, hash, claim.window);
    earlier->current = false;
    earlier->journaled = Journaled::earlier_window;  // so that it is forgotten with its last call
    return earlier;
}

// Rates have a time of their own, which never goes back. If somebody sets the clock back, it goes
// on from the latest time: otherwise no rate would admit anything until the clock is there again.
Times Book::times(std::int64_t now_us) {
    auto rate_us = add_clamped(now_us, rate_shift_us_);
    if (rate_us < latest_us_ - k_clock_step_us) {
        rate_shift_us_ = latest_us_ - now_us;
        rate_us = latest_us_;
    }
    latest_us_ = std::max(latest_us_, rate_us);
    return {.now_us = now_us, .rate_ns = clamped(Wide{latest_us_} * 1000)};
}

// Whether there is room for the counters that the claims would create. If there is none, some
// counters that count nothing are removed first.
bool Book::has_room(const std::vector<Claim>& claims, const std::vector<std::size_t>& hashes,
                    const Times& times) {
    const auto fit = [&]() REQUIRES(mutex_) {
        if (tallies_.size() + claims.size() <= counters_max_) return true;
        std::size_t missing = 0;
        for (std::size_t i = 0; i < claims.size(); ++i) {
            if (!tallies_.find(claims[i], hashes[i])) ++missing;
        }
        return missing == 0 || tallies_.size() + missing <= counters_max_;
    };
    if (fit()) return true;
    for (const auto& tally : tallies_.make_room(k_looked_at_for_room, times)) forget(*tally);
    return fit();
}

TallyPointer Book::present(const Claim& claim, std::size_t hash) {
    auto tally = tallies_.find(claim, hash);
    if (!tally) return create(claim, hash);
    const bool moved = claim.measure == Measure::budget && tally->window != claim.window;
    return moved ? in_window(std::move(tally), claim) : tally;
}

TallyPointer Book::create(const Claim& claim, std::size_t hash) {
    const auto window = claim.measure == Measure::budget ? claim.window : Window{};
    auto tally = std::make_shared<Tally>(next_tally_++, claim.measure, claim.counter, hash, window);
    tallies_.insert(tally);
    ++created_;
    return tally;
}

// The window of a counter only moves forward. A claim for a later window opens that one, with
// nothing used. A claim for an earlier window means that the clock went back, and is counted in the
// present window. But if the window ends later, or starts at the same time, the rule was edited:
// then the present window becomes that one, and what was used stays counted.
TallyPointer Book::in_window(TallyPointer tally, const Claim& claim) {
    if (claim.window.start > tally->window.start) {
        tallies_.erase(tally);
        if (tally->calls == 0) forget(*tally);
        return create(claim, tally->hash);
    }
    if (claim.window.start == tally->window.start || is_longer(claim.window, tally->window)) {
        tally->window = claim.window;
        if (tally->journaled != Journaled::none) tally->journaled = Journaled::earlier_window;
    }
    return tally;
}

// Takes all claims of a call or none. Two claims may be for the same counter: the second sees what
// the first has taken.
bool Book::claim_all(HeldCall& call, const Times& times, Verdict& verdict) {
    const auto& claims = call.hold.claims;
    for (std::size_t i = 0; i < claims.size(); ++i) {
        if (take(*call.tallies[i], claims[i], times)) continue;
        verdict.answer = HoldAnswer::refused;
        verdict.refused_by = i;
        while (i-- > 0) settle_claim(*call.tallies[i], claims[i], 0);
        return false;
    }
    return true;
}

void Book::enter(std::shared_ptr<HeldCall> call, std::vector<Mark> marks) {
    for (const auto& tally : call->tallies) {
        ++tally->calls;
        tally->idle_since_us = 0;
        const bool changed =
            tally->measure == Measure::rate ||
            (tally->measure == Measure::budget && tally->journaled != Journaled::as_it_is);
        if (journal_ && changed) {
            tally->journaled = Journaled::as_it_is;
            marks.push_back(mark(tally));
        }
    }
    if (journal_) call->sequence = journal_->held(call, std::move(marks));
    const auto id = call->hold.id;
    calls_.emplace(id, std::move(call));
}

void Book::release(const HeldCall& call) {
    for (const auto& tally : call.tallies) {
        if (--tally->calls == 0 && !tally->current) forget(*tally);
    }
}

void Book::forget(const Tally& tally) {
    if (journal_ && tally.journaled != Journaled::none) journal_->forgotten(tally.number);
}

void Book::sweep(const Times& times) {
    const auto buckets = 1 + k_swept_for_one * std::exchange(created_, 0);
    for (const auto& tally : tallies_.sweep(buckets, times)) forget(*tally);
}

Mark Book::mark(const TallyPointer& tally) const {
    auto rate = tally->rate;
    // A journal outlives the rates' own time, so it gets the time by the clock.
    rate.full_ns = clamped(Wide{rate.full_ns} - Wide{rate_shift_us_} * 1000);
    return {.tally = tally, .window = tally->window, .used = tally->used, .rate = rate};
}

}  // namespace bellwether::ledger

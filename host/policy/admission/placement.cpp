#include "policy/admission/placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/admission/waiting_counts.hpp"
#include "policy/limits/refusal.hpp"

namespace bellwether::policy {
namespace {

using std::chrono::microseconds;
using Duration = std::chrono::steady_clock::duration;

// How often a call that waits for a limit on calls at once asks again. A call that ends on this
// worker wakes it at once, but one on another worker or host does not.
constexpr std::int64_t k_concurrency_poll_us = 50'000;
// The longest wait until a call asks again, even if it was told to wait longer: the clock by which
// a rate is measured may be set meanwhile.
constexpr std::int64_t k_look_again_us = 1'000'000;

std::int64_t whole_us(Duration wait) { return std::chrono::ceil<microseconds>(wait).count(); }

bool can_ever_fit(const ledger::Claim& claim) {
    return claim.measure != ledger::Measure::rate || claim.amount <= claim.burst;
}

// How long it takes until so many claims like this one have been let through.
std::int64_t wait_us_for(const ledger::Claim& claim, std::size_t claims) {
    if (claim.measure != ledger::Measure::rate || claim.limit <= 0) return 0;
    constexpr double k_max_us = 1e15;
    const double us = static_cast<double>(claims) * static_cast<double>(claim.amount) *
                      static_cast<double>(claim.period_us) / static_cast<double>(claim.limit);
    return static_cast<std::int64_t>(std::min(us, k_max_us));
}

// The claims on the call. A chain that nobody can count, as its target has no price, is left out.
Result<std::vector<Asked>> ask_rules(const PendingCall& who, Offer& offer, const Room& room) {
    const auto ask = [&](std::span<const Prospect> prospects) {
        return room.rules->apply(who.facts, who.invalid_limit, prospects, who.now_us,
                                 offer.hedged ? Legs::two : Legs::one);
    };
    if (!offer.chained.empty()) {
        std::vector<Prospect> all = offer.prospects;
        all.insert(all.end(), offer.chained.begin(), offer.chained.end());
        if (auto asked = ask(all)) return asked;
        offer.chained.clear();
    }
    return ask(offer.prospects);
}

// Whether the claim may be there, or be so large, because of the targets of chains. A call is one
// request and has one place wherever it goes.
bool grows_by_chains(const Asked& asked) {
    const Counts counts = asked.rule->counts;
    const bool is_of_call = counts == Counts::requests || counts == Counts::concurrent;
    return !is_of_call || depends_on_provider(*asked.rule->scope);
}

// Leaves out the chains if that may make the claim less; false: it makes nothing less.
bool leave_out_chains(Offer& offer, const Asked& asked) {
    if (offer.chained.empty() || !grows_by_chains(asked)) return false;
    offer.chained.clear();
    return true;
}

// Makes the offer a smaller one whose claims are less; false: it cannot be made smaller.
bool ask_for_less(Offer& offer, const Asked& asked) {
    if (asked.rule->counts != Counts::requests && std::exchange(offer.hedged, false)) return true;
    return leave_out_chains(offer, asked);
}

// Takes the targets for a spent budget instead of those that it refuses; false: there are none.
bool take_those_for_budget(Offer& offer, const Asked& asked) {
    if (asked.rule->budget == nullptr || offer.on_budget.empty()) return false;
    offer.prospects = std::exchange(offer.on_budget, {});
    for (Prospect& prospect : offer.prospects) prospect.target.chain = route::Chain::none;
    return true;
}

// The first claim with a queue that a newcomer has to join; null: there is none.
const Asked* queue_to_join(std::span<const Asked> all, const Room& room) {
    const auto queue = std::ranges::find_if(all, [&](const Asked& asked) {
        return may_wait(asked) && can_ever_fit(asked.claim) &&
               room.waiting(queue_of(asked.claim)) > 0;
    });
    return queue == all.end() ? nullptr : &*queue;
}

// Removes the prospects that the claim counts. False: these would be all of them, or none, and
// nothing is removed.
bool leave_out(std::vector<Prospect>& prospects, const Asked& asked) {
    if (!depends_on_provider(*asked.rule->scope)) return false;
    const auto counted = [&](const Prospect& prospect) {
        return asked.rule->counts_provider(prospect.provider, asked.claim.counter.value);
    };
    if (std::ranges::all_of(prospects, counted)) return false;
    return std::erase_if(prospects, counted) > 0;
}

// Lets the call wait for a claim. Nothing: its time to wait is over, or too many calls wait in the
// queue already.
std::optional<WaitInQueue> wait_for(const Asked& asked, std::int64_t wait_us,
                                    const PendingCall& who, const Room& room) {
    const config::Limit& limit = *asked.rule->limit;
    const auto until = std::min(who.started + limit.queue_wait, who.deadline);
    if (who.now >= until) return std::nullopt;
    std::string queue = queue_of(asked.claim);
    if (queue != who.queue && room.waiting(queue) >= limit.queue_length) return std::nullopt;
    return WaitInQueue{.queue = std::move(queue),
                       .limit = limit.name,
                       .length = limit.queue_length,
                       .until = until,
                       .wait_us = wait_us,
                       .wants = asked};
}

// False for a target that is out of service, and for a credential that its upstream has refused:
// they are used only by a call that nothing else can serve, now or in time.
bool is_well(const Prospect& one) {
    return one.service != route::Service::out && !one.target.last_resort;
}

// Lets the call wait for the upstream that will have room first, among those that it may wait for.
// If there is none, the call is refused. Nobody waits for one that is not well.
Placement wait_for_room(const PendingCall& who, std::span<const Prospect> prospects,
                        const Room& room) {
    std::optional<WaitInQueue> soonest;
    Duration wait = Duration::max();
    for (const Prospect& prospect : prospects) {
        if (!is_well(prospect)) continue;
        const config::Provider& provider = room.providers[prospect.target.provider];
        const Space space = room.upstream(prospect);
        const auto until = std::min(who.started + provider.queue_wait, who.deadline);
        const bool too_late = who.now + space.wait >= until;
        if (space.wait >= wait || too_late || space.ahead >= provider.queue_length) continue;
        wait = space.wait;
        soonest = WaitInQueue{.queue = queue_of(provider, prospect.target.model),
                              .limit = limit_name_of(provider),
                              .length = provider.queue_length,
                              .until = until,
                              .wait_us = whole_us(wait),
                              .wants = prospect.target};
    }
    if (soonest) return *std::move(soonest);
    const Prospect& first = prospects.front();
    return refuse_for_room(first.target, room, room.upstream(first).wait);
}

// Sends a newcomer into the queue that it must not pass. It avoids the queue if other targets are
// left in the offer; else it waits or is refused. Nothing: no queue is in its way, and `claims`
// are its claims.
std::optional<Placement> join_queue(const PendingCall& who, Offer& offer, const Room& room,
                                    std::vector<Asked>& claims) {
    for (;;) {
        auto asked = ask_rules(who, offer, room);
        if (!asked) return Refuse{.error = std::move(asked.error())};
        claims = *std::move(asked);
        const Asked* const queue = queue_to_join(claims, room);
        if (queue == nullptr) return std::nullopt;
        if (leave_out_chains(offer, *queue)) continue;  // nobody waits for a chain
        if (leave_out(offer.prospects, *queue)) continue;
        if (auto wait = wait_for(*queue, 0, who, room)) return *std::move(wait);
        return refuse_in_queue(*queue, room.waiting(queue_of(queue->claim)), who.now_us);
    }
}

}  // namespace

// A call that waits in a queue already need not join another: it came before the newcomers, or has
// waited in the other queues before.
Placement place(const PendingCall& who, Offer& offer, const Room& room) {
    std::vector<Prospect>& prospects = offer.prospects;
    const bool newcomer = who.queue.empty();
    HoldClaims hold;
    if (newcomer && room.rules != nullptr) {
        if (auto ends = join_queue(who, offer, room, hold.asked)) return *std::move(ends);
    }
    const auto has_room = [&](const Prospect& one) { return room.upstream(one).is_free(); };
    const auto is_free = [&](const Prospect& one) { return is_well(one) && has_room(one); };
    if (!has_room(prospects.front())) {
        hold.passed_over = prospects.front().target.provider;
        const auto full = std::ranges::stable_partition(prospects, is_free);
        if (full.begin() == prospects.begin()) {
            Placement wait = wait_for_room(who, prospects, room);
            if (std::holds_alternative<WaitInQueue>(wait)) return wait;
            // One that is not well is still better than a refusal.
            const auto rest = std::ranges::stable_partition(prospects, has_room);
            if (rest.begin() == prospects.begin()) return wait;
        }
    }
    if (room.rules != nullptr && (!newcomer || hold.passed_over)) {
        auto asked = ask_rules(who, offer, room);
        if (!asked) return Refuse{.error = std::move(asked.error())};
        hold.asked = *std::move(asked);
    }
    return hold;
}

Placement place_refused(const PendingCall& who, Offer& offer, const Room& room, const Asked& asked,
                        const ledger::Standing& standing) {
    if (ask_for_less(offer, asked) || leave_out(offer.prospects, asked)) {
        return place(who, offer, room);
    }
    if (take_those_for_budget(offer, asked)) {
        Placement instead = place(who, offer, room);
        const auto* const refuse = std::get_if<Refuse>(&instead);
        // Of two refusals the one by the budget says more than that the other targets cannot be
        // counted.
        if (refuse == nullptr || refuse->error.kind != ErrorKind::invalid) return instead;
    }
    const bool concurrent = asked.rule->counts == Counts::concurrent;
    const std::int64_t wait_us =
        concurrent ? k_concurrency_poll_us : std::min(standing.wait_us, k_look_again_us);
    if (may_wait(asked) && wait_us >= 0) {
        if (auto wait = wait_for(asked, wait_us, who, room)) return *std::move(wait);
    }
    return Refuse{.error = refusal_of(asked, standing, who.now_us)};
}

// The ledger was not asked, or long ago. All that is known is that the calls in the queue are to be
// let through first, so the wait is estimated from their number.
Refuse refuse_in_queue(const Asked& asked, std::size_t before, std::int64_t now_us) {
    const std::int64_t wait_us = wait_us_for(asked.claim, std::max<std::size_t>(before, 1));
    const ledger::Standing standing{.wait_us = wait_us, .full_us = wait_us};
    return {.error = refusal_of(asked, standing, now_us), .asked = asked, .wait_us = wait_us};
}

Refuse refuse_for_room(const route::Candidate& candidate, const Room& room, Duration wait) {
    const std::string& provider = room.providers[candidate.provider].name;
    return {.error = upstream_refusal(provider, candidate.model, whole_us(wait)),
            .provider = candidate.provider};
}

std::string queue_of(const ledger::Claim& claim) {
    return claim.counter.rule + '\n' + claim.counter.value;
}

std::string queue_of(const config::Provider& provider, std::string_view model) {
    return fmt::format("{}\n{}\n", provider.name, model);
}

bool may_wait(const Asked& asked) {
    return asked.rule->limit != nullptr && asked.rule->limit->queue_wait.count() > 0;
}

}  // namespace bellwether::policy

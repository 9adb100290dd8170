// Ends an admission: settles the hold at what the call has used, in place of what was held.
#include <utility>

#include "policy/admission/admission.hpp"
#include "policy/cost/cost.hpp"

namespace bellwether::policy {

// If nobody settles a hold, it is settled at what was held: unknown is never free.
ledger::Settlement Admission::at_what_was_held(const std::vector<Asked>& asked,
                                               const Prospect& prospect) const {
    ledger::Settlement settlement{.usage = estimate_at(prospect)};
    for (const Asked& one : asked) settlement.amounts.push_back(one.claim.amount);
    return settlement;
}

void Admission::settle(const CallRecord& record) {
    if (!hold_) return;
    const CallEnd& outcome = record.outcome;
    const Used used{.provider = outcome.provider,
                    .failed = outcome.failures,
                    .usage = outcome.usage,
                    .price = outcome.price};
    ledger::Settlement settlement{.usage = usage_row(record, books_.session->now_us())};
    settlement.recorded = settlement.usage.usage.source != UsageSource::none;
    for (const Asked& asked : asked_) settlement.amounts.push_back(used_of(asked, used));
    std::move(*hold_).settle(std::move(settlement));
    hold_.reset();
    for (HeldMore& more : more_) std::move(more.hold).release(more.claims);
    more_.clear();
    call_who_waits();
}

// The usage of a call that nobody settles: as if this target had served it, and it had used all
// that it may.
ledger::UsageRow Admission::estimate_at(const Prospect& prospect) const {
    const Usage usage = estimated_usage(prospect);
    return {.time_us = books_.session->now_us(),
            .request_id = call_.id,
            .key = call_.key,
            .user = call_.user,
            .team = call_.team,
            .route = route_,
            .model = call_.model,
            .provider = std::string(prospect.provider),
            .upstream_model = prospect.target.model,
            .usage = usage,
            .cost_micro_usd = cost_of(usage, prospect.target.price).value_or(-1),
            .list_cost_micro_usd = list_cost_of(usage, prospect.target.price).value_or(-1)};
}

}  // namespace bellwether::policy

// Ends an admission: settles the hold at what the call has used, in place of what was held.
#include <utility>

#include "policy/admission/admission.hpp"
#include "policy/cost/cost.hpp"

namespace bw::policy {

ledger::Settlement Admission::at_what_was_held() const {
    ledger::Settlement settlement{.usage = estimate()};
    for (const Asked& asked : asked_) settlement.amounts.push_back(asked.claim.amount);
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
    call_who_waits();
}

// The usage of a call that nobody settles: as if its first target had served it, and it had used
// all that it may.
ledger::UsageRow Admission::estimate() const {
    const Prospect& first = offer_.prospects.front();
    const Usage usage = estimated_usage(first);
    return {.time_us = books_.session->now_us(),
            .request_id = call_.id,
            .key = call_.key,
            .user = call_.user,
            .team = call_.team,
            .route = route_,
            .model = call_.model,
            .provider = std::string(first.provider),
            .upstream_model = first.target.model,
            .usage = usage,
            .cost_micro_usd = cost_of(usage, first.target.price).value_or(-1),
            .list_cost_micro_usd = list_cost_of(usage, first.target.price).value_or(-1)};
}

}  // namespace bw::policy

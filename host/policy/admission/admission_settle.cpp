// How an admission ends: what the call came to, in place of what was held.
#include <utility>

#include "policy/admission/admission.hpp"
#include "policy/cost/cost.hpp"

namespace bw::policy {

Admission::~Admission() {
    if (!held_) return;
    ledger::Settlement settlement{.id = hold_, .usage = estimate()};
    for (const Asked& asked : asked_) settlement.amounts.push_back(asked.claim.amount);
    books_.session->settle(std::move(settlement));
}

const Prospect* Admission::prospect_at(std::string_view provider, std::string_view model) const {
    for (std::size_t i = 0; i < prospects_.size(); ++i) {
        if (prospects_[i].provider == provider && to_.candidates[i].model == model) {
            return &prospects_[i];
        }
    }
    return nullptr;
}

const config::Price* Admission::price_at(std::string_view provider, std::string_view model) const {
    const Prospect* const prospect = prospect_at(provider, model);
    return prospect == nullptr ? nullptr : prospect->price;
}

void Admission::settle(const CallRecord& record) {
    if (!held_) return;
    held_ = false;
    const Outcome& outcome = record.outcome;
    const Used used{.provider = outcome.provider,
                    .failed = outcome.failures,
                    .usage = outcome.usage,
                    .price = price_at(outcome.provider, outcome.model)};
    ledger::Settlement settlement{.id = hold_,
                                  .usage = usage_row(record, used.price, books_.session->now_us())};
    settlement.recorded = settlement.usage.usage.source != UsageSource::none;
    for (const Asked& asked : asked_) settlement.amounts.push_back(used_of(asked, used));
    books_.session->settle(std::move(settlement));
    call_who_waits();
}

// As if the first candidate had served the call, and taken all that it may.
ledger::UsageRow Admission::estimate() const {
    const Prospect& first = prospects_.front();
    const Usage usage = estimated_usage(first);
    return {.time_us = books_.session->now_us(),
            .request_id = call_.id,
            .key = call_.key,
            .user = call_.user,
            .team = call_.team,
            .route = to_.route,
            .model = call_.model,
            .provider = std::string(first.provider),
            .upstream_model = to_.candidates.front().model,
            .usage = usage,
            .cost_micro_usd = cost_of(usage, first.price).value_or(-1),
            .list_cost_micro_usd = list_cost_of(usage, first.price).value_or(-1)};
}

}  // namespace bw::policy

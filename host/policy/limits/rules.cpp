#include "policy/limits/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <ranges>

#include "calendar/window.hpp"
#include "config/pattern.hpp"
#include "ledger/amount.hpp"
#include "policy/admission/waiting_counts.hpp"
#include "policy/cost/cost.hpp"
#include "policy/cost/rates.hpp"

namespace bellwether::policy {
namespace {

using config::Subject;

constexpr std::int64_t k_us_per_second = 1'000'000;

// What a rule of tokens or money counts for this usage. Nothing: the rule counts money, and the
// cost is not known.
std::optional<std::int64_t> amount_of(Counts counts, std::int64_t input, std::int64_t output,
                                      const Usage& usage, const config::Price* price) {
    switch (counts) {
        case Counts::input: return ledger::at_least_zero(input);
        case Counts::output: return ledger::at_least_zero(output);
        case Counts::total:
            return ledger::add_clamped(ledger::at_least_zero(input), ledger::at_least_zero(output));
        case Counts::micro_usd: return cost_of(usage, price);
        case Counts::requests:
        case Counts::concurrent: break;
    }
    return 1;
}

std::optional<std::int64_t> estimated(Counts counts, const Prospect& prospect) {
    const Usage usage = estimated_usage(prospect);
    const auto amount =
        amount_of(counts, usage.input_tokens, usage.output_tokens, usage, prospect.target.price);
    // What has no price is left out by a budget that only warns.
    return amount ? amount : cost_at_least(usage, prospect.target.price);
}

Counts counts_of(const config::Budget& budget) {
    if (budget.unit == config::BudgetUnit::micro_usd) return Counts::micro_usd;
    switch (budget.count) {
        case config::Count::input: return Counts::input;
        case config::Count::output: return Counts::output;
        case config::Count::total: break;
    }
    return Counts::total;
}

void set_rate(ledger::Claim& claim, const config::Rate& rate) {
    claim.measure = ledger::Measure::rate;
    claim.limit = rate.amount;
    claim.burst = rate.burst;
    claim.period_us = std::chrono::microseconds(rate.period).count();
}

// Makes a claim for the rule. Its amount and its counter's value are left to the caller.
ledger::Claim claim_of(Rule& rule, std::int64_t now_us) {
    ledger::Claim claim{.counter = {.rule = rule.name, .value = {}}};
    if (rule.budget != nullptr) {
        const std::int64_t now = now_us / k_us_per_second;
        const bool over = rule.window.end != 0 && now >= rule.window.end;
        if (over || now < rule.window.start || rule.window == calendar::Window{}) {
            rule.window = calendar::window_at(rule.budget->period, rule.zone, now);
            const auto end = rule.window.end;
            rule.window_end = end == 0 ? "" : calendar::rfc3339(end, rule.zone);
        }
        claim.window = rule.window;
        claim.limit = rule.budget->limit;
        claim.refuses = rule.budget->mode == config::BudgetMode::hard;
    } else if (rule.counts == Counts::concurrent) {
        claim.measure = ledger::Measure::concurrency;
        claim.limit = rule.limit->concurrent;
    } else {
        set_rate(claim,
                 rule.counts == Counts::requests ? *rule.limit->requests : *rule.limit->tokens);
    }
    return claim;
}

// `what` names something that the call asks for and that has no price; empty: all of it has one.
// `param` is the member of the request that asks for it.
struct Unpriced {
    std::string what;
    std::string_view param;
};

Unpriced unpriced(const Prospect& prospect) {
    if (prospect.target.price == nullptr) return {"price", "model"};
    if (!knows_tier(*prospect.target.price, prospect.service_tier)) {
        return {fmt::format("price for the service tier \"{}\"", prospect.service_tier),
                "service_tier"};
    }
    if (prospect.searches && prospect.target.price->units.empty()) {
        return {"price for searches (units)", "web_search_options"};
    }
    for (const UsedUnit& unit : prospect.estimate.units) {
        if (unit_price(*prospect.target.price, unit.name) == nullptr) {
            return {fmt::format("price for the unit \"{}\"", unit.name), "model"};
        }
    }
    return {};
}

std::unexpected<Error> without_price(const Rule& rule, const Facts& facts, const Unpriced& of) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .message = fmt::format("The model \"{}\" has no {} at provider \"{}\", and the budget "
                               "\"{}\" counts money: an operator has to give it one ([[prices]]).",
                               facts.model, of.what, facts.provider, rule.name),
        .code = "model_without_price",
        .param = std::string(of.param)});
}

bool is_hard_budget_of_money(const Rule& rule) {
    return rule.counts == Counts::micro_usd && rule.budget->mode == config::BudgetMode::hard;
}

// Makes a limit of a provider's `max_concurrent`. A call that no other provider can take waits
// until the limit has a place for it.
config::Limit limit_of(const config::Provider& provider) {
    config::Limit limit{.name = limit_name_of(provider)};
    limit.scope.match[static_cast<std::size_t>(Subject::provider)] = {provider.name};
    limit.concurrent = provider.max_concurrent;
    limit.queue_wait = provider.queue_wait;
    limit.queue_length = provider.queue_length;
    return limit;
}

}  // namespace

namespace {

// How many of a call's targets the rule counts; `names` are those of their providers. A limit on
// calls at once, if it depends on the provider, counts only the provider that is tried first, or
// the two that may be tried at once: else one call would take a place at each.
template <typename Names>
std::size_t counted_targets(const Rule& rule, const Names& names, Legs legs) {
    if (rule.counts != Counts::concurrent || !depends_on_provider(*rule.scope)) return names.size();
    std::vector<std::string_view> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (std::ranges::find(seen, names[i]) != seen.end()) continue;
        if (seen.size() == (legs == Legs::two ? 2 : 1)) return i;
        seen.push_back(names[i]);
    }
    return names.size();
}

}  // namespace

bool Rule::counts_provider(std::string_view provider, std::string_view value) const {
    if (scope->each == Subject::provider) return provider == value;
    const auto& patterns = scope->names(Subject::provider);
    return patterns.empty() ||
           std::ranges::any_of(patterns, [provider](const std::string& pattern) {
               return config::glob_match(pattern, provider);
           });
}

Usage estimated_usage(const Prospect& prospect) {
    const std::int64_t media = prospect.text_only ? 0 : -1;
    return {.input_tokens = prospect.estimate.input,
            .output_tokens = prospect.estimate.output,
            .source = UsageSource::estimate,
            .audio_input_tokens = media,
            .image_input_tokens = media,
            .service_tier = std::string(prospect.service_tier),
            .units = prospect.estimate.units};
}

Rules::Rules(const config::Config& config) {
    for (const auto& budget : config.budgets) {
        rules_.push_back(
            {.name = budget.name,
             .scope = &budget.scope,
             .budget = &budget,
             .counts = counts_of(budget),
             .zone = calendar::Zone::find(budget.period.zone).value_or(calendar::Zone())});
    }
    for (const auto& provider : config.providers) {
        if (provider.max_concurrent > 0) own_limits_.push_back(limit_of(provider));
    }
    for (const auto& limit : config.limits) add(limit);
    for (const auto& limit : own_limits_) add(limit);
}

void Rules::add(const config::Limit& limit) {
    const auto add_rule = [&](const char* what, Counts counts) {
        rules_.push_back({.name = fmt::format("{}/{}", limit.name, what),
                          .scope = &limit.scope,
                          .limit = &limit,
                          .counts = counts});
    };
    if (limit.concurrent > 0) add_rule("concurrent", Counts::concurrent);
    if (limit.requests) add_rule("requests", Counts::requests);
    if (limit.tokens) add_rule("tokens", Counts::total);
}

Result<std::vector<Asked>> Rules::apply(const Facts& facts, std::string_view invalid_limit,
                                        std::span<const Prospect> prospects, std::int64_t now_us,
                                        Legs legs) {
    std::vector<Asked> all;
    all.reserve(rules_.size());
    for (Rule& rule : rules_) {
        if (auto added = add(all, rule, facts, prospects, now_us, legs); !added) {
            return std::unexpected(std::move(added.error()));
        }
    }
    if (!all.empty() && !invalid_limit.empty()) {
        return std::unexpected(
            Error{.kind = ErrorKind::invalid,
                  .message = fmt::format("\"{}\" must be a positive whole number.", invalid_limit),
                  .param = std::string(invalid_limit)});
    }
    return all;
}

// Adds the rule's claims on this call. Where several providers share a counter, the claim is the
// largest of their amounts and not their sum, because only one of them will serve the call; or the
// sum of the two largest, where two may be asked at once.
Result<void> Rules::add(std::vector<Asked>& all, Rule& rule, Facts facts,
                        std::span<const Prospect> prospects, std::int64_t now_us, Legs legs) {
    const auto first = static_cast<std::ptrdiff_t>(all.size());
    std::vector<std::int64_t> second;  // the second largest amount of each claim, of two legs
    prospects = prospects.first(
        counted_targets(rule, prospects | std::views::transform(&Prospect::provider), legs));
    for (const Prospect& prospect : prospects) {
        facts.provider = prospect.provider;
        if (!fits(*rule.scope, facts)) continue;
        if (is_hard_budget_of_money(rule)) {
            const Unpriced of = unpriced(prospect);
            if (!of.what.empty()) return without_price(rule, facts, of);
        }
        const auto amount = estimated(rule.counts, prospect);
        const std::string_view value = counter_value(*rule.scope, facts);
        const auto same = std::find_if(all.begin() + first, all.end(), [value](const Asked& asked) {
            return asked.claim.counter.value == value;
        });
        if (same != all.end()) {
            const std::int64_t less = std::min(same->claim.amount, amount.value_or(0));
            same->claim.amount = std::max(same->claim.amount, amount.value_or(0));
            if (legs == Legs::one) continue;
            second.resize(all.size() - static_cast<std::size_t>(first));
            auto& next = second[static_cast<std::size_t>(same - all.begin() - first)];
            next = std::max(next, less);
            continue;
        }
        all.push_back({.rule = &rule, .claim = claim_of(rule, now_us)});
        all.back().claim.counter.value = value;
        all.back().claim.amount = amount.value_or(0);
    }
    if (rule.counts == Counts::requests || rule.counts == Counts::concurrent) return {};
    for (std::size_t i = 0; i < second.size(); ++i) {
        auto& amount = all[static_cast<std::size_t>(first) + i].claim.amount;
        amount = ledger::add_clamped(amount, second[i]);
    }
    return {};
}

std::vector<Counting> Rules::counting(Facts facts, std::span<const std::string> providers) const {
    std::vector<Counting> all;
    for (const Rule& rule : rules_) {
        Counting counting{.rule = &rule, .values = {}};
        const auto counted = counted_targets(rule, providers, Legs::one);
        for (const std::string& provider : providers.first(counted)) {
            facts.provider = provider;
            if (!fits(*rule.scope, facts)) continue;
            const std::string_view value = counter_value(*rule.scope, facts);
            if (std::ranges::find(counting.values, value) != counting.values.end()) continue;
            counting.values.emplace_back(value);
        }
        if (!counting.values.empty()) all.push_back(std::move(counting));
    }
    return all;
}

std::int64_t used_of(const Asked& asked, const Used& used) {
    const Rule& rule = *asked.rule;
    if (rule.counts == Counts::concurrent) return 0;
    const auto counts = [&](std::string_view provider) {
        return !depends_on_provider(*rule.scope) ||
               rule.counts_provider(provider, asked.claim.counter.value);
    };
    if (rule.counts == Counts::requests) {
        return counts(used.provider) ||
               std::ranges::any_of(used.failed, counts, &FailedAttempt::provider);
    }
    const auto amount = [&](const Usage& usage, const config::Price* price) {
        if (usage.source == UsageSource::none) return std::int64_t{0};
        const auto known =
            amount_of(rule.counts, usage.input_tokens, usage.output_tokens, usage, price);
        if (known) return *known;
        // A part of the usage has no price. The attempt then counts as what was held for the call,
        // or as the cost of the other parts if that is more.
        return std::max(asked.claim.amount, cost_at_least(usage, price).value_or(0));
    };
    std::int64_t sum = counts(used.provider) ? amount(used.usage, used.price) : 0;
    for (const FailedAttempt& failed : used.failed) {
        if (!counts(failed.provider)) continue;
        sum = ledger::add_clamped(sum, amount(failed.usage, failed.price));
    }
    return sum;
}

}  // namespace bellwether::policy

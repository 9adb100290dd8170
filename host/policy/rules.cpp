#include "policy/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "calendar/window.hpp"
#include "config/pattern.hpp"
#include "policy/cost.hpp"

namespace bw::policy {
namespace {

using config::Subject;

constexpr std::int64_t k_us = 1'000'000;

std::string_view subject_of(Subject subject, const Call& call, std::string_view route) {
    switch (subject) {
        case Subject::key: return call.key_name;
        case Subject::team: return call.team;
        case Subject::user: return call.user;
        case Subject::model: return call.model;
        case Subject::route: return route;
        case Subject::provider: break;
    }
    return {};
}

bool fits(const std::vector<std::string>& patterns, std::string_view name) {
    return patterns.empty() || std::ranges::any_of(patterns, [name](const std::string& pattern) {
               return config::glob_match(pattern, name);
           });
}

// Whatever the call is sent to.
bool fits_call(const config::Scope& scope, const Call& call, std::string_view route) {
    for (const Subject subject :
         {Subject::key, Subject::team, Subject::user, Subject::model, Subject::route}) {
        if (!fits(scope.names(subject), subject_of(subject, call, route))) return false;
    }
    return true;
}

std::int64_t clamped_sum(std::int64_t a, std::int64_t b) {
    const std::int64_t left =
        std::numeric_limits<std::int64_t>::max() - std::max<std::int64_t>(a, 0);
    return std::max<std::int64_t>(a, 0) + std::min(std::max<std::int64_t>(b, 0), left);
}

// Of tokens or money; nothing: money without a price.
std::optional<std::int64_t> amount_of(Counts counts, std::int64_t input, std::int64_t output,
                                      const Usage& usage, const config::Price* price) {
    switch (counts) {
        case Counts::input: return std::max<std::int64_t>(input, 0);
        case Counts::output: return std::max<std::int64_t>(output, 0);
        case Counts::total: return clamped_sum(input, output);
        case Counts::micro_usd: return cost_of(usage, price);
        case Counts::requests:
        case Counts::concurrent: break;
    }
    return 1;
}

std::optional<std::int64_t> estimated(Counts counts, const Prospect& prospect) {
    const Usage usage{.input_tokens = prospect.estimate.input,
                      .output_tokens = prospect.estimate.output,
                      .source = UsageSource::estimate};
    return amount_of(counts, usage.input_tokens, usage.output_tokens, usage, prospect.price);
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

// The claim but for its amount and its counter's value.
ledger::Claim claim_of(Rule& rule, std::int64_t now_us) {
    ledger::Claim claim{.counter = {.rule = rule.name, .value = {}}};
    if (rule.budget != nullptr) {
        const std::int64_t now = now_us / k_us;
        const bool over = rule.window.end != 0 && now >= rule.window.end;
        if (over || now < rule.window.start || rule.window == ledger::Window{}) {
            const auto window = calendar::window_at(rule.budget->period, rule.zone, now);
            rule.window = {.start = window.start, .end = window.end};
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

std::unexpected<Error> without_price(const Rule& rule, const Call& call, const Prospect& prospect) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .message = fmt::format("The model \"{}\" has no price at provider \"{}\", and the budget "
                               "\"{}\" counts money: an operator has to give it one ([[prices]]).",
                               call.model, prospect.provider, rule.name),
        .code = "model_without_price",
        .param = "model"});
}

}  // namespace

bool Rule::depends_on_provider() const {
    return scope->each == Subject::provider || !scope->names(Subject::provider).empty();
}

bool Rule::counts_provider(std::string_view provider, std::string_view value) const {
    if (scope->each == Subject::provider) return provider == value;
    return fits(scope->names(Subject::provider), provider);
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
    for (const auto& limit : config.limits) {
        const auto add = [&](const char* what, Counts counts) {
            rules_.push_back({.name = fmt::format("{}/{}", limit.name, what),
                              .scope = &limit.scope,
                              .limit = &limit,
                              .counts = counts});
        };
        if (limit.concurrent > 0) add("concurrent", Counts::concurrent);
        if (limit.requests) add("requests", Counts::requests);
        if (limit.tokens) add("tokens", Counts::total);
    }
}

Result<std::vector<Asked>> Rules::apply(const Call& call, std::string_view route,
                                        std::span<const Prospect> prospects, std::int64_t now_us) {
    std::vector<Asked> all;
    for (Rule& rule : rules_) {
        if (!fits_call(*rule.scope, call, route)) continue;
        if (auto added = add(all, rule, call, route, prospects, now_us); !added) {
            return std::unexpected(std::move(added.error()));
        }
    }
    if (!all.empty() && !call.unsound_limit.empty()) {
        return std::unexpected(Error{
            .kind = ErrorKind::invalid,
            .message =
                fmt::format("\"{}\" must be a whole number of at least 1.", call.unsound_limit),
            .param = std::string(call.unsound_limit)});
    }
    return all;
}

// The most that any of the providers would take: only one of them will serve the call.
Result<void> Rules::add(std::vector<Asked>& all, Rule& rule, const Call& call,
                        std::string_view route, std::span<const Prospect> prospects,
                        std::int64_t now_us) {
    const bool per_provider = rule.scope->each == Subject::provider;
    const std::size_t first = all.size();
    for (const Prospect& prospect : prospects) {
        if (!fits(rule.scope->names(Subject::provider), prospect.provider)) continue;
        const auto amount = estimated(rule.counts, prospect);
        if (!amount && rule.budget->mode == config::BudgetMode::hard) {
            return without_price(rule, call, prospect);
        }
        const std::string_view value = per_provider ? prospect.provider
                                       : rule.scope->each
                                           ? subject_of(*rule.scope->each, call, route)
                                           : std::string_view();
        const auto same = std::find_if(
            all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
            [value](const Asked& asked) { return asked.claim.counter.value == value; });
        if (same != all.end()) {
            same->claim.amount = std::max(same->claim.amount, amount.value_or(0));
            continue;
        }
        all.push_back({.rule = &rule, .claim = claim_of(rule, now_us)});
        all.back().claim.counter.value = value;
        all.back().claim.amount = amount.value_or(0);
    }
    return {};
}

std::int64_t used_of(const Asked& asked, const Used& used) {
    const Rule& rule = *asked.rule;
    if (rule.counts == Counts::concurrent) return 0;
    const bool elsewhere = rule.depends_on_provider() &&
                           !rule.counts_provider(used.provider, asked.claim.counter.value);
    if (elsewhere) return 0;
    if (rule.counts == Counts::requests) return 1;
    if (!used.consumed) return 0;
    const Usage& usage = used.usage;
    return amount_of(rule.counts, usage.input_tokens, usage.output_tokens, usage, used.price)
        .value_or(0);
}

}  // namespace bw::policy

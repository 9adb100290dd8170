#include "policy/limits/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "calendar/window.hpp"
#include "config/money.hpp"
#include "policy/limits/standing_headers.hpp"

namespace bellwether::policy {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t k_us = 1'000'000;

// How long a client is told to wait for a place in a limit on calls at once, as a call may end at
// any moment; and the shortest wait that it is told for an upstream's own limit.
constexpr milliseconds k_retry_soon{1'000};

std::string amount_text(const Rule& rule, std::int64_t amount) {
    if (rule.counts == Counts::micro_usd) {
        return amount < 0 ? "-" + config::format_amount(-amount) : config::format_amount(amount);
    }
    return fmt::format("{} tokens", amount);
}

std::string resets_at(const Rule& rule, const calendar::Window& window) {
    if (window.end == 0) return "it never resets";
    return fmt::format("it resets at {} ({})", calendar::rfc3339(window.end, rule.zone),
                       rule.budget->period.zone);
}

// Names whose counter is used up; empty if the rule has one counter for all calls.
std::string owner(const Asked& asked) {
    const std::string& value = asked.claim.counter.value;
    return asked.rule->scope->each ? fmt::format(" of \"{}\"", value) : std::string();
}

Error budget_refusal(const Asked& asked, const ledger::Standing& standing, std::int64_t now_us) {
    const Rule& rule = *asked.rule;
    Error error{
        .kind = ErrorKind::budget,
        .message = fmt::format(
            "The budget \"{}\"{} has too little left for this request, which may take up to "
            "{}: {} of {} are left; {}.",
            rule.name, owner(asked), amount_text(rule, asked.claim.amount),
            amount_text(rule, std::max<std::int64_t>(standing.left, 0)),
            amount_text(rule, asked.claim.limit), resets_at(rule, standing.window))};
    if (standing.window.end != 0) {
        error.retry_after =
            milliseconds(std::max<std::int64_t>(standing.window.end * k_us - now_us, 0) / 1000);
    }
    return error;
}

Error rate_refusal(const Asked& asked, const ledger::Standing& standing) {
    const Rule& rule = *asked.rule;
    const config::Rate& rate =
        rule.counts == Counts::requests ? *rule.limit->requests : *rule.limit->tokens;
    const char* const unit = rule.counts == Counts::requests ? "requests" : "tokens";
    Error error{.kind = ErrorKind::rate};
    if (standing.wait_us < 0) {
        error.message = fmt::format(
            "Request too large for the limit \"{}\"{}: it may take up to {} tokens, and at most {} "
            "are let through at once. Lower max_tokens or shorten the prompt.",
            rule.limit->name, owner(asked), asked.claim.amount, asked.claim.burst);
        error.final = true;
        return error;
    }
    error.message =
        fmt::format("Rate limit reached for {} of \"{}\"{}: {} in {} s. Please try again in {}.",
                    unit, rule.limit->name, owner(asked), rate.amount, rate.period.count(),
                    reset_text(standing.wait_us));
    error.retry_after = milliseconds((standing.wait_us + 999) / 1000);
    return error;
}

Error concurrency_refusal(const Asked& asked) {
    return {.kind = ErrorKind::rate,
            .message = fmt::format("The limit \"{}\"{} lets {} calls run at once, and as many do.",
                                   asked.rule->limit->name, owner(asked), asked.claim.limit),
            .code = "too_many_requests",
            .retry_after = k_retry_soon};
}

}  // namespace

Error refusal_of(const Asked& asked, const ledger::Standing& standing, std::int64_t now_us) {
    if (asked.rule->budget != nullptr) return budget_refusal(asked, standing, now_us);
    if (asked.rule->counts == Counts::concurrent) return concurrency_refusal(asked);
    return rate_refusal(asked, standing);
}

Error upstream_refusal(std::string_view provider, std::string_view model, std::int64_t wait_us) {
    const auto wait = std::max(milliseconds((wait_us + 999) / 1000), k_retry_soon);
    return {.kind = ErrorKind::rate,
            .message = fmt::format("The provider \"{}\" has no room for \"{}\" at the moment: its "
                                   "own rate limit is used up. Please try again in {}.",
                                   provider, model, reset_text(wait.count() * 1'000)),
            .retry_after = wait};
}

}  // namespace bellwether::policy

#include "policy/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "calendar/window.hpp"
#include "config/money.hpp"

namespace bw::policy {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t k_us = 1'000'000;

// A call that ends may free its place at once: try again soon.
constexpr milliseconds k_concurrency_retry{1'000};

std::string amount_text(const Rule& rule, std::int64_t amount) {
    if (rule.counts == Counts::micro_usd) {
        return amount < 0 ? "-" + config::format_amount(-amount) : config::format_amount(amount);
    }
    return fmt::format("{} tokens", amount);
}

std::string resets_at(const Rule& rule, const ledger::Window& window) {
    if (window.end == 0) return "it never resets";
    return fmt::format("it resets at {} ({})", calendar::rfc3339(window.end, rule.zone),
                       rule.budget->period.zone);
}

// For whom, if the rule counts each of several apart.
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
            .retry_after = k_concurrency_retry};
}

// The claim of its kind with the least left.
struct Tightest {
    const Asked* asked = nullptr;
    const ledger::Standing* standing = nullptr;

    void take(const Asked& other, const ledger::Standing& its) {
        if (asked != nullptr && standing->left <= its.left) return;
        asked = &other;
        standing = &its;
    }
    void write(std::string& out, const char* what) const {
        if (asked == nullptr) return;
        fmt::format_to(std::back_inserter(out),
                       "x-ratelimit-limit-{0}: {1}\r\nx-ratelimit-remaining-{0}: {2}\r\n"
                       "x-ratelimit-reset-{0}: {3}\r\n",
                       what, asked->claim.limit, std::max<std::int64_t>(standing->left, 0),
                       reset_text(standing->full_us));
    }
};

void write_budget(std::string& out, const Asked& asked, const ledger::Standing& standing) {
    const Rule& rule = *asked.rule;
    fmt::format_to(std::back_inserter(out), "x-bellwether-budget: {}; limit={}; remaining={}",
                   rule.name, asked.claim.limit, standing.left);
    if (standing.window.end != 0) {
        fmt::format_to(std::back_inserter(out), "; reset={}",
                       calendar::rfc3339(standing.window.end, rule.zone));
    }
    out += "\r\n";
}

}  // namespace

std::string reset_text(std::int64_t us) {
    const std::int64_t ms = (std::max<std::int64_t>(us, 0) + 999) / 1000;
    if (ms < 1000) return fmt::format("{}ms", ms);
    const std::int64_t minutes = ms / 60'000;
    const auto seconds = static_cast<double>(ms % 60'000) / 1000;
    if (minutes == 0) return fmt::format("{:g}s", seconds);
    if (minutes < 60) return fmt::format("{}m{:g}s", minutes, seconds);
    return fmt::format("{}h{}m{:g}s", minutes / 60, minutes % 60, seconds);
}

Error refusal_of(const Asked& asked, const ledger::Standing& standing, std::int64_t now_us) {
    if (asked.rule->budget != nullptr) return budget_refusal(asked, standing, now_us);
    if (asked.rule->counts == Counts::concurrent) return concurrency_refusal(asked);
    return rate_refusal(asked, standing);
}

Error upstream_refusal(std::string_view provider, std::string_view model, std::int64_t wait_us) {
    return {.kind = ErrorKind::rate,
            .message = fmt::format("The provider \"{}\" has no room for \"{}\" at the moment: its "
                                   "own rate limit is used up. Please try again in {}.",
                                   provider, model, reset_text(wait_us)),
            .retry_after = milliseconds((wait_us + 999) / 1000)};
}

std::string standing_headers(std::span<const Asked> asked,
                             std::span<const ledger::Standing> standings) {
    std::string out;
    Tightest requests;
    Tightest tokens;
    for (std::size_t i = 0; i < asked.size() && i < standings.size(); ++i) {
        const Rule& rule = *asked[i].rule;
        if (rule.budget != nullptr) {
            if (rule.budget->mode != config::BudgetMode::shadow) {
                write_budget(out, asked[i], standings[i]);
            }
        } else if (rule.counts != Counts::concurrent) {
            (rule.counts == Counts::requests ? requests : tokens).take(asked[i], standings[i]);
        }
    }
    requests.write(out, "requests");
    tokens.write(out, "tokens");
    return out;
}

}  // namespace bw::policy

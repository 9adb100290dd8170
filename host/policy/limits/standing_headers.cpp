// These headers are written for each call. They are put together by appending, because a formatter
// takes ten times as long.
#include "policy/limits/standing_headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "calendar/window.hpp"
#include "ledger/amount.hpp"

namespace bellwether::policy {
namespace {

void append(std::string& out, std::int64_t number) {
    char digits[std::numeric_limits<std::int64_t>::digits10 + 2];
    const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
    out.append(digits, end);
}

void append_reset(std::string& out, std::int64_t us) {
    const std::int64_t ms = (std::max<std::int64_t>(us, 0) + 999) / 1000;
    if (ms < 1000) {
        append(out, ms);
        out += "ms";
        return;
    }
    const std::int64_t minutes = ms / 60'000;
    if (minutes >= 60) {
        append(out, minutes / 60);
        out += 'h';
    }
    if (minutes > 0) {
        append(out, minutes % 60);
        out += 'm';
    }
    append(out, ms % 60'000 / 1000);
    if (const std::int64_t rest = ms % 1000; rest > 0) {
        const char digits[] = {static_cast<char>('0' + rest / 100),
                               static_cast<char>('0' + rest / 10 % 10),
                               static_cast<char>('0' + rest % 10)};
        const std::string_view fraction(digits, sizeof(digits));
        out += '.';
        out += fraction.substr(0, fraction.find_last_not_of('0') + 1);
    }
    out += 's';
}

// Finds the claim with the least left, among the claims of one kind (requests or tokens).
struct Tightest {
    const Asked* asked = nullptr;
    const ledger::Standing* standing = nullptr;

    void take(const Asked& other, const ledger::Standing& its) {
        if (asked != nullptr && standing->left <= its.left) return;
        asked = &other;
        standing = &its;
    }
    void write(std::string& out, std::string_view what) const {
        if (asked == nullptr) return;
        out.append("x-ratelimit-limit-").append(what).append(": ");
        append(out, asked->claim.limit);
        out.append("\r\nx-ratelimit-remaining-").append(what).append(": ");
        append(out, std::max<std::int64_t>(standing->left, 0));
        out.append("\r\nx-ratelimit-reset-").append(what).append(": ");
        append_reset(out, standing->full_us);
        out += "\r\n";
    }
};

void write_budget(std::string& out, const Asked& asked, const ledger::Standing& standing) {
    const Rule& rule = *asked.rule;
    out.append("x-bellwether-budget: ").append(rule.name).append("; limit=");
    append(out, asked.claim.limit);
    out += "; remaining=";
    append(out, standing.left);
    if (standing.window.end != 0) {
        out += "; reset=";
        const bool known = rule.window.end == standing.window.end && !rule.window_end.empty();
        out += known ? rule.window_end : calendar::rfc3339(standing.window.end, rule.zone);
    }
    out += rule.counts == Counts::micro_usd ? "; unit=micro_usd\r\n" : "; unit=tokens\r\n";
}

// Finds the budgets with the smallest share of their limit left. Only k_budget_headers_max of them
// are written, because proxies and clients refuse a head that is too large.
class TightestBudgets {
  public:
    TightestBudgets(std::span<const Asked> asked, std::span<const ledger::Standing> standings)
        : asked_(asked), standings_(standings) {}

    void take(std::size_t budget) {
        if (count_ == chosen_.size() && !is_tighter(budget, chosen_.back())) return;
        if (count_ < chosen_.size()) ++count_;
        std::size_t place = count_ - 1;
        for (; place > 0 && is_tighter(budget, chosen_[place - 1]); --place) {
            chosen_[place] = chosen_[place - 1];
        }
        chosen_[place] = budget;
    }
    // Writes the budgets in the order of the config file, so that the lines keep their places while
    // the shares change.
    void write(std::string& out) {
        std::sort(chosen_.begin(), chosen_.begin() + static_cast<std::ptrdiff_t>(count_));
        for (std::size_t i = 0; i < count_; ++i) {
            write_budget(out, asked_[chosen_[i]], standings_[chosen_[i]]);
        }
    }

  private:
    // Compares two shares without a division, so that all numbers stay whole.
    bool is_tighter(std::size_t budget, std::size_t other) const {
        const auto limit = [&](std::size_t i) {
            return static_cast<ledger::Wide>(std::max<std::int64_t>(asked_[i].claim.limit, 1));
        };
        return standings_[budget].left * limit(other) < standings_[other].left * limit(budget);
    }

    std::span<const Asked> asked_;
    std::span<const ledger::Standing> standings_;
    std::array<std::size_t, k_budget_headers_max> chosen_{};  // the tightest first
    std::size_t count_ = 0;
};

}  // namespace

std::string reset_text(std::int64_t us) {
    std::string text;
    append_reset(text, us);
    return text;
}

std::string standing_headers(std::span<const Asked> asked,
                             std::span<const ledger::Standing> standings) {
    constexpr std::size_t k_usual_bytes = 512;
    std::string out;
    if (asked.empty() || standings.empty()) return out;
    out.reserve(k_usual_bytes);
    TightestBudgets budgets(asked, standings);
    Tightest requests;
    Tightest tokens;
    for (std::size_t i = 0; i < asked.size() && i < standings.size(); ++i) {
        const Rule& rule = *asked[i].rule;
        if (rule.budget != nullptr) {
            if (rule.budget->mode != config::BudgetMode::shadow) budgets.take(i);
        } else if (rule.counts != Counts::concurrent) {
            (rule.counts == Counts::requests ? requests : tokens).take(asked[i], standings[i]);
        }
    }
    budgets.write(out);
    requests.write(out, "requests");
    tokens.write(out, "tokens");
    return out;
}

}  // namespace bellwether::policy

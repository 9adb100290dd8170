// [[budgets]].
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>

#include "config/decimal.hpp"
#include "config/rule_amount.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

constexpr std::size_t k_budgets_max = 1'000;
constexpr std::size_t k_warnings_max = 16;
constexpr int k_whole = 10'000;  // hundredths of a percent
constexpr std::string_view k_share_expected = "a share such as 0.8 or \"80%\", up to 1";

// In the order of the enumerators.
const std::string k_counts[] = {"total", "input", "output"};
const std::string k_modes[] = {"hard", "soft", "shadow"};

class BudgetReader {
  public:
    BudgetReader(Section& section, std::span<const Webhook> webhooks, Budget& budget)
        : section_(section), webhooks_(webhooks), budget_(budget) {}

    void read() {
        read_limit();
        read_period(section_, budget_.period);
        if (const auto mode = section_.choice("mode", k_modes)) {
            budget_.mode = static_cast<BudgetMode>(*mode);
        }
        read_warnings();
        read_webhook();
    }

  private:
    void read_limit() {
        const auto limit = read_budget_amount(section_, "limit");
        if (limit) {
            budget_.unit = limit->unit;
            budget_.limit = limit->amount;
        } else if (!section_.has("limit")) {
            section_.report().absent(budget_.at, {"limit"}, "a budget has no limit",
                                     R"(limit = "100 Mtok" or limit = "50 USD")");
        }
        const auto count = section_.choice("count", k_counts);
        if (count) budget_.count = static_cast<Count>(*count);
        if (count && budget_.unit == BudgetUnit::micro_usd) {
            error(section_.key_at("count"), "budgets.count means nothing for money",
                  "it with a limit in tokens");
        }
    }

    void read_warnings() {
        const toml::node* node = section_.find("warn_at");
        if (node == nullptr) return;
        const auto* array = node->as_array();
        if (array == nullptr) {
            return section_.wrong_type("budgets.warn_at", *node,
                                       "an array of shares such as [0.8, 0.95]");
        }
        if (array->size() > k_warnings_max) {
            return error(position_of(*node), "budgets.warn_at has too many shares",
                         fmt::format("at most {}", k_warnings_max));
        }
        for (const auto& element : *array) {
            if (const auto share = share_of(element)) {
                budget_.warn_at.push_back(*share);
            } else {
                error(position_of(element), "an element of budgets.warn_at is no share",
                      std::string(k_share_expected));
            }
        }
        std::ranges::sort(budget_.warn_at);
        const auto repeated = std::ranges::unique(budget_.warn_at);
        budget_.warn_at.erase(repeated.begin(), repeated.end());
    }

    void read_webhook() {
        const auto given = section_.text("webhook");
        if (!given) return;
        const auto named = std::ranges::find(webhooks_, given->value, &Webhook::name);
        if (named == webhooks_.end()) return unknown_webhook(*given);
        budget_.webhook = static_cast<std::size_t>(named - webhooks_.begin());
        if (budget_.mode != BudgetMode::hard || section_.has("warn_at")) return;
        section_.report().warning(given->at, "budgets.webhook has no effect: it is never told", {},
                                  "say warn_at = [0.8] beside it");
    }

    void unknown_webhook(const Text& given) {
        std::vector<std::string> names;
        for (const Webhook& webhook : webhooks_) names.push_back(webhook.name);
        const std::string what = fmt::format("budgets.webhook = {} names no webhook of this file",
                                             in_quotes(given.value));
        section_.report().error(
            given.at, what,
            names.empty() ? "a [webhooks.NAME]" : fmt::format("one of {}", fmt::join(names, ", ")),
            did_you_mean(given.value, names));
    }

    // In hundredths of a percent, above 0.
    static std::optional<int> share_of(const toml::node& node) {
        constexpr DecimalUnit k_percent[] = {{"%", 2}};
        std::int64_t share = 0;
        if (const auto* text = node.as_string()) {
            share = parse_decimal(text->get(), k_percent, k_whole).value_or(0);
        } else if (const auto number = node.value<double>(); number && node.is_number()) {
            const double scaled = *number * k_whole;
            if (!(scaled >= 1 && scaled <= k_whole)) return std::nullopt;
            share = std::lround(scaled);
            if (std::abs(scaled - static_cast<double>(share)) > 1e-6) return std::nullopt;
        }
        return share >= 1 && share <= k_whole ? std::optional(static_cast<int>(share))
                                              : std::nullopt;
    }

    void error(Position at, std::string what, std::string expected) {
        section_.report().error(at, std::move(what), std::move(expected));
    }

    Section& section_;
    std::span<const Webhook> webhooks_;
    Budget& budget_;
};

}  // namespace

void read_budgets(Section& root, const KnownNames& known, RuleNames& names, Config& config) {
    auto sections = root.tables("budgets");
    if (!sections) return;
    for (auto& section : *sections) {
        if (config.budgets.size() == k_budgets_max) {
            return root.report().error(section.at(), "there are too many budgets",
                                       fmt::format("at most {}", k_budgets_max));
        }
        Budget& budget = config.budgets.emplace_back();
        budget.at = section.at();
        budget.name = names.read(section, "budget", {});
        read_scope(section, known, budget.scope);
        BudgetReader(section, config.webhooks, budget).read();
        section.finish();
    }
}

}  // namespace bw::config

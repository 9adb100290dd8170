// Budgets of money that a model without a price could pass by. A model that only a pattern names
// is looked at when a call for it comes.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "config/pattern.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

class PriceCheck {
  public:
    PriceCheck(const Config& config, const Budget& budget, Report& report)
        : config_(config), budget_(budget), report_(report) {}

    void check() {
        for (const auto& route : config_.routes) {
            if (!counts(route)) continue;
            for (const auto& target : route.to) {
                const std::string& model = target.model.empty() ? route.model : target.model;
                if (!is_glob(model)) check(config_.providers[target.provider].name, model);
            }
        }
    }

  private:
    // Whether the budget is certainly for calls of the route; whose they are, nobody can know.
    bool counts(const Route& route) const {
        if (!fits(Subject::route, route.model)) return false;
        if (is_glob(route.model)) return budget_.scope.names(Subject::model).empty();
        return fits(Subject::model, route.model);
    }

    bool fits(Subject subject, std::string_view name) const {
        const auto& patterns = budget_.scope.names(subject);
        const auto matches = [&](const std::string& pattern) { return glob_match(pattern, name); };
        return patterns.empty() || std::ranges::any_of(patterns, matches);
    }

    bool has_price(std::string_view provider, std::string_view model) const {
        return std::ranges::any_of(config_.prices, [&](const Price& price) {
            return price.provider == provider && glob_match(price.model, model);
        });
    }

    void check(const std::string& provider, const std::string& model) {
        if (!fits(Subject::provider, provider) || has_price(provider, model)) return;
        if (!reported_.emplace(provider, model).second) return;
        report_.error(budget_.at,
                      fmt::format("the budget {} counts money, and {} of {} has no price",
                                  in_quotes(budget_.name), in_quotes(model), provider),
                      "[[prices]] for it, or a match that leaves it out");
    }

    const Config& config_;
    const Budget& budget_;
    Report& report_;
    std::set<std::pair<std::string, std::string>> reported_;
};

}  // namespace

void check_priced(const Config& config, Report& report) {
    for (const auto& budget : config.budgets) {
        if (budget.unit == BudgetUnit::micro_usd) PriceCheck(config, budget, report).check();
    }
}

}  // namespace bw::config

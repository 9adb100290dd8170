#include "report/usage_report.hpp"

#include <algorithm>
#include <ranges>
#include <tuple>
#include <utility>

#include "ledger/amount.hpp"
#include "report/moment.hpp"

namespace bellwether::report {
namespace {

using ledger::add_clamped;
using ledger::at_least_zero;

void increase(std::int64_t& sum, std::int64_t amount) { sum = add_clamped(sum, amount); }

bool succeeded(const ledger::UsageRow& row) {
    return row.status >= 200 && row.status < 300 && row.error.empty();
}

// The order of groups: the greatest cost first, then the most tokens, the most calls, the name.
bool greater(const Group& left, const Group& right) {
    const auto weight = [](const Figures& of) {
        return std::tuple(of.cost_micro_usd, add_clamped(of.input_tokens, of.output_tokens),
                          of.calls);
    };
    const auto a = weight(left.figures);
    const auto b = weight(right.figures);
    return a != b ? a > b : left.name < right.name;
}

}  // namespace

void Figures::add(const ledger::UsageRow& row) {
    const Usage& usage = row.usage;
    const bool priced = row.cost_micro_usd >= 0;
    const bool compared = priced && row.list_cost_micro_usd >= 0;
    ++calls;
    succeeded += report::succeeded(row) ? 1 : 0;
    estimated += usage.source == UsageSource::estimate ? 1 : 0;
    increase(input_tokens, at_least_zero(usage.input_tokens));
    increase(cached_input_tokens, at_least_zero(usage.cached_input_tokens));
    increase(output_tokens, at_least_zero(usage.output_tokens));
    increase(reasoning_tokens, at_least_zero(usage.reasoning_tokens));
    increase(cost_micro_usd, at_least_zero(row.cost_micro_usd));
    calls_without_cost += priced ? 0 : 1;
    calls_without_list_cost += compared ? 0 : 1;
    if (compared) {
        increase(list_cost_micro_usd, row.list_cost_micro_usd);
        increase(saved_micro_usd, row.list_cost_micro_usd - row.cost_micro_usd);
    }
    if (row.duration_us >= 0) {
        duration.add(row.duration_us);
        increase(timed_output_tokens, at_least_zero(usage.output_tokens));
    }
    if (row.first_token_us >= 0) first_token.add(row.first_token_us);
}

void Figures::add(const Figures& other) {
    constexpr std::int64_t Figures::*k_sums[] = {
        &Figures::calls,
        &Figures::succeeded,
        &Figures::estimated,
        &Figures::input_tokens,
        &Figures::cached_input_tokens,
        &Figures::output_tokens,
        &Figures::reasoning_tokens,
        &Figures::cost_micro_usd,
        &Figures::list_cost_micro_usd,
        &Figures::saved_micro_usd,
        &Figures::calls_without_cost,
        &Figures::calls_without_list_cost,
        &Figures::timed_output_tokens,
    };
    for (const auto sum : k_sums) increase(this->*sum, other.*sum);
    duration.add(other.duration);
    first_token.add(other.first_token);
}

std::int64_t Figures::tokens_per_second_tenths() const {
    if (duration.sum_us() == 0) return -1;
    return ledger::clamped(ledger::Wide{timed_output_tokens} * 10 * k_us_per_second /
                           duration.sum_us());
}

GroupedUsage::GroupedUsage(Grouping by, const calendar::Zone& zone, std::size_t groups_max)
    : by_(by), days_(zone), groups_max_(groups_max) {}

std::string_view GroupedUsage::value_of(const ledger::UsageRow& row) {
    switch (by_) {
        case Grouping::model: return row.model;
        case Grouping::key: return row.key;
        case Grouping::user: return row.user;
        case Grouping::team: return row.team;
        case Grouping::provider: return row.provider;
        case Grouping::route: return row.route;
        case Grouping::day: return days_.of(row.time_us);
    }
    std::unreachable();
}

void GroupedUsage::add(const ledger::UsageRow& row) {
    const std::string_view value = value_of(row);
    if (const auto found = groups_.find(value); found != groups_.end()) {
        found->second.add(row);
    } else if (groups_.size() < groups_max_) {
        groups_[std::string(value)].add(row);
    } else {
        other_.add(row);
    }
}

GroupedUsage::Groups GroupedUsage::take(std::size_t top) {
    Groups result{.other = std::exchange(other_, {})};
    for (auto& [name, figures] : groups_) {
        result.groups.push_back({.name = name, .figures = std::move(figures)});
    }
    groups_.clear();
    auto& groups = result.groups;
    // Days are sorted by name already. The last groups are cut off, so the latest days go first.
    if (by_ == Grouping::day) {
        std::ranges::reverse(groups);
    } else {
        std::ranges::sort(groups, greater);
    }
    while (groups.size() > top) {
        result.other.add(groups.back().figures);
        groups.pop_back();
        ++result.left_out;
    }
    if (by_ == Grouping::day) std::ranges::reverse(groups);
    return result;
}

UsageReporter::UsageReporter(UsageQuestion question)
    : question_(std::move(question)),
      grouped_(question_.by, question_.zone),
      users_(Grouping::user) {}

void UsageReporter::add(const ledger::UsageRow& row) {
    total_.add(row);
    grouped_.add(row);
    if (!row.user.empty()) users_.add(row);
}

UsageReport UsageReporter::take() {
    return {.question = question_,
            .total = std::exchange(total_, {}),
            .grouped = grouped_.take(question_.top),
            .top_users = users_.take(k_top_users).groups};
}

}  // namespace bellwether::report

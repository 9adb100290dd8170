// Adds up what calls have used, as a question asks for it: the rows of a ledger go in one by one,
// sums come out. Pure; the memory is bounded, however many rows there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "ledger/usage_row.hpp"
#include "report/moment.hpp"
#include "report/spread.hpp"
#include "report/usage_question.hpp"

namespace bellwether::report {

// Sums stop at the greatest number and do not overflow. A cost that is not known adds nothing to
// its sum; `calls_without_cost` and `calls_without_list_cost` count such calls. The sums have
// estimated tokens, too; `estimated` counts these calls.
struct Figures {
    std::int64_t calls = 0;
    std::int64_t succeeded = 0;  // answered to the end
    std::int64_t estimated = 0;  // calls whose tokens are an estimate
    std::int64_t input_tokens = 0;
    std::int64_t cached_input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t reasoning_tokens = 0;
    std::int64_t cost_micro_usd = 0;
    std::int64_t list_cost_micro_usd = 0;
    std::int64_t saved_micro_usd = 0;  // of the calls whose cost and list cost are known
    std::int64_t calls_without_cost = 0;
    std::int64_t calls_without_list_cost = 0;  // or without cost: nothing to compare
    Spread duration;
    Spread first_token;
    std::int64_t timed_output_tokens = 0;  // of the calls in `duration`

    void add(const ledger::UsageRow& row);
    void add(const Figures& other);
    // Output tokens for each second of the calls' durations, in tenths; -1: not known.
    std::int64_t tokens_per_second_tenths() const;
};

struct Group {
    std::string name;  // empty: the calls without a value
    Figures figures;
};

// The sums for each model, key, user and so on, as `by` says. Once there are `groups_max` groups,
// rows with a new value are added to `Groups::other`.
class GroupedUsage {
  public:
    explicit GroupedUsage(Grouping by, const calendar::Zone& zone = {},
                          std::size_t groups_max = k_groups_max);

    void add(const ledger::UsageRow& row);

    struct Groups {
        std::vector<Group> groups;  // the most expensive first; days in their order
        Figures other;              // the rows in none of the groups
        std::size_t left_out = 0;   // groups that take() adds to `other`
    };
    // Gives at most `top` groups; of days, the latest.
    Groups take(std::size_t top);

  private:
    std::string_view value_of(const ledger::UsageRow& row);

    Grouping by_;
    DayNames days_;
    std::size_t groups_max_;
    std::map<std::string, Figures, std::less<>> groups_;
    Figures other_;
};

inline constexpr std::size_t k_top_users = 5;

// One pass over the rows gives all that a report shows.
struct UsageReport {
    UsageQuestion question;
    Figures total;
    GroupedUsage::Groups grouped;
    std::vector<Group> top_users;  // at most k_top_users that have a name
};

class UsageReporter {
  public:
    explicit UsageReporter(UsageQuestion question);

    void add(const ledger::UsageRow& row);
    UsageReport take();

  private:
    UsageQuestion question_;
    Figures total_;
    GroupedUsage grouped_;
    GroupedUsage users_;
};

// Reads every row in the time span of the question, about a million rows a second. `Ledger` is the
// store of a running host, or the file of a ledger.
template <typename Ledger>
Result<UsageReport> usage_report(Ledger& ledger, const UsageQuestion& question) {
    UsageReporter reporter(question);
    const auto read = ledger.each_usage(
        question.span, [&reporter](const ledger::UsageRow& row) { reporter.add(row); });
    if (!read) return std::unexpected(read.error());
    return reporter.take();
}

// What the admin page answers and the command line prints. Keys are called by their names in the
// configuration.
std::string to_json(const UsageReport& report, const config::Config& config);

// The message if the configuration has no ledger to report from.
inline constexpr std::string_view k_no_ledger =
    "this configuration counts nothing, so there is nothing to report; add [ledger] with "
    "url = \"sqlite:/path/of/ledger.db\" and restart the host";

}  // namespace bellwether::report

// What was used, added up, as a question asks for it: the rows of a ledger go in one after the
// other, sums come out. Pure; its memory is bounded however many rows there are.
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

namespace bw::report {

// Sums end at the greatest number. Nothing unknown is added as if it were 0: the counts of calls
// tell how much of a sum is missing.
struct Figures {
    std::int64_t calls = 0;
    std::int64_t succeeded = 0;  // answered to the end
    std::int64_t estimated = 0;  // whose tokens are an estimate, as nobody has told them
    std::int64_t input_tokens = 0;
    std::int64_t cached_input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t reasoning_tokens = 0;
    std::int64_t cost_micro_usd = 0;
    std::int64_t list_cost_micro_usd = 0;
    std::int64_t saved_micro_usd = 0;  // of the calls whose cost and list cost are known
    std::int64_t calls_without_cost = 0;
    std::int64_t calls_without_list_cost = 0;  // or without cost: not compared
    Spread duration;
    Spread first_token;
    std::int64_t timed_output_tokens = 0;  // of the calls in `duration`

    void add(const ledger::UsageRow& row);
    void add(const Figures& other);
    // Generated in a second of the calls' time, in tenths; -1: not known.
    std::int64_t tokens_per_second_tenths() const;
};

struct Group {
    std::string name;  // empty: the calls that have none
    Figures figures;
};

// The sums of each value of what is grouped by. Values beyond `groups_max` are one group.
class GroupedUsage {
  public:
    explicit GroupedUsage(Grouping by, const calendar::Zone& zone = {},
                          std::size_t groups_max = k_groups_max);

    void add(const ledger::UsageRow& row);

    struct Groups {
        std::vector<Group> groups;  // the dearest first; days as they follow one another
        Figures other;              // what is in none of the groups
        std::size_t left_out = 0;   // of groups that are in `other`
    };
    // At most `top` groups: of days the latest.
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

// Reads every row of the time that it is about, which takes a second or so for each million.
// `Ledger`: the store of a running host, or the file of one.
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

// What to say where there is nothing that a report could be made of.
inline constexpr std::string_view k_no_ledger =
    "this configuration counts nothing, so there is nothing to report; add [ledger] with "
    "url = \"sqlite:/path/of/ledger.db\" and restart the host";

}  // namespace bw::report

// The question for a usage report, parsed from the words of a query or of a command line. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "calendar/zone.hpp"
#include "ledger/ledger.hpp"

namespace bellwether::report {

enum class Grouping : std::uint8_t { model, key, user, team, provider, route, day };

std::string_view to_string(Grouping grouping);
std::optional<Grouping> parse_grouping(std::string_view text);

inline constexpr std::size_t k_groups_max = 10'000;

struct UsageQuestion {
    Grouping by = Grouping::model;
    ledger::TimeSpan span;
    std::string zone_name = "UTC";
    calendar::Zone zone;
    std::size_t top = k_groups_max;  // groups at most; of days, the latest
};

// The words of a question as people write them; nothing: the default.
struct UsageWords {
    std::optional<std::string> by;
    std::optional<std::string> since;
    std::optional<std::string> until;
    std::optional<std::string> zone;
    std::optional<std::string> top;
};

// Which of the words is wrong, and what it should be.
struct WordFault {
    std::string word;  // "since"
    std::string what;
};

std::expected<UsageQuestion, WordFault> parse_usage(const UsageWords& words, std::int64_t now_us);

}  // namespace bellwether::report

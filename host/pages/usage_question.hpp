// What a report of usage is asked for, out of words. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "calendar/zone.hpp"
#include "ledger/ledger.hpp"
#include "report/usage_report.hpp"

namespace bw::pages {

struct UsageQuestion {
    policy::Grouping by = policy::Grouping::model;
    ledger::Span span;
    std::string zone_name = "UTC";
    calendar::Zone zone;
    std::size_t top = policy::k_groups_max;
};

// As people write it; nothing: the default.
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

}  // namespace bw::pages

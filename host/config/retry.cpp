// [retry], and the table `retry` of providers and routes.
#include "config/retry.hpp"

#include <fmt/format.h>

#include <iterator>

#include "config/sections.hpp"

namespace bellwether::config {
namespace {

constexpr Quantity wait(std::uint64_t max) {
    return {k_duration, R"("500ms", "2s" or "1m")", "s", 1, max};
}

constexpr KeyOf<Retry> k_retry_keys[] = {
    key<&Retry::attempts>("attempts", Whole{1, 20},
                          "how often a call is tried, at all its targets together; 1: once"),
    key<&Retry::first>("first", wait(600'000),
                       "the longest first wait before a target is tried again"),
    key<&Retry::longest>("longest", wait(3'600'000), "the longest of the later waits"),
    key<&Retry::within>("within", wait(86'400'000),
                        "no further try begins later than this after the call came in"),
};

constexpr KeyOf<RetryBudget> k_budget_keys[] = {
    key<&RetryBudget::percent>("budget_percent", Whole{0, 100},
                               "repetitions of all calls together, of a hundred calls"),
    key<&RetryBudget::per_second>("budget_floor", Whole{0, 10'000},
                                  "repetitions a second that are always allowed"),
};

constexpr std::string_view k_wider = "that of `[retry]`";

std::vector<Row> rows_at_provider() {
    auto rows = rows_of<Retry>(k_retry_keys);
    for (Row& row : rows) {
        row.facts.usual = k_wider;
        row.usual = Value();
    }
    return rows;
}

}  // namespace

RetryKeys::RetryKeys(Section& owner, std::string_view key) {
    auto section = owner.table(key);
    if (!section) return;
    for (const auto& one : k_retry_keys) {
        values_.push_back(detail::read_value(*section, one.facts).value_or(Value()));
    }
    section->finish();
    const Retry given = over({});
    check_first(*section, given.first, given.longest);
}

Retry RetryKeys::over(Retry wider) const {
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (!std::holds_alternative<std::monostate>(values_[i]))
            k_retry_keys[i].set(wider, values_[i]);
    }
    return wider;
}

void read_retry(Section& root, Retry& retry, RetryBudget& budget) {
    auto section = root.table("retry");
    if (!section) return;
    read_keys<Retry>(*section, k_retry_keys, retry);
    read_keys<RetryBudget>(*section, k_budget_keys, budget);
    section->finish();
    check_first(*section, retry.first, retry.longest);
}

void write_retry(json::PrettyWriter& writer, const Retry& retry) {
    write_table<Retry>(writer, "retry", k_retry_keys, retry);
}

void write_retries(json::PrettyWriter& writer, const Config& config) {
    writer.key("retry").begin_object();
    write_keys<Retry>(writer, k_retry_keys, config.retry);
    write_keys<RetryBudget>(writer, k_budget_keys, config.retry_budget);
    writer.end_object();
}

void check_first(Section& section, milliseconds first, milliseconds longest) {
    if (!section.has("first") || !section.has("longest") || first <= longest) return;
    if (!section.refused().empty()) return;
    section.report().warning(section.value_at("first"),
                             fmt::format("{} is longer than {}, which counts instead",
                                         section.full("first"), section.full("longest")));
}

std::vector<SectionFacts> retry_sections() {
    auto rows = rows_of<Retry>(k_retry_keys);
    std::ranges::move(rows_of<RetryBudget>(k_budget_keys), std::back_inserter(rows));
    return {{"retry", "`[retry]`", "When a call that failed is tried again", std::move(rows)},
            {"own_retry", "`retry`",
             "When a call that failed is tried again, for a provider or a "
             "route",
             rows_at_provider()}};
}

}  // namespace bellwether::config

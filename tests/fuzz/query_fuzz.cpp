// The query of a report's page: its parts are decoded, and asked for a report of usage.
#include "fuzz.hpp"
#include "http/query.hpp"
#include "report/usage_question.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

constexpr std::int64_t k_now_us = 1'790'000'000'000'000;

void check(const report::UsageWords& words) {
    const auto question = report::parse_usage(words, k_now_us);
    if (!question) {
        require(!question.error().what.empty(), "a refusal says why");
        require(question.error().what.starts_with(question.error().word), "and of which word");
        return;
    }
    require(question->top >= 1 && question->top <= report::k_groups_max, "groups are bounded");
    require(!words.until || question->span.since_us < question->span.until_us,
            "a span ends after it begins");
    require(words.zone.value_or("UTC") == question->zone_name, "the zone is the one asked for");
}

void run(std::string_view text) {
    const Fenced query(text);
    require(http::percent_decoded(query.view()).size() <= query.view().size(),
            "decoding makes nothing longer");
    const auto word = [&](std::string_view name) { return http::query_value(query.view(), name); };
    check({.by = word("by"),
           .since = word("since"),
           .until = word("until"),
           .zone = word("zone"),
           .top = word("top")});
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}

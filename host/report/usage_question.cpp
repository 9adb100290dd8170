#include "report/usage_question.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "report/moment.hpp"

namespace bellwether::report {
namespace {

constexpr std::string_view k_since_default = "30d";
constexpr std::array<std::string_view, 7> k_groupings{"model",    "key",   "user", "team",
                                                      "provider", "route", "day"};

std::unexpected<WordFault> wrong(std::string word, std::string what) {
    return std::unexpected(WordFault{.word = std::move(word), .what = std::move(what)});
}

std::unexpected<WordFault> no_moment(std::string word, std::string_view text) {
    auto what = fmt::format("{} = \"{}\" is no time; write {}", word, text, k_moment_expected);
    return wrong(std::move(word), std::move(what));
}

using Part = std::expected<void, WordFault>;

Part read_by(const UsageWords& words, UsageQuestion& question) {
    if (!words.by) return {};
    const auto by = parse_grouping(*words.by);
    if (!by) {
        return wrong("by", fmt::format("by = \"{}\" is nothing to group by; there are model, key, "
                                       "user, team, provider, route and day",
                                       *words.by));
    }
    question.by = *by;
    return {};
}

Part read_zone(const UsageWords& words, UsageQuestion& question) {
    if (!words.zone) return {};
    const auto zone = calendar::Zone::find(*words.zone);
    if (!zone) {
        return wrong("zone", fmt::format("zone = \"{}\" is no time zone; write its IANA name, such "
                                         "as \"Asia/Bangkok\"",
                                         *words.zone));
    }
    question.zone = *zone;
    question.zone_name = *words.zone;
    return {};
}

Part read_span(const UsageWords& words, std::int64_t now_us, UsageQuestion& question) {
    const std::string since = words.since.value_or(std::string(k_since_default));
    const auto begin = parse_moment(since, now_us, question.zone);
    if (!begin) return no_moment("since", since);
    question.span.since_us = *begin;
    if (!words.until) return {};
    const auto end = parse_moment(*words.until, now_us, question.zone);
    if (!end) return no_moment("until", *words.until);
    if (*end <= *begin) {
        return wrong("until", fmt::format("until = \"{}\" is not after since = \"{}\"",
                                          *words.until, since));
    }
    question.span.until_us = *end;
    return {};
}

Part read_top(const UsageWords& words, UsageQuestion& question) {
    if (!words.top) return {};
    const char* const text_end = words.top->data() + words.top->size();
    std::uint32_t top = 0;
    const auto [end, fault] = std::from_chars(words.top->data(), text_end, top);
    if (fault != std::errc() || end != text_end || top == 0 || top > k_groups_max) {
        return wrong("top", fmt::format("top = \"{}\" is no whole number from 1 to {}", *words.top,
                                        k_groups_max));
    }
    question.top = top;
    return {};
}

}  // namespace

std::string_view to_string(Grouping grouping) {
    return k_groupings[static_cast<std::size_t>(grouping)];
}

std::optional<Grouping> parse_grouping(std::string_view text) {
    const auto found = std::ranges::find(k_groupings, text);
    if (found == k_groupings.end()) return std::nullopt;
    return static_cast<Grouping>(found - k_groupings.begin());
}

std::expected<UsageQuestion, WordFault> parse_usage(const UsageWords& words, std::int64_t now_us) {
    UsageQuestion question;
    auto part = read_by(words, question);
    if (part) part = read_zone(words, question);
    if (part) part = read_span(words, now_us, question);
    if (part) part = read_top(words, question);
    if (!part) return std::unexpected(std::move(part.error()));
    return question;
}

}  // namespace bellwether::report

// How long an upstream wants to be left alone. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/openai_compatible/text.hpp>
#include <bellwether/provider.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bw::openai {

namespace detail {

// No time at all, and none that has passed, is a hint: who asks again at once is refused again.
inline std::optional<std::int64_t> some_wait(std::optional<std::int64_t> ms) {
    return ms && *ms > 0 ? ms : std::nullopt;
}

inline bool is_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// The wait that a header asks for by a number of units. The whole value has to be one decimal
// number: the beginning of "1e9" or of "5, 6" says nothing of what was meant.
inline std::optional<std::int64_t> number_wait_ms(std::string_view text, double unit_ms) {
    const auto point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    if (!is_digits(whole) || (point != text.npos && !is_digits(text.substr(point + 1)))) {
        return std::nullopt;
    }
    if (const auto number = take_number(text)) return some_wait(to_ms(*number, unit_ms));
    // The number has more digits than any double.
    return whole.find_first_not_of('0') == whole.npos ? std::nullopt : std::optional(k_wait_max_ms);
}

// The wait until a date. It is counted from the response's own date, since the two clocks may
// differ.
inline std::optional<std::int64_t> date_wait_ms(std::string_view text, const Head& head,
                                                const Host& host) {
    const std::int64_t now_ms = host.unix_time().count();
    const auto date = read_http_date(text, now_ms / 1000);
    if (!date) return std::nullopt;
    const auto sent = read_http_date(head.header("date"), now_ms / 1000);
    return some_wait(std::min(*date * 1000 - (sent ? *sent * 1000 : now_ms), k_wait_max_ms));
}

}  // namespace detail

// From the headers of a response: retry-after-ms, or else retry-after as seconds or as a date. Of
// several headers of one name the longest wait counts.
inline std::optional<std::int64_t> header_wait_ms(const Head& head, const Host& host) {
    std::optional<std::int64_t> longest;
    for (const std::string_view text : head.headers("retry-after-ms")) {
        longest = std::max(longest, detail::number_wait_ms(text, 1));
    }
    if (longest) return longest;
    for (const std::string_view text : head.headers("retry-after")) {
        longest = std::max(longest, detail::number_wait_ms(text, 1000));
        longest = std::max(longest, detail::date_wait_ms(text, head, host));
    }
    return longest;
}

// From an error's body or words: "retryDelay":"52s", "retry_after": 1.5, "Please try again in 20s".
inline std::optional<std::int64_t> body_wait_ms(std::string_view text) {
    struct Hint {
        std::string_view words;
        double bare_ms;  // what a number without a unit counts
    };
    constexpr Hint k_hints[] = {{"retry_after_ms", 1},  {"retryDelay", 1000},
                                {"retry_after", 1000},  {"retryAfter", 1000},
                                {"try again in", 1000}, {"retry after", 1000},
                                {"retry in", 1000},     {"try again after", 1000}};
    for (const Hint& hint : k_hints) {
        const auto found = detail::find_nocase(text, hint.words);
        if (found == std::string_view::npos) continue;
        std::string_view rest = text.substr(found + hint.words.size());
        const auto skipped = rest.find_first_not_of("\"\\: \t");
        if (skipped == std::string_view::npos || skipped > 8) continue;
        const auto wait = detail::read_duration(rest.substr(skipped), hint.bare_ms);
        if (detail::some_wait(wait)) return wait;
    }
    return std::nullopt;
}

}  // namespace bw::openai

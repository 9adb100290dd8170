// How long an upstream wants to be left alone. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/openai_compatible/text.hpp>
#include <bellwether/provider.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace bw::openai {

namespace detail {

// No time at all, and none that has passed, is a hint: who asks again at once is refused again.
inline std::optional<std::int64_t> some_wait(std::optional<std::int64_t> ms) {
    return ms && *ms > 0 ? ms : std::nullopt;
}

}  // namespace detail

// From the headers of a response: retry-after-ms, or else retry-after as seconds or as a date. A
// date is counted from the response's own, since the two clocks may differ.
inline std::optional<std::int64_t> header_wait_ms(const Head& head, const Host& host) {
    std::string_view text = head.header("retry-after-ms");
    if (const auto number = detail::take_number(text)) {
        if (const auto wait = detail::some_wait(detail::to_ms(*number, 1))) return wait;
    }
    text = head.header("retry-after");
    if (const auto date = detail::read_http_date(text)) {
        const auto sent = detail::read_http_date(head.header("date"));
        const std::int64_t now_ms = sent ? *sent * 1000 : host.unix_time().count();
        return detail::some_wait(*date * 1000 - now_ms);
    }
    if (const auto number = detail::take_number(text)) {
        return detail::some_wait(detail::to_ms(*number, 1000));
    }
    return std::nullopt;
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

// bellwether/http/retry_after.hpp - how long an upstream wants to be left alone, in all the forms
// in which upstreams say it:
//
//   retry-after-ms: 1500                                   OpenAI
//   retry-after: 20, or 1.5, or a date                     HTTP
//   anthropic-ratelimit-tokens-reset: 2026-01-31T12:00:00Z Anthropic
//   "retryDelay":"3.5s"                                    Google's RetryInfo, in the body
//   "retry_after":1.5, "Please try again in 20s"           in the body, or its words
//
// What is given is more than nothing and at most 31 days: a longer wait counts as that, and a hint
// that is no number, or no time at all, is passed over. Of several headers of one name the longest
// wait counts. Pure; any thread.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/http/dates.hpp>
#include <bellwether/http/durations.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bw::v1 {

namespace detail {

using Wait = std::optional<std::chrono::milliseconds>;

// No time at all, and none that has passed, is a hint: who asks again at once is refused again.
inline Wait some_wait(std::optional<std::int64_t> ms) {
    if (!ms || *ms <= 0) return std::nullopt;
    return std::chrono::milliseconds(std::min(*ms, k_wait_max_ms));
}

// The value of a header, by whatever function the caller has for it.
template <typename Headers>
std::string_view value_of(const Headers& headers, std::string_view name) {
    if constexpr (std::is_invocable_v<const Headers&, std::string_view>) {
        return headers(name);
    } else {
        return headers.header(name);
    }
}

template <typename Headers, typename = void>
struct HasSeveral : std::false_type {};
template <typename Headers>
struct HasSeveral<Headers, std::void_t<decltype(std::declval<const Headers&>().headers(
                               std::declval<std::string_view>()))>> : std::true_type {};

// The longest wait of all headers of that name.
template <typename Headers, typename Read>
Wait longest_of(const Headers& headers, std::string_view name, const Read& read) {
    Wait longest;
    if constexpr (HasSeveral<Headers>::value) {
        for (const std::string_view text : headers.headers(name)) {
            longest = std::max(longest, read(text));
        }
    } else {
        longest = read(value_of(headers, name));
    }
    return longest;
}

inline bool is_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), ascii::is_digit);
}

// The wait that a header asks for by a number of units. The whole value has to be one decimal
// number: the beginning of "1e9" or of "5, 6" says nothing of what was meant.
inline Wait number_wait(std::string_view text, double unit_ms) {
    const auto point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    if (!is_digits(whole) || (point != text.npos && !is_digits(text.substr(point + 1)))) {
        return std::nullopt;
    }
    if (const auto number = take_number(text)) return some_wait(to_ms(*number, unit_ms));
    // The number has more digits than any double.
    return whole.find_first_not_of('0') == whole.npos ? std::nullopt : some_wait(k_wait_max_ms);
}

// Of Anthropic's limits, the one that is used up and is the last to be there again; the first of
// all to be there again if none is said to be used up.
template <typename Headers>
Wait wait_of_resets(const Headers& headers, std::int64_t now_ms) {
    std::optional<std::int64_t> used_up;
    std::optional<std::int64_t> first;
    for (const char* const limit : {"requests", "tokens", "input-tokens", "output-tokens"}) {
        const std::string name = std::string("anthropic-ratelimit-") + limit;
        const auto at = read_rfc3339(value_of(headers, name + "-reset"));
        if (!at || !some_wait(*at - now_ms)) continue;
        const std::int64_t wait = *at - now_ms;
        first = std::min(first.value_or(wait), wait);
        if (value_of(headers, name + "-remaining") == "0") {
            used_up = std::max(used_up.value_or(wait), wait);
        }
    }
    return some_wait(used_up ? used_up : first);
}

}  // namespace detail

// From the headers of a response. `headers` gives the value of a header by its name in lower case,
// empty if there is none: a function, or an object with a function `header`, as bw::Head is. `now`
// is the wall clock since 1970; the response's own `date` is taken before it, since the two clocks
// may differ.
template <typename Headers>
std::optional<std::chrono::milliseconds> retry_after_of_headers(const Headers& headers,
                                                                std::chrono::milliseconds now) {
    const auto in_ms = [](std::string_view text) { return detail::number_wait(text, 1); };
    if (const auto wait = detail::longest_of(headers, "retry-after-ms", in_ms)) return wait;
    const std::int64_t now_s = now.count() / 1000;
    const auto sent = detail::read_http_date(detail::value_of(headers, "date"), now_s);
    const std::int64_t now_ms = sent ? *sent * 1000 : now.count();
    const auto in_seconds = [&](std::string_view text) -> detail::Wait {
        const auto date = detail::read_http_date(text, now_s);
        if (date) return detail::some_wait(*date * 1000 - now_ms);
        return detail::number_wait(text, 1000);
    };
    if (const auto wait = detail::longest_of(headers, "retry-after", in_seconds)) return wait;
    return detail::wait_of_resets(headers, now_ms);
}

// From an error's body or words, JSON or not.
inline std::optional<std::chrono::milliseconds> retry_after_of_body(std::string_view text) {
    struct Hint {
        std::string_view words;
        double bare_ms;  // what a number without a unit counts
    };
    constexpr Hint k_hints[] = {{"retry_after_ms", 1},  {"retryDelay", 1000},
                                {"retry_after", 1000},  {"retryAfter", 1000},
                                {"try again in", 1000}, {"retry after", 1000},
                                {"retry in", 1000},     {"try again after", 1000}};
    for (const Hint& hint : k_hints) {
        const auto found = ascii::find_nocase(text, hint.words);
        if (found == std::string_view::npos) continue;
        std::string_view rest = text.substr(found + hint.words.size());
        const auto skipped = rest.find_first_not_of("\"\\: \t");
        if (skipped == std::string_view::npos || skipped > 8) continue;
        const auto wait =
            detail::some_wait(detail::read_duration(rest.substr(skipped), hint.bare_ms));
        if (wait) return wait;
    }
    return std::nullopt;
}

// From the headers, or else from the body.
template <typename Headers>
std::optional<std::chrono::milliseconds> retry_after(const Headers& headers, std::string_view body,
                                                     std::chrono::milliseconds now) {
    const auto wait = retry_after_of_headers(headers, now);
    return wait ? wait : retry_after_of_body(body);
}

}  // namespace bw::v1

// bellwether/http/limit_headers.hpp - what an upstream's response says of its own limits:
//
//   x-ratelimit-limit-requests: 60        OpenAI, and those who copy it
//   x-ratelimit-remaining-requests: 59
//   x-ratelimit-reset-requests: 6m0s      or 12ms, or seconds, or a moment: 2026-01-31T12:00:00Z
//
//   constexpr bw::LimitHeaders k_names[] = {{"requests", "x-limit", "x-remaining", "x-reset"}};
//   bw::tell_limits(attempt, head, k_names, host);      in Call::head
//
// A limit is told if all three headers make sense: some upstreams send a limit of 0 or -1 that has
// no meaning, or no time. Of several headers of one name the last one holds.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/http/dates.hpp>
#include <bellwether/http/durations.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1 {

// A limit by its name in bw_limit, and the headers that tell it, in lower case.
struct LimitHeaders {
    std::string_view name;
    std::string_view limit;
    std::string_view remaining;
    std::string_view reset;
};

// OpenAI's.
inline constexpr LimitHeaders k_limit_headers[] = {
    {"requests", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
     "x-ratelimit-reset-requests"},
    {"tokens", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
     "x-ratelimit-reset-tokens"}};

// The most limits that are read of one response.
inline constexpr std::size_t k_limits_max = 8;

namespace detail {

// A count of at most 18 digits; -1: it is none.
inline std::int64_t read_count(std::string_view text) {
    constexpr std::size_t k_digits_max = 18;
    return text.size() > k_digits_max || text.empty() ? -1 : digits_at(text, 0, text.size());
}

// Takes a number with its unit, such as "3.5h", off the text, and gives milliseconds. The last
// number may have no unit, and counts seconds.
inline std::optional<double> take_time(std::string_view& text) {
    constexpr std::pair<std::string_view, double> k_units[] = {
        {"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}};
    const auto amount = take_number(text);
    if (!amount) return std::nullopt;
    for (const auto& [unit, ms] : k_units) {
        if (text.substr(0, unit.size()) != unit) continue;
        text.remove_prefix(unit.size());
        return *amount * ms;
    }
    return text.empty() ? std::optional(*amount * 1'000) : std::nullopt;
}

}  // namespace detail

// How long it is until a limit is whole again: "12ms", "6m0s", "1h2m3.5s", seconds such as "1.5",
// or a moment as RFC 3339 writes it, counted from `now`, the wall clock since 1970; one that has
// passed is 0. Nothing: the text has another form, or means more than a year.
inline std::optional<std::chrono::milliseconds> read_reset(std::string_view text,
                                                           std::chrono::milliseconds now) {
    constexpr double k_ms_max = 366.0 * 86'400'000;
    double total = 0;
    if (const auto moment = detail::read_rfc3339(text)) {
        total = static_cast<double>(std::max<std::int64_t>(*moment - now.count(), 0));
    } else {
        do {
            const auto part = detail::take_time(text);
            if (!part) return std::nullopt;
            total += *part;
        } while (!text.empty());
    }
    if (!(total <= k_ms_max)) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(total)));
}

// The limits that a response tells, in the order of `names`, a range of LimitHeaders. `now` is a
// function that gives the wall clock. One pass over the headers; where none of them is such a
// header nothing else is done.
template <typename Names, typename Now>
std::vector<Limit> read_limits(const Head& head, const Names& names, const Now& now) {
    struct Said {
        const LimitHeaders* names = nullptr;
        std::string_view limit, remaining, reset;
    };
    std::array<Said, k_limits_max> said = {};
    std::size_t count = 0;
    for (const LimitHeaders& known : names) {
        if (count < k_limits_max) said[count++].names = &known;
    }
    bool any = false;
    head.each([&](std::string_view name, std::string_view value) {
        for (std::size_t i = 0; i < count; ++i) {
            const LimitHeaders& known = *said[i].names;
            if (name == known.limit) any = true, said[i].limit = value;
            if (name == known.remaining) said[i].remaining = value;
            if (name == known.reset) said[i].reset = value;
        }
    });
    std::vector<Limit> limits;
    for (std::size_t i = 0; any && i < count; ++i) {
        const std::int64_t limit = detail::read_count(said[i].limit);
        const std::int64_t remaining = detail::read_count(said[i].remaining);
        if (limit <= 0 || remaining < 0 || said[i].reset.empty()) continue;
        const auto reset = read_reset(said[i].reset, now());
        if (reset) limits.push_back({said[i].names->name, limit, remaining, *reset});
    }
    return limits;
}

// The same, told to the host.
template <typename Names>
void tell_limits(const Attempt& attempt, const Head& head, const Names& names, const Host& host) {
    const auto limits = read_limits(head, names, [&] { return host.unix_time(); });
    if (!limits.empty()) attempt.limits(limits);
}

}  // namespace bw::v1

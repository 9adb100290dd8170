// Durations as upstreams write them. Part of <bellwether/http/retry_after.hpp>.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/json/number.hpp>
#include <bellwether/version.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace bw::v1::detail {

// The longest wait that the host takes from a plugin: 31 days.
constexpr std::int64_t k_wait_max_ms = std::int64_t{31} * 24 * 3600 * 1000;

// A number of units as whole milliseconds. A longer wait than the longest counts as the longest.
inline std::optional<std::int64_t> to_ms(double number, double unit_ms) {
    const double ms = std::ceil(number * unit_ms);
    if (!(ms >= 0)) return std::nullopt;
    if (ms >= static_cast<double>(k_wait_max_ms)) return k_wait_max_ms;
    return static_cast<std::int64_t>(ms);
}

// The decimal number that `text` begins with, taken off it.
inline std::optional<double> take_number(std::string_view& text) {
    double number = 0;
    if (text.empty() || !ascii::is_digit(text.front())) return std::nullopt;
    const auto [end, error] = json::detail::read_real(text.data(), text.data() + text.size(),
                                                      number, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// How many milliseconds a unit of time has, by its name in singular or plural; nothing if the word
// is none.
inline std::optional<double> ms_of_unit(std::string_view word) {
    struct Unit {
        std::string_view name;
        double ms;
    };
    constexpr double k_second = 1000;
    constexpr Unit k_units[] = {{"ms", 1},
                                {"milli", 1},
                                {"millisecond", 1},
                                {"s", k_second},
                                {"sec", k_second},
                                {"second", k_second},
                                {"m", 60 * k_second},
                                {"min", 60 * k_second},
                                {"minute", 60 * k_second},
                                {"h", 3600 * k_second},
                                {"hr", 3600 * k_second},
                                {"hour", 3600 * k_second},
                                {"d", 86'400 * k_second},
                                {"day", 86'400 * k_second}};
    if (word.size() > 2 && ascii::lower(word.back()) == 's') word.remove_suffix(1);
    for (const Unit& unit : k_units) {
        if (ascii::equal_nocase(word, unit.name)) return unit.ms;
    }
    return std::nullopt;
}

inline bool take_space(std::string_view& text) {
    const bool there = !text.empty() && text.front() == ' ';
    if (there) text.remove_prefix(1);
    return there;
}

// The duration that `text` begins with: "20s", "1m30.5s", "350ms", "1 minute 20 seconds", "2d"; a
// number without a unit counts `bare_ms`. What has letters at its end that are no unit, as "1e9"
// has, is no duration.
inline std::optional<std::int64_t> read_duration(std::string_view text, double bare_ms) {
    double total = 0;
    bool any = false;
    bool apart = false;  // a space stands before this number
    while (const auto number = take_number(text)) {
        const bool spaced = take_space(text);
        std::size_t letters = 0;
        while (letters < text.size() && ascii::is_alpha(text[letters])) ++letters;
        const auto unit = ms_of_unit(text.substr(0, letters));
        if (!unit && letters > 0 && !spaced) return std::nullopt;
        if (!unit && apart) break;  // "20s 5 times"
        total += *number * unit.value_or(bare_ms);
        any = true;
        if (!unit) break;
        text.remove_prefix(letters);
        apart = take_space(text);
    }
    return any ? to_ms(total, 1) : std::nullopt;
}

}  // namespace bw::v1::detail

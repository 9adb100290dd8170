// Dates of HTTP and of RFC 3339. Part of <bellwether/http/retry_after.hpp>.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace bw::v1::detail {

// The number that the `length` digits at `at` are; -1 if they are none.
inline std::int64_t digits_at(std::string_view text, std::size_t at, std::size_t length) {
    if (at + length > text.size()) return -1;
    std::int64_t number = 0;
    for (std::size_t i = at; i < at + length; ++i) {
        if (!ascii::is_digit(text[i])) return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

struct DateTime {
    std::int64_t year, month, day, hour, minute, second;  // -1: not readable
};

// Seconds since 1970 of a moment in UTC; nothing if there is no such moment, or it is before that.
// A month has 31 days here, and any minute a leap second.
inline std::optional<std::int64_t> seconds_of(const DateTime& at) {
    if (at.year < 1970 || at.month < 1 || at.month > 12 || at.day < 1 || at.day > 31 ||
        at.hour < 0 || at.hour > 23 || at.minute < 0 || at.minute > 59 || at.second < 0 ||
        at.second > 60) {
        return std::nullopt;
    }
    // Days since 1970 in the Gregorian calendar, with years that begin in March.
    const std::int64_t y = at.month <= 2 ? at.year - 1 : at.year;
    const std::int64_t month = at.month > 2 ? at.month - 3 : at.month + 9;
    const std::int64_t day_of_year = (153 * month + 2) / 5 + at.day - 1;
    const std::int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
    return ((days * 24 + at.hour) * 60 + at.minute) * 60 + at.second;
}

// True if `text` has the form of `pattern`: 'a' stands for a letter, '0' for a digit, '_' for a
// digit or a space, anything else for itself.
inline bool has_form(std::string_view text, std::string_view pattern) {
    return text.size() == pattern.size() &&
           std::equal(text.begin(), text.end(), pattern.begin(), [](char c, char form) {
               if (form == 'a') return ascii::is_alpha(c);
               if (form == '0') return ascii::is_digit(c);
               return form == '_' ? ascii::is_digit(c) || c == ' ' : c == form;
           });
}

// Where the parts of a date stand in its text.
struct DateForm {
    std::string_view pattern;
    std::size_t day;
    std::size_t month;
    std::size_t year;
    std::size_t year_digits;
    std::size_t time;
};

// The year that ends in these two digits and is at most 50 years away.
inline std::int64_t whole_year(std::int64_t two_digits, std::int64_t now) {
    constexpr std::int64_t k_seconds_of_year = 31'556'952;
    const std::int64_t this_year = 1970 + now / k_seconds_of_year;
    const std::int64_t year = this_year - this_year % 100 + two_digits;
    if (year > this_year + 50) return year - 100;
    return year <= this_year - 50 ? year + 100 : year;
}

// Seconds since 1970 of an HTTP date in each of its three forms: "Sun, 06 Nov 1994 08:49:37 GMT",
// "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". `now`, in seconds, is needed for
// a year of two digits.
inline std::optional<std::int64_t> read_http_date(std::string_view text, std::int64_t now) {
    constexpr std::string_view k_months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    constexpr DateForm k_forms[] = {{"aaa, 00 aaa 0000 00:00:00 GMT", 5, 8, 12, 4, 17},
                                    {"aaa, 00-aaa-00 00:00:00 GMT", 5, 8, 12, 2, 15},
                                    {"aaa aaa _0 00:00:00 0000", 8, 4, 20, 4, 11}};
    std::string shortened;  // with a day's name of three letters
    if (const auto comma = text.find(',');
        comma != text.npos && comma > 3 && comma <= 9 &&
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(comma),
                    ascii::is_alpha)) {
        shortened.append(text.substr(0, 3)).append(text.substr(comma));
        text = shortened;
    }
    const auto* const form =
        std::find_if(std::begin(k_forms), std::end(k_forms),
                     [&](const DateForm& one) { return has_form(text, one.pattern); });
    if (form == std::end(k_forms)) return std::nullopt;
    const auto month = k_months.find(text.substr(form->month, 3));
    if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
    const bool spaced = text[form->day] == ' ';
    std::int64_t year = digits_at(text, form->year, form->year_digits);
    if (form->year_digits == 2) year = whole_year(year, now);
    return seconds_of({year, static_cast<std::int64_t>(month / 3) + 1,
                       digits_at(text, form->day + (spaced ? 1 : 0), spaced ? 1 : 2),
                       digits_at(text, form->time, 2), digits_at(text, form->time + 3, 2),
                       digits_at(text, form->time + 6, 2)});
}

// Milliseconds since 1970 of an RFC 3339 date, "2026-01-31T12:00:00.5+07:00"; a finer fraction is
// rounded up.
inline std::optional<std::int64_t> read_rfc3339(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
        text[16] != ':' || (text[10] != ' ' && ascii::lower(text[10]) != 't')) {
        return std::nullopt;
    }
    const auto seconds =
        seconds_of({digits_at(text, 0, 4), digits_at(text, 5, 2), digits_at(text, 8, 2),
                    digits_at(text, 11, 2), digits_at(text, 14, 2), digits_at(text, 17, 2)});
    if (!seconds) return std::nullopt;
    text.remove_prefix(19);
    std::int64_t ms = 0;
    if (text.front() == '.') {
        std::size_t digits = 0;
        bool more = false;
        for (text.remove_prefix(1); !text.empty() && ascii::is_digit(text.front()); ++digits) {
            if (digits < 3) ms = ms * 10 + (text.front() - '0');
            more = more || (digits >= 3 && text.front() != '0');
            text.remove_prefix(1);
        }
        if (digits == 0) return std::nullopt;
        for (; digits < 3; ++digits) ms *= 10;
        ms += more ? 1 : 0;
    }
    std::int64_t offset_minutes = 0;
    if (text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':') {
        const std::int64_t hours = digits_at(text, 1, 2);
        const std::int64_t minutes = digits_at(text, 4, 2);
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
        offset_minutes = (hours * 60 + minutes) * (text[0] == '+' ? 1 : -1);
    } else if (text.size() != 1 || ascii::lower(text[0]) != 'z') {
        return std::nullopt;
    }
    return (*seconds - offset_minutes * 60) * 1000 + ms;
}

}  // namespace bw::v1::detail

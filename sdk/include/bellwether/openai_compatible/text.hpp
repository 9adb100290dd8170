// Text helpers for error messages: comparing, masking keys, excerpts of HTML, durations, the
// nearest name. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/ascii.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bw::openai::detail {

using ascii::is_alnum;
using ascii::is_alpha;
using ascii::is_digit;
using ascii::lower;

inline bool equal_nocase(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

inline std::size_t find_nocase(std::string_view text, std::string_view what, std::size_t from = 0) {
    if (from > text.size()) return std::string_view::npos;
    const auto found =
        std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), what.begin(),
                    what.end(), [](char x, char y) { return lower(x) == lower(y); });
    return found == text.end() && !what.empty() ? std::string_view::npos
                                                : static_cast<std::size_t>(found - text.begin());
}

inline bool contains_nocase(std::string_view text, std::string_view what) {
    return find_nocase(text, what) != std::string_view::npos;
}

// At most `bytes` bytes, cut at a character, with an ellipsis if something is missing.
inline std::string shorten(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string(text);
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    return std::string(text.substr(0, bytes)) + "...";
}

// ---- keys ------------------------------------------------------------------------------------

inline bool is_key_char(char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '*' || c == '.';
}

// True if a credential may begin at `text`: it has the prefix of one, and more.
inline bool has_key_prefix(std::string_view text) {
    for (const std::string_view prefix :
         {"sk-", "sk_", "pk-", "hs-", "hs_", "cr_", "gsk_", "xai-", "hf_", "AIza", "AKIA", "LTAI",
          "ya29.", "eyJ", "r8_", "pplx-", "tgp_"}) {
        if (text.size() >= prefix.size() + 4 && text.substr(0, prefix.size()) == prefix) {
            return true;
        }
    }
    return false;
}

// True if the token may be a credential: it has a vendor's prefix, or a run of letters and digits
// too long for a word.
inline bool looks_like_key(std::string_view token) {
    std::size_t run = 0;
    bool digit = false;
    bool letter = false;
    for (std::size_t at = 0; at < token.size(); ++at) {
        if (!is_alnum(token[at])) {
            run = 0;
            digit = letter = false;
            continue;
        }
        if (run == 0 && has_key_prefix(token.substr(at))) return true;
        ++run;
        digit = digit || is_digit(token[at]);
        letter = letter || is_alpha(token[at]);
        if (run >= 24 && digit && letter) return true;
    }
    return false;
}

// True if the word `token`, with `between` after it, says that a credential follows.
inline bool announces_key(std::string_view token, std::string_view between) {
    if (equal_nocase(token, "bearer")) return true;
    if (between.find_first_of(":='\"`") == std::string_view::npos) return false;
    for (const std::string_view word :
         {"key", "token", "secret", "password", "provided", "authorization"}) {
        if (token.size() >= word.size() &&
            equal_nocase(token.substr(token.size() - word.size()), word)) {
            return true;
        }
    }
    return false;
}

// `text` with everything that may be a credential replaced by "***": upstreams like to quote the
// key that they refuse. Of a long text only the beginning. To be shortened only afterwards: half a
// key no longer looks like one.
inline std::string mask_keys(std::string_view whole) {
    constexpr std::size_t k_bytes_max = 4096;  // more than any message shows
    const std::string kept = shorten(whole, k_bytes_max);
    const std::string_view text(kept);
    constexpr std::string_view k_base64 = "+/=~";  // within a key, but not where one begins
    std::string out;
    bool announced = false;  // the words before say that a key follows
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_key_char(text[end])) ++end;
        const std::string_view token = text.substr(at, end - at);
        std::size_t wide_end = end;
        while (!token.empty() && wide_end < text.size() &&
               (is_key_char(text[wide_end]) || k_base64.find(text[wide_end]) != k_base64.npos)) {
            ++wide_end;
        }
        const std::string_view wide = text.substr(at, wide_end - at);
        const bool masked =
            looks_like_key(token) ||
            (announced && wide.size() >= 8 && wide.find_first_of("0123456789*") != wide.npos);
        if (masked) end = wide_end;
        out += masked ? std::string_view("***") : token;
        if (masked && wide.back() == '.') out += '.';
        at = end;
        while (at < text.size() && !is_key_char(text[at])) ++at;
        const std::string_view between = text.substr(end, at - end);
        announced = announces_key(token, between);
        out += between;
    }
    return out;
}

// ---- HTML ------------------------------------------------------------------------------------

// The first words of a body that is no JSON: without tags, scripts, runs of white space and
// anything that may be a credential.
inline std::string excerpt(std::string_view body) {
    constexpr std::size_t k_bytes = 160;
    constexpr std::size_t k_bytes_read = 2048;  // so that a key is seen whole
    std::string out;
    bool space = false;
    for (std::size_t at = 0; at < body.size() && out.size() < k_bytes_read; ++at) {
        const char c = body[at];
        if (c == '<') {
            std::size_t end = body.find('>', at);
            for (const std::string_view hidden : {"script", "style"}) {
                if (!equal_nocase(body.substr(at + 1, hidden.size()), hidden)) continue;
                const auto close = find_nocase(body, "</" + std::string(hidden), at);
                end = close == std::string_view::npos ? close : body.find('>', close);
            }
            if (end == std::string_view::npos) break;
            at = end;
            space = true;
        } else if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
            space = true;
        } else {
            if (space && !out.empty()) out += ' ';
            space = false;
            out += c;
        }
    }
    return shorten(mask_keys(out), k_bytes);
}

// ---- durations -------------------------------------------------------------------------------

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
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    const auto [end, error] = json::detail::read_real(text.data(), text.data() + text.size(),
                                                      number, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// The duration that `text` begins with: "20s", "1m30.5s", "350ms", "20 seconds"; a number without a
// unit counts `bare_ms` each.
inline std::optional<std::int64_t> read_duration(std::string_view text, double bare_ms) {
    double total = 0;
    bool any = false;
    while (const auto number = take_number(text)) {
        if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
        std::size_t letters = 0;
        while (letters < text.size() && is_alpha(text[letters])) ++letters;
        const std::string_view unit = text.substr(0, letters);
        double scale = bare_ms;
        if (unit == "ms" || equal_nocase(unit.substr(0, 5), "milli")) {
            scale = 1;
        } else if (!unit.empty() && lower(unit.front()) == 's') {
            scale = 1000;
        } else if (!unit.empty() && lower(unit.front()) == 'm') {
            scale = 60'000;
        } else if (!unit.empty() && lower(unit.front()) == 'h') {
            scale = 3'600'000;
        }
        total += *number * scale;
        any = true;
        text.remove_prefix(letters);
    }
    return any ? to_ms(total, 1) : std::nullopt;
}

// ---- dates -----------------------------------------------------------------------------------

// True if `text` has the form of `pattern`: 'a' stands for a letter, '0' for a digit, '_' for a
// digit or a space, anything else for itself.
inline bool has_form(std::string_view text, std::string_view pattern) {
    return text.size() == pattern.size() &&
           std::equal(text.begin(), text.end(), pattern.begin(), [](char c, char form) {
               if (form == 'a') return is_alpha(c);
               if (form == '0') return is_digit(c);
               return form == '_' ? is_digit(c) || c == ' ' : c == form;
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
// "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". `now` is needed for a year of
// two digits.
inline std::optional<std::int64_t> read_http_date(std::string_view text, std::int64_t now) {
    constexpr std::string_view k_months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    constexpr DateForm k_forms[] = {{"aaa, 00 aaa 0000 00:00:00 GMT", 5, 8, 12, 4, 17},
                                    {"aaa, 00-aaa-00 00:00:00 GMT", 5, 8, 12, 2, 15},
                                    {"aaa aaa _0 00:00:00 0000", 8, 4, 20, 4, 11}};
    std::string shortened;  // with a day's name of three letters
    if (const auto comma = text.find(',');
        comma != text.npos && comma > 3 && comma <= 9 &&
        std::all_of(text.begin(), text.begin() + comma, is_alpha)) {
        shortened.append(text.substr(0, 3)).append(text.substr(comma));
        text = shortened;
    }
    const auto* const form =
        std::find_if(std::begin(k_forms), std::end(k_forms),
                     [&](const DateForm& one) { return has_form(text, one.pattern); });
    if (form == std::end(k_forms)) return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t length) {
        std::int64_t value = 0;
        for (const char c : text.substr(at, length)) value = value * 10 + (c == ' ' ? 0 : c - '0');
        return value;
    };
    const auto month = k_months.find(text.substr(form->month, 3));
    const std::int64_t day = number(form->day, 2);
    std::int64_t year = number(form->year, form->year_digits);
    if (form->year_digits == 2) year = whole_year(year, now);
    const std::int64_t hour = number(form->time, 2);
    const std::int64_t minute = number(form->time + 3, 2);
    const std::int64_t second = number(form->time + 6, 2);
    if (month == std::string_view::npos || month % 3 != 0 || day < 1 || day > 31 || year < 1970 ||
        hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    // Days since 1970 in the Gregorian calendar, with years that begin in March.
    const auto m = static_cast<std::int64_t>(month / 3) + 1;
    const std::int64_t y = m <= 2 ? year - 1 : year;
    const std::int64_t day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + day - 1;
    const std::int64_t days = y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

// ---- names -----------------------------------------------------------------------------------

inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace bw::openai::detail

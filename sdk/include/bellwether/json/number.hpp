// Decimal fractions as text, with every standard library: libc++ before 20 has no std::from_chars
// for them. Part of <bellwether/json.hpp>.
#pragma once

#include <bellwether/version.hpp>

#include <charconv>
#include <string>
#include <system_error>

#if !defined(__cpp_lib_to_chars)
#include <locale.h>
#include <stdlib.h>
#include <cmath>
#include <type_traits>
#endif

namespace bw::v1::json::detail {

#if defined(__cpp_lib_to_chars)

template <typename Real>
std::from_chars_result read_real(const char* first, const char* last, Real& value,
                                 std::chars_format format = std::chars_format::general) {
    return std::from_chars(first, last, value, format);
}

#else

inline const char* skip_decimals(const char* at, const char* last) {
    while (at != last && *at >= '0' && *at <= '9') ++at;
    return at;
}

// Where the number that begins at `first` ends; `first` if there is none.
inline const char* skip_real(const char* first, const char* last, bool exponent) {
    const char* const digits = first != last && *first == '-' ? first + 1 : first;
    const char* at = skip_decimals(digits, last);
    bool any = at != digits;
    if (at != last && *at == '.') {
        const char* const fraction = at + 1;
        const char* const end = skip_decimals(fraction, last);
        if (any || end != fraction) at = end;
        any = any || end != fraction;
    }
    if (!any) return first;
    if (!exponent || at == last || (*at != 'e' && *at != 'E')) return at;
    const char* power = at + 1;
    if (power != last && (*power == '+' || *power == '-')) ++power;
    const char* const end = skip_decimals(power, last);
    return end == power ? at : end;
}

// The same result, by the C library; whatever the process's locale, a point is a point.
template <typename Real>
std::from_chars_result read_real(const char* first, const char* last, Real& value,
                                 std::chars_format format = std::chars_format::general) {
    static const locale_t plain = newlocale(LC_ALL_MASK, "C", nullptr);
    const char* const end = skip_real(first, last, format != std::chars_format::fixed);
    if (end == first) return {first, std::errc::invalid_argument};
    const std::string text(first, end);
    Real read = 0;
    if constexpr (std::is_same_v<Real, float>) {
        read = strtof_l(text.c_str(), nullptr, plain);
    } else {
        read = strtod_l(text.c_str(), nullptr, plain);
    }
    const bool names_zero = text.find_first_of("123456789") >= text.find_first_of("eE");
    if (!std::isfinite(read) || (read == 0 && !names_zero)) {
        return {end, std::errc::result_out_of_range};
    }
    value = read;
    return {end, std::errc()};
}

#endif

}  // namespace bw::v1::json::detail

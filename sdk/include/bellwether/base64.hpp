// Base64 (RFC 4648, 4).
#pragma once

#include <bellwether/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bw::v1::base64 {

inline constexpr std::string_view k_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out += k <= count ? k_digits[group >> (18 - 6 * k) & 63] : '=';
        }
    }
    return out;
}

namespace detail {

// What each byte stands for; 64: nothing. Whole files are decoded while a loop waits.
constexpr std::array<std::uint8_t, 256> digit_values() {
    std::array<std::uint8_t, 256> values{};
    for (auto& value : values) value = 64;
    for (std::size_t i = 0; i < k_digits.size(); ++i) {
        values[static_cast<unsigned char>(k_digits[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}
inline constexpr auto k_digit_values = digit_values();

}  // namespace detail

// Nothing if the text is not base64 to its last character. The padding may be left out.
inline std::optional<std::string> decode(std::string_view text) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out(text.size() / 4 * 3 + 3, '\0');  // with room for a last group that is whole
    char* to = out.data();
    std::uint32_t all = 0;  // of the digits, or'd: a character that is none sets a bit beyond them
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t group = 0;
        for (std::size_t k = i; k < i + 4; ++k) {
            const char c = k < text.size() ? text[k] : 'A';
            const std::uint32_t digit = detail::k_digit_values[static_cast<unsigned char>(c)];
            all |= digit;
            group = group << 6 | (digit & 63);
        }
        *to++ = static_cast<char>(group >> 16 & 0xFF);
        *to++ = static_cast<char>(group >> 8 & 0xFF);
        *to++ = static_cast<char>(group & 0xFF);
    }
    if (all > 63) return std::nullopt;
    out.resize(text.size() * 3 / 4);
    return out;
}

}  // namespace bw::v1::base64

// Parses numbers with a unit, "30s" and "32MiB", and addresses, "127.0.0.1:4141". Pure.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bellwether::config {

struct QuantityUnit {
    std::string_view name;
    std::uint64_t factor;
};

inline constexpr QuantityUnit k_duration_units[] = {
    {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
inline constexpr QuantityUnit k_day_units[] = {{"h", 3'600'000}, {"d", 86'400'000}};
inline constexpr QuantityUnit k_size_units[] = {
    {"B", 1},          {"KB", 1'000},     {"MB", 1'000'000}, {"GB", 1'000'000'000},
    {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};

// What is measured, and in which units.
struct Scale {
    std::string_view kind;  // as messages call it
    std::span<const QuantityUnit> units;
};
inline constexpr Scale k_duration{"duration", k_duration_units};
inline constexpr Scale k_days{"duration", k_day_units};
inline constexpr Scale k_size{"size", k_size_units};

// Which amounts of a measure a key accepts.
struct Quantity {
    Scale measure;
    std::string_view example;  // shown as what to expect
    std::string_view unit;     // the one that a bare number most likely meant
    std::uint64_t min = 0;
    std::uint64_t max = 0;
    std::string_view none = {};  // the word for 0, no limit; empty: there is no such word
};

// The number that the whole text is; nothing: it is none, or out of the range of the type.
template <std::integral Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Write an amount in the largest unit that gives a whole number.
std::string quantity_text(std::uint64_t amount, std::span<const QuantityUnit> units);
std::string duration_text(std::chrono::milliseconds time);
std::string text_of(std::uint64_t amount, const Quantity& quantity);
std::string range_of(const Quantity& quantity);  // `"1s" to "1h", or "none"`

enum class QuantityFault { malformed, without_unit, too_large };

// Parses a whole number and one of the units, with nothing between them, into their product.
std::expected<std::uint64_t, QuantityFault> parse_quantity(std::string_view text,
                                                           std::span<const QuantityUnit> units);

struct Endpoint {
    std::string host;  // an IP address; IPv6 without brackets
    std::uint16_t port = 0;
    bool loopback = true;  // reached from this machine only
};

struct EndpointFault {
    std::string what;  // continues a sentence that begins with the text
    std::string expected;
    std::string hint;
};

// "host:port" or "[v6]:port".
std::expected<Endpoint, EndpointFault> parse_endpoint(std::string_view text);

// Whether an IP address, in any spelling, is reached from this machine only.
bool is_loopback(const std::string& host);

}  // namespace bellwether::config

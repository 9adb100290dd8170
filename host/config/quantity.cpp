#include "config/quantity.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "config/letters.hpp"

namespace bellwether::config {
namespace {

enum class AddressReach { none, loopback, beyond };  // none: not an address

AddressReach reach_of(const std::string& host, bool bracketed) {
    in_addr v4{};
    in6_addr v6{};
    if (bracketed) {
        if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return AddressReach::none;
        return IN6_IS_ADDR_LOOPBACK(&v6) ? AddressReach::loopback : AddressReach::beyond;
    }
    if (inet_pton(AF_INET, host.c_str(), &v4) != 1) return AddressReach::none;
    return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET ? AddressReach::loopback
                                                      : AddressReach::beyond;
}

std::unexpected<EndpointFault> malformed(std::string what, std::string hint = {}) {
    return std::unexpected(EndpointFault{
        std::move(what), R"("host:port", for example "127.0.0.1:4141" or "[::1]:4141")",
        std::move(hint)});
}

struct Halves {
    std::string host;
    std::string_view port;
    bool bracketed = false;
};

std::expected<Halves, EndpointFault> halve(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == text.npos && !text.empty() && std::ranges::all_of(text, is_digit)) {
        return malformed("is a port alone",
                         "did you mean \"127.0.0.1:" + std::string(text) + "\"?");
    }
    if (colon == text.npos || colon == 0) return malformed("is not a host and a port");
    const std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        return Halves{std::string(host.substr(1, host.size() - 2)), text.substr(colon + 1), true};
    }
    if (host.find(':') != host.npos) {
        return malformed("is not a host and a port", "an IPv6 address stands in brackets");
    }
    return Halves{std::string(host), text.substr(colon + 1)};
}

}  // namespace

std::string quantity_text(std::uint64_t amount, std::span<const QuantityUnit> units) {
    const QuantityUnit* best = &units.front();
    for (const auto& unit : units) {
        if (amount % unit.factor == 0 && unit.factor > best->factor) best = &unit;
    }
    return fmt::format("{}{}", amount / best->factor, best->name);
}

std::string duration_text(std::chrono::milliseconds time) {
    if (time.count() == 0) return "0s";  // a whole number of every unit
    return quantity_text(static_cast<std::uint64_t>(time.count()), k_duration_units);
}

std::string text_of(std::uint64_t amount, const Quantity& quantity) {
    if (amount != 0) return quantity_text(amount, quantity.measure.units);
    return quantity.none.empty() ? fmt::format("0{}", quantity.unit) : std::string(quantity.none);
}

std::string range_of(const Quantity& quantity) {
    const bool none = !quantity.none.empty();
    const auto bound = [&](std::uint64_t amount) {
        return amount == 0 ? fmt::format("0{}", quantity.unit)
                           : quantity_text(amount, quantity.measure.units);
    };
    return fmt::format("\"{}\" to \"{}\"{}", bound(quantity.min), bound(quantity.max),
                       none ? fmt::format(", or \"{}\"", quantity.none) : "");
}

std::expected<std::uint64_t, QuantityFault> parse_quantity(std::string_view text,
                                                           std::span<const QuantityUnit> units) {
    const auto digits =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    if (digits == 0) return std::unexpected(QuantityFault::malformed);
    if (digits == text.size()) return std::unexpected(QuantityFault::without_unit);
    const auto unit = std::ranges::find(units, text.substr(digits), &QuantityUnit::name);
    if (unit == units.end()) return std::unexpected(QuantityFault::malformed);
    const auto number = whole_number<std::uint64_t>(text.substr(0, digits));
    if (!number || *number > std::numeric_limits<std::uint64_t>::max() / unit->factor) {
        return std::unexpected(QuantityFault::too_large);
    }
    return *number * unit->factor;
}

std::expected<Endpoint, EndpointFault> parse_endpoint(std::string_view text) {
    auto halves = halve(text);
    if (!halves) return std::unexpected(halves.error());
    const auto port = whole_number<std::uint16_t>(halves->port);
    if (!port) return malformed("has no valid port");
    if (halves->host == "localhost") return Endpoint{"127.0.0.1", *port};
    const AddressReach reach = reach_of(halves->host, halves->bracketed);
    if (reach == AddressReach::none)
        return malformed("does not begin with an IP address or localhost");
    return Endpoint{std::move(halves->host), *port, reach == AddressReach::loopback};
}

bool is_loopback(const std::string& host) {
    return reach_of(host, host.find(':') != host.npos) == AddressReach::loopback;
}

}  // namespace bellwether::config

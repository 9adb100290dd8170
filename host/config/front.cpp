// The keys of [server] that limit what clients may take.
#include <fmt/format.h>

#include <algorithm>

#include "config/origin.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

constexpr std::int64_t k_connections_max = 1'000'000;

constexpr QuantityRule k_timeout{.kind = "duration",
                                 .example = R"("500ms", "30s" or "10m")",
                                 .units = k_duration_units,
                                 .unit = "s",
                                 .min = 100,
                                 .max = 3'600'000,
                                 .range = R"("100ms" to "1h")"};

constexpr QuantityRule k_head{.kind = "size",
                              .example = R"("8KiB" or "64KiB")",
                              .units = k_size_units,
                              .unit = "KiB",
                              .min = 1u << 10,
                              .max = 1u << 20,
                              .range = R"("1KiB" to "1MiB")"};

constexpr QuantityRule k_rate{.kind = "size",
                              .example = R"("512B" or "4KiB")",
                              .units = k_size_units,
                              .unit = "B",
                              .min = 1,
                              .max = 1u << 30,
                              .range = R"("1B" to "1GiB")"};

void read_timeout(Section& section, std::string_view key, milliseconds& limit) {
    if (const auto given = section.quantity(key, k_timeout)) limit = milliseconds(*given);
}

void read_size(Section& section, std::string_view key, const QuantityRule& rule,
               std::size_t& limit) {
    if (const auto given = section.quantity(key, rule)) limit = *given;
}

void read_count(Section& section, std::string_view key, std::int64_t min, std::int64_t max,
                std::size_t& limit) {
    if (const auto given = section.integer(key, min, max)) limit = static_cast<std::size_t>(*given);
}

// Letters, digits, hyphens and underscores, in parts; no port, which a client may name or not.
bool is_host_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= 253 && !name.starts_with('.') && !name.ends_with('.') &&
           name.find("..") == name.npos && std::ranges::all_of(name, fits);
}

void read_hosts(Section& section, Front& front) {
    for (Text& name : section.texts("hosts")) {
        std::ranges::transform(name.value, name.value.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        });
        if (is_host_name(name.value)) {
            front.hosts.push_back(std::move(name.value));
        } else {
            section.report().error(
                name.at,
                fmt::format("server.hosts has {}, which is no host name", in_quotes(name.value)),
                R"(a name without scheme and port, for example "gateway.example.com")");
        }
    }
}

// "*" is any page of anybody.
void read_cors_origins(Section& section, Front& front) {
    for (const Text& given : section.texts("cors_origins")) {
        auto origin = given.value == "*" ? std::expected<std::string, std::string>("*")
                                         : parse_origin(given.value);
        if (origin) {
            front.cors_origins.push_back(*std::move(origin));
        } else {
            section.report().error(
                given.at,
                fmt::format("server.cors_origins has {}, which {}", in_quotes(given.value),
                            origin.error()),
                R"(an origin such as "https://app.example" or "http://localhost:3000", or "*")");
        }
    }
}

}  // namespace

void read_front(Section& section, Front& front) {
    read_size(section, "max_request_line", k_head, front.request_line_bytes_max);
    read_size(section, "max_headers", k_head, front.header_bytes_max);
    read_count(section, "max_header_count", 8, 10'000, front.header_count_max);
    read_count(section, "max_inflate_ratio", 1, 1'000, front.inflate_ratio_max);
    read_timeout(section, "header_timeout", front.header_timeout);
    read_timeout(section, "body_timeout", front.body_timeout);
    read_size(section, "min_body_rate", k_rate, front.body_rate_min);
    read_timeout(section, "idle_timeout", front.idle_timeout);
    read_timeout(section, "write_timeout", front.write_timeout);
    read_count(section, "max_connections", 1, k_connections_max, front.connections_max);
    read_count(section, "max_connections_per_client", 1, k_connections_max,
               front.connections_per_client_max);
    read_hosts(section, front);
    read_cors_origins(section, front);
}

}  // namespace bw::config

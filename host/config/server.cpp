// [server] and [log].
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>

#include "config/sections.hpp"

namespace bw::config {
namespace {

constexpr unsigned k_workers_max = 256;
constexpr std::int64_t k_default_tokens_max = 10'000'000;

constexpr QuantityRule k_max_body{.kind = "size",
                                  .example = R"("512KiB", "32MiB" or "1GiB")",
                                  .units = k_size_units,
                                  .unit = "MiB",
                                  .min = 1u << 10,
                                  .max = 1u << 30,
                                  .range = R"("1KiB" to "1GiB")"};

constexpr QuantityRule k_max_bodies{.kind = "size",
                                    .example = R"("256MiB" or "4GiB")",
                                    .units = k_size_units,
                                    .unit = "MiB",
                                    .min = 1u << 10,
                                    .max = std::uint64_t{1} << 40,
                                    .range = R"("1KiB" to "1024GiB")"};

constexpr QuantityRule k_drain{.kind = "duration",
                               .example = R"("500ms", "30s" or "10m")",
                               .units = k_duration_units,
                               .unit = "s",
                               .min = 0,
                               .max = 3'600'000,
                               .range = R"("0s" to "1h")"};

constexpr QuantityRule k_heartbeat{.kind = "duration",
                                   .example = R"("15s", "1m" or "none")",
                                   .units = k_duration_units,
                                   .unit = "s",
                                   .min = 100,
                                   .max = 3'600'000,
                                   .range = R"("100ms" to "1h", or "none")",
                                   .none = "none"};

// In the order of the enumerators.
const std::string k_levels[] = {"debug", "info", "warn", "error"};
const std::string k_formats[] = {"auto", "text", "json"};

void read_listen(Section& section, bool keys, Server& server) {
    const auto given = section.text("listen");
    if (!given) return;
    auto endpoint = parse_endpoint(given->value);
    if (!endpoint) {
        const auto& fault = endpoint.error();
        return section.report().error(
            given->at, fmt::format("server.listen = {} {}", in_quotes(given->value), fault.what),
            fault.expected, fault.hint);
    }
    if (!endpoint->loopback && !keys) {
        return section.report().error(
            given->at,
            fmt::format("server.listen = {} can be reached from other machines, and there are no "
                        "client keys to keep strangers out",
                        in_quotes(given->value)),
            R"(a loopback address such as "127.0.0.1:4141", or [[keys]])",
            "make a key with `bellwether key new NAME`");
    }
    server.host = std::move(endpoint->host);
    server.port = endpoint->port;
}

void read_workers(Section& section, Server& server) {
    const toml::node* node = section.find("workers");
    if (node == nullptr) return;
    const std::string expected = fmt::format("\"auto\" or 1 to {}", k_workers_max);
    const auto* text = node->as_string();
    const auto* number = node->as_integer();
    if (text != nullptr && text->get() == "auto") {
        server.workers = 0;
    } else if (number != nullptr && number->get() >= 1 && number->get() <= k_workers_max) {
        server.workers = static_cast<unsigned>(number->get());
    } else if (number != nullptr) {
        section.report().error(position_of(*node),
                               fmt::format("server.workers = {} is out of range", number->get()),
                               expected);
    } else if (text != nullptr) {
        section.report().error(
            position_of(*node),
            fmt::format("server.workers = {} is unknown", in_quotes(text->get())), expected);
    } else {
        section.wrong_type("server.workers", *node, expected);
    }
}

// Headers that mean something else; of some the value must never stand in a log or a ledger.
constexpr std::string_view k_taken_headers[] = {
    "authorization", "connection", "content-length",      "content-type",      "cookie",
    "expect",        "host",       "proxy-authorization", "transfer-encoding", "x-api-key"};

void read_user_header(Section& section, Server& server) {
    constexpr std::size_t k_bytes_max = 64;
    auto given = section.text("user_header");
    if (!given) return;
    std::string name = given->value;
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (name.size() > k_bytes_max || !std::ranges::all_of(name, fits)) {
        return section.report().error(
            given->at,
            fmt::format("server.user_header = {} is no name of a header", in_quotes(given->value)),
            R"(letters, digits, "-" and "_", for example "x-openwebui-user-id")");
    }
    if (std::ranges::find(k_taken_headers, name) != std::end(k_taken_headers)) {
        return section.report().error(
            given->at,
            fmt::format("server.user_header = {} is a header that means something else",
                        in_quotes(given->value)),
            R"(one that names users, for example "x-openwebui-user-id")");
    }
    server.user_header = std::move(name);
}

}  // namespace

void read_server(Section& root, bool keys, Server& server) {
    auto section = root.table("server");
    if (!section) return;
    read_listen(*section, keys, server);
    read_workers(*section, server);
    if (const auto bytes = section->quantity("max_body", k_max_body))
        server.max_body_bytes = *bytes;
    if (const auto bytes = section->quantity("max_bodies", k_max_bodies)) {
        server.bodies_bytes_max = *bytes;
    }
    if (const auto wait = section->quantity("drain", k_drain)) server.drain = milliseconds(*wait);
    if (const auto silence = section->quantity("heartbeat", k_heartbeat)) {
        server.heartbeat = milliseconds(*silence);
    }
    if (const auto cost = section->flag("cost_in_body")) server.cost_in_body = *cost;
    if (const auto action = read_on_disconnect(*section)) server.on_disconnect = *action;
    if (const auto most = section->integer("default_max_tokens", 1, k_default_tokens_max)) {
        server.default_max_tokens = *most;
    }
    if (const auto most = section->integer("default_context", 1, k_default_tokens_max)) {
        server.default_context = *most;
    }
    read_user_header(*section, server);
    read_front(*section, server.front);
    section->finish();
}

void read_log(Section& root, Log& log) {
    auto section = root.table("log");
    if (!section) return;
    if (const auto level = section->choice("level", k_levels)) {
        log.level = static_cast<LogLevel>(*level);
    }
    if (const auto format = section->choice("format", k_formats)) {
        log.format = static_cast<LogFormat>(*format);
    }
    log.access = section->flag("access").value_or(log.access);
    section->finish();
}

}  // namespace bw::config

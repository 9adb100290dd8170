// [server], [admin] and [log].
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>
#include <thread>

#include "config/header.hpp"
#include "config/names.hpp"
#include "config/sections.hpp"
#include "config/url.hpp"

namespace bellwether::config {
namespace {

constexpr std::int64_t k_default_tokens_max = 10'000'000;
constexpr std::int64_t k_connections_max = 1'000'000;

constexpr Worded k_user_header{"name of a header", k_text.schema, {.bytes = k_header_bytes_max}};

constexpr Quantity bytes(std::string_view example, std::string_view unit, std::uint64_t min,
                         std::uint64_t max) {
    return {k_size, example, unit, min, max};
}
constexpr Quantity k_head = bytes(R"("8KiB" or "64KiB")", "KiB", 1u << 10, 1u << 20);

constexpr Quantity client_time(std::uint64_t min) {
    return {k_duration, R"("500ms", "30s" or "10m")", "s", min, 3'600'000};
}
constexpr Quantity k_patience = client_time(100);
constexpr Quantity k_heartbeat{k_duration, R"("15s", "1m" or "none")", "s", 100, 3'600'000, "none"};

constexpr Quantity k_drain_streams{k_duration, R"("30s", "10m" or "1h")", "s", 0, 86'400'000};
constexpr Quantity k_reload_drain{k_duration, R"("30s", "1h" or "none")", "s", 1'000, 86'400'000,
                                  "none"};

void read_listen(Section& section, std::string_view key, Server& server) {
    const auto given = section.text(key);
    if (!given) return;
    auto endpoint = parse_endpoint(given->value);
    if (!endpoint) {
        const auto& fault = endpoint.error();
        return section.error(given->at, key,
                             fmt::format("= {} {}", in_quotes(given->value), fault.what),
                             fault.expected, fault.hint);
    }
    if (!endpoint->loopback && !section.around().has_keys) {
        return section.error(
            given->at, key,
            fmt::format("= {} can be reached from other machines, and there are no client keys to "
                        "keep strangers out",
                        in_quotes(given->value)),
            R"(a loopback address such as "127.0.0.1:4141", or [[keys]])",
            "make a key with `bellwether key new NAME`");
    }
    server.host = std::move(endpoint->host);
    server.port = endpoint->port;
}

std::string endpoint(const std::string& host, std::uint16_t port) {
    const bool v6 = host.find(':') != host.npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

Value listen_of(const Server& server) { return endpoint(server.host, server.port); }

void read_user_header(Section& section, std::string_view key, Server& server) {
    const auto given = section.text(key);
    if (!given) return;
    std::string name = lower(given->value);
    const std::string subject = fmt::format("= {} is ", in_quotes(given->value));
    if (!is_header_name(name)) {
        return section.error(given->at, key, subject + "no name of a header",
                             R"(letters, digits, "-" and "_", for example "x-openwebui-user-id")");
    }
    if (is_taken_header(name)) {
        return section.error(given->at, key, subject + "a header that means something else",
                             R"(one that names users, for example "x-openwebui-user-id")");
    }
    server.user_header = std::move(name);
}

// Whether the text is a host name without a port: a client may send the port or leave it out.
bool is_host_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && !name.starts_with('.') && !name.ends_with('.') &&
           name.find("..") == name.npos && is_made_of(name, "-_.");
}

void read_hosts(Section& section, std::string_view key, Server& server) {
    for (const Text& given : section.texts(key)) {
        std::string name = lower(given.value);
        if (is_host_name(name)) {
            server.front.hosts.push_back(std::move(name));
        } else {
            section.error(given.at, key,
                          fmt::format("has {}, which is no host name", in_quotes(name)),
                          R"(a name without scheme and port, for example "gateway.example.com")");
        }
    }
}

// "*" allows every web page of every origin.
void read_cors_origins(Section& section, std::string_view key, Server& server) {
    for (const Text& given : section.texts(key)) {
        auto origin = given.value == "*" ? std::expected<std::string, std::string>("*")
                                         : parse_origin(given.value);
        if (origin) {
            server.front.cors_origins.push_back(*std::move(origin));
        } else {
            section.error(
                given.at, key,
                fmt::format("has {}, which {}", in_quotes(given.value), origin.error()),
                R"(an origin such as "https://app.example" or "http://localhost:3000", or "*")");
        }
    }
}

constexpr KeyOf<Server> drain_streams_key() {
    auto made = key<&Server::drain_streams>("drain_streams", k_drain_streams,
                                            "the same of streams, if they may take longer",
                                            "that of `drain`");
    made.get = [](const Server& server) {
        return Value(std::int64_t{server.drain_streams.value_or(server.drain).count()});
    };
    return made;
}

constexpr auto k_front = &Server::front;

constexpr KeyOf<Server> k_server_keys[] = {
    key<Server>("listen", Worded{R"(`"host:port"`)", R"("type": "string")"},
                "the address that clients call: an IPv4 address, an IPv6 address in brackets, or "
                "`localhost`",
                read_listen, listen_of),
    until_restart(
        key<&Server::workers>("workers", Whole{1, 256, "auto"},
                              R"(threads, each with its own event loop; `"auto"`: one a core)")),
    key<&Server::max_body_bytes>("max_body",
                                 bytes(R"("512KiB", "32MiB" or "1GiB")", "MiB", 1u << 10, 1u << 30),
                                 "larger requests are refused"),
    key<&Server::bodies_bytes_max>(
        "max_bodies", bytes(R"("256MiB" or "4GiB")", "MiB", 1u << 10, std::uint64_t{1} << 40),
        "what the bodies of all requests may take together, of all workers, from their head until "
        "they are answered"),
    key<&Server::shutdown_grace>("shutdown_grace", client_time(0),
                                 "how long a stop goes on taking calls while `/health/readiness` "
                                 "answers 503 already"),
    key<&Server::drain>("drain", client_time(0), "how long a stop waits for the calls in flight"),
    drain_streams_key(),
    key<&Server::reload_drain>("reload_drain", k_reload_drain,
                               "how long calls may go on under the config that they began with, "
                               "after a reload; then they end with `config_replaced`"),
    key<&Server::watch>("watch", Flag{},
                        "`true`: reloads when a file of the config or of a plugin has changed"),
    key<&Server::heartbeat>("heartbeat", k_heartbeat, "the longest silence on a client's stream"),
    key<&Server::cost_in_body>("cost_in_body", Flag{},
                               "every client that gets a usage gets `usage.cost` in it"),
    on_disconnect_key<Server>(),
    key<&Server::default_max_tokens>("default_max_tokens", Whole{1, k_default_tokens_max},
                                     "what a call is taken to generate at most, if it does not say "
                                     "and the plugin does not know its model's limit"),
    key<&Server::default_context>("default_context", Whole{1, k_default_tokens_max},
                                  "what a prompt is taken to be at most that names a video or a "
                                  "file, whose size nobody knows, if the plugin does not know its "
                                  "model's context"),
    key<&Server::user_header>("user_header", k_user_header,
                              "a request header that names the call's user", read_user_header,
                              "none"),
    key<k_front, &Front::request_line_bytes_max>("max_request_line", k_head,
                                                 "method, target and version"),
    key<k_front, &Front::header_bytes_max>("max_headers", k_head, "all header lines together"),
    key<k_front, &Front::header_count_max>("max_header_count", Whole{8, 10'000}, "header lines"),
    key<k_front, &Front::inflate_ratio_max>(
        "max_inflate_ratio", Whole{1, 1'000},
        "how many times its size a gzip or deflate body may unpack to, beyond 64 KiB"),
    key<k_front, &Front::header_timeout>("header_timeout", k_patience,
                                         "from the first byte of a request to the end of its head"),
    key<k_front, &Front::body_timeout>("body_timeout", k_patience, "silence within a body"),
    key<k_front, &Front::body_rate_min>(
        "min_body_rate", bytes(R"("512B" or "4KiB")", "B", 1, 1u << 30),
        "bytes a second that a body must come with on average, after the first `body_timeout`"),
    key<k_front, &Front::idle_timeout>("idle_timeout", k_patience,
                                       "a connection without a request is closed"),
    key<k_front, &Front::write_timeout>("write_timeout", k_patience,
                                        "a client that takes no byte of its reply for so long is "
                                        "cut, and its call is cancelled"),
    key<k_front, &Front::connections_max>(
        "max_connections", Whole{1, k_connections_max},
        "open connections in all; one more gets 503 and is closed"),
    key<k_front, &Front::connections_per_client_max>(
        "max_connections_per_client", Whole{1, k_connections_max},
        "open connections of one address; of IPv6, of one network of 64 bits", "none"),
    key<k_front, &Front::hosts>("hosts", Worded{"array of names", k_texts.schema},
                                "names that the host answers to besides `localhost`, "
                                "`*.localhost` and IP addresses",
                                read_hosts, "none"),
    key<k_front, &Front::cors_origins>("cors_origins", Worded{"array of origins", k_texts.schema},
                                       "web pages that may call the host from a browser and read "
                                       "all of its answers, errors and streams among them",
                                       read_cors_origins, "none"),
};

constexpr KeyOf<Log> k_log_keys[] = {
    key<&Log::level>("level", Choice{k_names<LogLevel>}, "what is less important is left out"),
    key<&Log::format>("format", Choice{k_names<LogFormat>},
                      R"(`"auto"`: text on a terminal, else JSON)"),
    key<&Log::access>("access", Flag{}, "one line for each call"),
};

// Whoever reaches the admin listener can change the host. So the admin listener stays on loopback,
// even if clients may reach the host from other machines.
void read_admin_listen(Section& section, std::string_view key, Admin& admin) {
    const auto given = section.text(key);
    if (!given) return;
    admin.on = given->value != "off";
    if (!admin.on) return;
    auto endpoint = parse_endpoint(given->value);
    if (endpoint && endpoint->loopback) {
        admin.host = std::move(endpoint->host);
        admin.port = endpoint->port;
        return;
    }
    section.error(
        given->at, key,
        fmt::format("= {} {}", in_quotes(given->value),
                    endpoint ? "can be reached from other machines" : endpoint.error().what),
        R"(a loopback address such as "127.0.0.1:4142", or "off")",
        endpoint ? std::string() : endpoint.error().hint);
}

Value admin_listen_of(const Admin& admin) {
    return admin.on ? endpoint(admin.host, admin.port) : std::string("off");
}

constexpr KeyOf<Admin> k_admin_keys[] = {
    key<Admin>("listen", Worded{R"(`"host:port"` or `"off"`)", R"("type": "string")"},
               "where operators find metrics, health and what runs", read_admin_listen,
               admin_listen_of),
};

void check_drain(Section& section, const Server& server) {
    constexpr std::string_view k_key = "drain_streams";
    if (!server.drain_streams || *server.drain_streams >= server.drain) return;
    const auto text = [](milliseconds time) {
        return text_of(static_cast<std::uint64_t>(time.count()), k_drain_streams);
    };
    section.error(
        section.value_at(k_key), k_key,
        fmt::format("= {} is shorter than server.drain = {}",
                    in_quotes(text(*server.drain_streams)), in_quotes(text(server.drain))),
        "the time of all calls, or a longer one");
}

// Whether a socket bound to `host` also takes connections to `other` on the same port.
bool covers(const std::string& host, const std::string& other) {
    return host == other || host == "::" || (host == "0.0.0.0" && other.find(':') == other.npos);
}

}  // namespace

void read_server(Section& root, Server& server) {
    auto section = read_table<Server>(root, "server", k_server_keys, server);
    if (section) check_drain(*section, server);
}

void read_log(Section& root, Log& log) { read_table<Log>(root, "log", k_log_keys, log); }

void read_admin(Section& root, const Server& server, Admin& admin) {
    const auto section = read_table<Admin>(root, "admin", k_admin_keys, admin);
    if (!section && root.has("admin")) return;  // which is a mistake by itself
    if (!admin.on || admin.port == 0 || admin.port != server.port ||
        !covers(server.host, admin.host)) {
        return;
    }
    root.report().error(
        section ? section->at() : root.at(),
        fmt::format("admin.listen is {}:{}, where server.listen is, too", admin.host, admin.port),
        "two addresses");
}

void write_server(json::PrettyWriter& writer, const Config& config) {
    write_table<Server>(writer, "server", k_server_keys, config.server);
    write_table<Admin>(writer, "admin", k_admin_keys, config.admin);
    write_table<Log>(writer, "log", k_log_keys, config.log);
}

std::vector<SectionFacts> server_sections() {
    return {{"server", "`[server]`", "Where clients call the host, and what they may take of it",
             rows_of<Server>(k_server_keys)},
            {"admin", "`[admin]`", "The listener for operators", rows_of<Admin>(k_admin_keys)},
            {"log", "`[log]`", "What is logged, and how", rows_of<Log>(k_log_keys)}};
}

std::size_t worker_count(const Server& server) {
    return server.workers != 0 ? server.workers : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace bellwether::config

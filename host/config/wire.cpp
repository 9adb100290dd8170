// The keys of [providers.NAME] and [webhooks.NAME] that say how the host connects to them.
#include <fmt/format.h>

#include <fstream>

#include "config/names.hpp"
#include "config/proxy.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

constexpr Whole k_connections{1, 65'536};
constexpr Quantity k_idle_time{k_duration, R"("30s", "2m" or "1h")", "s", 1'000, 3'600'000};

constexpr std::size_t k_pem_bytes_max = 1u << 20;

std::string content_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text(k_pem_bytes_max, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

// What is wrong with the file, continuing `client_cert = "file" ...`; nothing: it can be read.
std::optional<std::string> readable_fault(const fs::path& file) {
    std::error_code ignored;
    if (fs::is_regular_file(file, ignored) && std::ifstream(file)) return std::nullopt;
    return "cannot be read";
}

std::optional<std::string> certificate_fault(const fs::path& file) {
    if (auto fault = readable_fault(file)) return fault;
    if (content_of(file).find("-----BEGIN CERTIFICATE-----") != std::string::npos) return {};
    return "holds no certificate in PEM format";
}

// Refuses an encrypted private key: nobody is there to type its passphrase.
std::optional<std::string> private_key_fault(const fs::path& file) {
    if (auto fault = readable_fault(file)) return fault;
    const std::string text = content_of(file);
    if (text.find("PRIVATE KEY-----") == std::string::npos) {
        return "holds no private key in PEM format";
    }
    if (text.find("ENCRYPTED") == std::string::npos) return std::nullopt;
    return "holds a key that is encrypted with a passphrase, which cannot be asked for";
}

// In the order of the enumerators of Pem.
constexpr std::string_view k_pem_expected[] = {
    "a file of PEM certificates", "a file with a PEM certificate", "a file with a PEM private key"};

std::optional<std::string> fault_of(const fs::path& file, Pem kind) {
    switch (kind) {
        case Pem::trusted: return readable_fault(file);
        case Pem::certificate: return certificate_fault(file);
        case Pem::private_key: break;
    }
    return private_key_fault(file);
}

void check_client_certificate(Section& section, const Wire& wire) {
    if (!wire.client_key.empty() && !section.has("client_cert")) {
        section.error(section.value_at("client_key"), "client_key", "has no client_cert beside it",
                      "both of them");
    }
    if (wire.client_cert.empty() || section.has("client_key")) return;
    if (section.around().secrets == Secrets::left_out) return;
    if (const auto fault = private_key_fault(wire.client_cert)) {
        section.error(section.value_at("client_cert"), "client_cert", *fault,
                      "the key in the same file, or in client_key");
    }
}

void read_proxy(Section& section, std::string_view key, Wire& wire) {
    const auto given = section.text(key);
    if (!given) return;
    wire.proxy_at = given->at;
    wire.proxy_choice = given->value == "none" ? ProxyChoice::none : ProxyChoice::given;
    if (wire.proxy_choice == ProxyChoice::none) return;
    const auto proxy = parse_proxy(given->value);
    if (!proxy) {
        return section.error(given->at, key, proxy.error(),
                             R"("http://host:port", "https://…", "socks5h://…" or "none")");
    }
    if (!proxy->user.empty()) {
        return section.error(
            given->at, key, "holds a user name or a password", {},
            R"(write proxy_secret = "env:NAME", a variable that holds user:password)");
    }
    wire.proxy = proxy->url;
}

Value proxy_of(const Wire& wire) {
    switch (wire.proxy_choice) {
        case ProxyChoice::environment: return "environment";
        case ProxyChoice::none: return "none";
        case ProxyChoice::given: break;
    }
    return wire.proxy;
}

// Reports a text that is no reference; it may be the credential itself, so it is not repeated.
bool is_reference(Section& section, std::string_view key, const Text& given,
                  std::string_view what) {
    const auto fault = reference_fault(given.value);
    if (!fault) return true;
    section.error(
        given.at, key, *fault, {},
        fmt::format(R"(write "env:NAME" or "file:/path": {} does not belong in a config file)",
                    what));
    return false;
}

constexpr KeyOf<Wire> k_wire_keys[] = {
    pem_key<&Wire::ca_file, Pem::trusted>(
        "ca_file",
        "PEM certificates to trust instead, for the upstream and for an `https://` proxy",
        "the system's"),
    pem_key<&Wire::client_cert, Pem::certificate>(
        "client_cert", "a PEM certificate to show to the upstream, with its chain", "none"),
    pem_key<&Wire::client_key, Pem::private_key>(
        "client_key", "its PEM private key, without a passphrase", "within `client_cert`"),
    key<&Wire::http>(
        "http", Choice{k_names<HttpVersion>},
        "`\"auto\"`: HTTP/2 if the upstream offers it over TLS; `\"2\"`: the same, and over plain "
        "http without asking"),
    password_key<&Wire::proxy_secret, &Wire::proxy_secret_at>(
        "proxy_secret", "holds `user:password` for the proxy"),
    key<Wire>("proxy", Worded{R"(URL or `"none"`)", R"("type": "string")"},
              "`http://`, `https://` or `socks5h://` and `host[:port]` (3128, 443, 1080); no "
              "credential",
              read_proxy, proxy_of, "the environment's"),
    key<&Wire::connections_max>("max_connections", k_connections,
                                "connections of each worker to this provider", "no limit"),
    key<&Wire::idle_connections_max>("max_idle_connections", k_connections,
                                     "connections that each worker keeps open to this provider"),
    key<&Wire::idle_time>("idle_connection_time", k_idle_time,
                          "a connection idle for longer is not used again, and closed"),
};

}  // namespace

void read_pem_file(Section& section, std::string_view key, Pem kind, fs::path& file) {
    const auto given = section.text(key);
    if (!given) return;
    const fs::path path = section.path_of(*given);
    // The host's own certificate and key are credentials; certificates to trust are not.
    const bool secret = kind != Pem::trusted && section.around().secrets == Secrets::left_out;
    if (const auto fault = secret ? std::nullopt : fault_of(path, kind)) {
        const auto expected = k_pem_expected[static_cast<std::size_t>(kind)];
        return section.error(given->at, key,
                             fmt::format("= {} {}", in_quotes(given->value), *fault),
                             std::string(expected));
    }
    file = path;
}

std::optional<Text> read_reference(Section& section, std::string_view key, std::string_view what) {
    auto given = section.text(key);
    if (!given || !is_reference(section, key, *given, what)) return std::nullopt;
    return given;
}

std::vector<Text> read_references(Section& section, std::string_view key, std::string_view what) {
    auto given = section.texts(key);
    std::erase_if(given, [&](const Text& one) { return !is_reference(section, key, one, what); });
    return given;
}

void read_wire(Section& section, Wire& wire) {
    read_keys<Wire>(section, k_wire_keys, wire);
    check_client_certificate(section, wire);
}

void write_wire(json::PrettyWriter& writer, const Wire& wire) {
    write_keys<Wire>(writer, k_wire_keys, wire);
}

std::vector<Row> wire_rows() { return rows_of<Wire>(k_wire_keys); }

}  // namespace bellwether::config

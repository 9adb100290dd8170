// The keys of [providers.NAME] that say how the provider is reached.
#include <fmt/format.h>

#include "config/pem.hpp"
#include "config/proxy.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t k_connections_max = 65'536;

constexpr QuantityRule k_idle_time{.kind = "duration",
                                   .example = R"("30s", "2m" or "1h")",
                                   .units = k_duration_units,
                                   .unit = "s",
                                   .min = 1'000,
                                   .max = 3'600'000,
                                   .range = R"("1s" to "1h")"};

class WireReader {
  public:
    WireReader(Section& section, const fs::path& folder, Secrets secrets, Wire& wire)
        : section_(section), folder_(folder), secrets_(secrets), wire_(wire) {}

    void read() {
        read_file("ca_file", "a file of PEM certificates", readable_fault, wire_.ca_file);
        read_client_certificate();
        read_http();
        read_proxy();
        read_connections();
    }

  private:
    using Check = std::optional<std::string> (*)(const fs::path&);

    // Where the key stands, if it is there and right.
    std::optional<Position> read_file(std::string_view key, std::string_view expected, Check check,
                                      fs::path& file) {
        const auto given = section_.text(key);
        if (!given) return std::nullopt;
        const fs::path path = (folder_ / given->value).lexically_normal();
        // A certificate of its own is a credential; one to trust is none.
        const bool secret = key != "ca_file" && secrets_ == Secrets::left_out;
        if (const auto fault = secret ? std::nullopt : check(path)) {
            error(given->at, key, fmt::format("= {} {}", in_quotes(given->value), *fault),
                  std::string(expected));
            return std::nullopt;
        }
        file = path;
        return given->at;
    }

    void read_client_certificate() {
        const auto cert = read_file("client_cert", "a file with a PEM certificate",
                                    certificate_fault, wire_.client_cert);
        const auto key = read_file("client_key", "a file with a PEM private key", private_key_fault,
                                   wire_.client_key);
        if (key && !section_.has("client_cert")) {
            error(*key, "client_key", "has no client_cert beside it", "both of them");
        }
        if (!cert || section_.has("client_key") || secrets_ == Secrets::left_out) return;
        if (const auto fault = private_key_fault(wire_.client_cert)) {
            error(*cert, "client_cert", *fault, "the key in the same file, or in client_key");
        }
    }

    void read_http() {
        static const std::string k_names[] = {"1.1", "auto", "2"};
        if (const auto chosen = section_.choice("http", k_names)) {
            wire_.http = static_cast<HttpVersion>(*chosen);
        }
    }

    void read_proxy() {
        read_proxy_secret();
        const auto given = section_.text("proxy");
        if (!given) return;
        wire_.proxy_at = given->at;
        wire_.proxy_choice = given->value == "none" ? ProxyChoice::none : ProxyChoice::given;
        if (wire_.proxy_choice == ProxyChoice::none) return;
        const auto proxy = parse_proxy(given->value);
        const std::string_view example =
            R"("http://host:port", "https://…", "socks5h://…" or "none")";
        if (!proxy) return error(given->at, "proxy", proxy.error(), std::string(example));
        if (!proxy->user.empty()) {
            return section_.report().error(
                given->at,
                fmt::format("{} holds a user name or a password", section_.full("proxy")), {},
                R"(write proxy_secret = "env:NAME", a variable that holds user:password)");
        }
        wire_.proxy = proxy->url;
    }

    void read_proxy_secret() {
        auto given = section_.text("proxy_secret");
        if (!given) return;
        if (const auto fault = reference_fault(given->value)) {
            return section_.report().error(
                given->at, fmt::format("{} {}", section_.full("proxy_secret"), *fault), {},
                R"(write "env:NAME" or "file:/path": a password does not belong in a config file)");
        }
        wire_.proxy_secret = std::move(given->value);
        wire_.proxy_secret_at = given->at;
    }

    void read_connections() {
        if (const auto max = section_.integer("max_connections", 1, k_connections_max)) {
            wire_.connections_max = static_cast<std::size_t>(*max);
        }
        if (const auto max = section_.integer("max_idle_connections", 1, k_connections_max)) {
            wire_.idle_connections_max = static_cast<std::size_t>(*max);
        }
        if (const auto time = section_.quantity("idle_connection_time", k_idle_time)) {
            wire_.idle_time = std::chrono::duration_cast<std::chrono::seconds>(milliseconds(*time));
        }
    }

    void error(Position at, std::string_view key, std::string_view fault, std::string expected) {
        section_.report().error(at, fmt::format("{} {}", section_.full(key), fault),
                                std::move(expected));
    }

    Section& section_;
    const fs::path& folder_;
    const Secrets secrets_;
    Wire& wire_;
};

}  // namespace

void read_wire(Section& section, const fs::path& folder, Secrets secrets, Wire& wire) {
    WireReader(section, folder, secrets, wire).read();
}

}  // namespace bw::config

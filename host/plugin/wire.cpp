#include "plugin/wire.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "base/sha256.hpp"
#include "config/proxy.hpp"
#include "config/secret.hpp"

namespace bellwether::plugin {
namespace {

using config::ProxyChoice;

std::expected<config::ProxyAddress, WireFault> choose_proxy(const config::Wire& wanted,
                                                            const std::string& base_url) {
    if (wanted.proxy_choice == ProxyChoice::given)
        return config::ProxyAddress{wanted.proxy, {}, {}};
    if (wanted.proxy_choice == ProxyChoice::none) return {};
    auto found = config::environment_proxy(base_url);
    if (!found) return std::unexpected(WireFault{{}, found.error()});
    return std::move(found->address);
}

// Replaces the proxy's credential by the "user:password" to which proxy_secret refers. The URL of a
// proxy in the environment may have held another one.
std::expected<void, WireFault> add_secret(const config::Wire& wanted, config::ProxyAddress& proxy) {
    if (wanted.proxy_secret.empty() || proxy.url.empty()) return {};
    const auto value = config::resolve(wanted.proxy_secret);
    if (!value) return std::unexpected(WireFault{wanted.proxy_secret_at, value.error()});
    if (const auto stray = config::stray_text(*value);
        !stray.empty() && stray != config::k_inner_space) {
        return std::unexpected(WireFault{wanted.proxy_secret_at,
                                         fmt::format("what {} holds {}; user:password stands alone",
                                                     wanted.proxy_secret, stray)});
    }
    const auto colon = value->find(':');
    if (colon == std::string::npos || colon == 0) {
        return std::unexpected(
            WireFault{wanted.proxy_secret_at,
                      fmt::format("what {} holds is not user:password", wanted.proxy_secret)});
    }
    proxy.user = value->substr(0, colon);
    proxy.password = value->substr(colon + 1);
    return {};
}

// Of the contents of all PEM files together. A file that cannot be read counts as empty: it is
// libcurl that reports it.
std::string sha256_of_files(const config::Wire& wanted) {
    std::string all;
    for (const auto& file : {wanted.ca_file, wanted.client_cert, wanted.client_key}) {
        if (file.empty()) continue;
        std::ifstream stream(file, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
        all += to_hex(sha256(bytes));
    }
    return all;
}

}  // namespace

std::expected<std::shared_ptr<const net::WireOptions>, WireFault> make_wire(
    const config::Wire& wanted, const std::string& base_url) {
    auto proxy = choose_proxy(wanted, base_url);
    if (!proxy) return std::unexpected(proxy.error());
    if (const auto added = add_secret(wanted, *proxy); !added) {
        return std::unexpected(added.error());
    }
    return std::make_shared<const net::WireOptions>(net::WireOptions{
        .ca_file = wanted.ca_file,
        .client_cert = wanted.client_cert,
        .client_key = wanted.client_key,
        .proxy = {std::move(proxy->url), std::move(proxy->user), std::move(proxy->password)},
        .http = wanted.http,
        .connections_max = wanted.connections_max,
        .idle_connections_max = wanted.idle_connections_max,
        .idle_time = wanted.idle_time,
        .addresses = {},
        .pem_sha256 = sha256_of_files(wanted)});
}

}  // namespace bellwether::plugin

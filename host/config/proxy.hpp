// Proxies: as a config or the environment names them. Pure, but for the environment.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace bw::config {

struct ProxyAddress {
    std::string url;  // scheme://host:port, without a credential
    std::string user;
    std::string password;
};

// "http://host[:port]", "https://host[:port]" or "socks5h://host[:port]", perhaps with
// user:password@ before the host. The error continues a sentence and repeats nothing.
std::expected<ProxyAddress, std::string> parse_proxy(std::string_view text);

// Whether an entry of no_proxy covers the host of this URL: "*", a name and all below it, an
// address, each perhaps with a port.
bool bypasses_proxy(std::string_view no_proxy, std::string_view url);

struct EnvironmentProxy {
    std::string variable;  // which one said it; empty: none did
    ProxyAddress address;
};

// The proxy that the environment names for this URL: https_proxy, http_proxy (in lower case only),
// all_proxy; none for what no_proxy covers, and never one for this machine itself. The error is a
// sentence that names the variable.
std::expected<EnvironmentProxy, std::string> environment_proxy(std::string_view url);

}  // namespace bw::config

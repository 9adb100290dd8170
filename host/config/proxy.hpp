// Parses the proxies that a config or the environment names. Pure, except for
// environment_proxy(), which reads the environment.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace bellwether::config {

struct ProxyAddress {
    std::string url;  // scheme://host:port, without a credential
    std::string user;
    std::string password;
};

// "http://host[:port]", "https://host[:port]" or "socks5h://host[:port]", perhaps with
// user:password@ before the host. The error continues a sentence that names the proxy's key or
// variable; it repeats nothing of the text, which may hold a password.
std::expected<ProxyAddress, std::string> parse_proxy(std::string_view text);

// Whether an entry of no_proxy covers the host of this URL. An entry is "*", or a name (which
// covers all names below it) or an address, perhaps with a port.
bool bypasses_proxy(std::string_view no_proxy, std::string_view url);

struct EnvironmentProxy {
    std::string variable;  // which one names the proxy; empty: none does
    ProxyAddress address;
};

// The proxy that the environment names for this URL: https_proxy, http_proxy (in lower case only),
// all_proxy; none for what no_proxy covers, and never one for this machine itself. The error is a
// sentence that names the variable.
std::expected<EnvironmentProxy, std::string> environment_proxy(std::string_view url);

}  // namespace bellwether::config

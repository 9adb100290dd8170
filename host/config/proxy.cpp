#include "config/proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "config/letters.hpp"
#include "config/url.hpp"

namespace bellwether::config {
namespace {

struct Scheme {
    std::string_view name;
    std::string_view port;
};

constexpr std::array<Scheme, 3> k_schemes{
    {{"http", "3128"}, {"https", "443"}, {"socks5h", "1080"}}};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Decodes percent codes: "%40" becomes "@". Anything else stays as it is.
std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool code = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                          hex_digit(text[i + 2]) >= 0;
        plain += code ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]))
                      : text[i];
        if (code) i += 2;
    }
    return plain;
}

struct HostPort {
    std::string_view host;  // an IPv6 address in its brackets
    std::string_view port;  // may be empty
};

HostPort split(std::string_view authority) {
    const auto bracket = authority.rfind(']');
    const auto colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
    const bool bare_v6 = bracket == authority.npos && authority.rfind(':') != colon;
    if (colon == authority.npos || bare_v6) return {authority, {}};
    return {authority.substr(0, colon), authority.substr(colon + 1)};
}

HostPort host_of(std::string_view url) {
    url.remove_prefix(std::min(url.find("://") + 3, url.size()));
    return split(url.substr(0, url.find_first_of("/?")));
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool covers(std::string_view entry, const HostPort& peer) {
    if (entry == "*") return true;
    auto [name, port] = split(entry);
    if (!port.empty() && port != peer.port) return false;
    if (name.starts_with("*.")) name.remove_prefix(1);
    if (name.starts_with('.')) name.remove_prefix(1);
    if (name.empty()) return false;
    const std::string wanted = lower(name);
    const std::string host = lower(peer.host);
    if (host == wanted || host == "[" + wanted + "]") return true;
    return host.ends_with("." + wanted);
}

// The first of the variables that is set and not empty.
std::optional<std::string> first_set(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return name;
    }
    return std::nullopt;
}

}  // namespace

std::expected<ProxyAddress, std::string> parse_proxy(std::string_view text) {
    const auto end = text.find("://");
    const std::string name = end == text.npos ? "http" : lower(text.substr(0, end));
    const auto scheme = std::ranges::find(k_schemes, name, &Scheme::name);
    if (scheme == k_schemes.end()) {
        return std::unexpected("does not begin with http://, https:// or socks5h://");
    }
    std::string_view rest = end == text.npos ? text : text.substr(end + 3);
    ProxyAddress proxy;
    if (const auto at = rest.rfind('@'); at != rest.npos) {
        const std::string_view credential = rest.substr(0, at);
        const auto colon = std::min(credential.find(':'), credential.size());
        proxy.user = decoded(credential.substr(0, colon));
        proxy.password = decoded(credential.substr(std::min(colon + 1, credential.size())));
        rest.remove_prefix(at + 1);
    }
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const auto [host, port] = split(rest);
    proxy.url = fmt::format("{}://{}:{}", name, host, port.empty() ? scheme->port : port);
    const auto checked = parse_url("http" + proxy.url.substr(name.size()));
    if (!checked) return std::unexpected(checked.error());
    if (rest.find('/') != rest.npos) return std::unexpected("has a path after the host");
    return proxy;
}

bool bypasses_proxy(std::string_view no_proxy, std::string_view url) {
    HostPort peer = host_of(url);
    if (peer.port.empty()) peer.port = url.starts_with("https:") ? "443" : "80";
    while (!no_proxy.empty()) {
        const auto comma = std::min(no_proxy.find(','), no_proxy.size());
        if (covers(trimmed(no_proxy.substr(0, comma)), peer)) return true;
        no_proxy.remove_prefix(std::min(comma + 1, no_proxy.size()));
    }
    return false;
}

// HTTP_PROXY in capitals is ignored: in a CGI program it holds the request header "Proxy", which
// the client chooses.
std::expected<EnvironmentProxy, std::string> environment_proxy(std::string_view url) {
    const auto target = parse_url(url, Query::allowed);
    if (!target || target->local) return {};
    auto named =
        target->encrypted ? first_set({"https_proxy", "HTTPS_PROXY"}) : first_set({"http_proxy"});
    if (!named) named = first_set({"all_proxy", "ALL_PROXY"});
    if (!named) return {};
    const auto except = first_set({"no_proxy", "NO_PROXY"});
    if (except && bypasses_proxy(std::getenv(except->c_str()), url)) return {};
    auto address = parse_proxy(std::getenv(named->c_str()));
    if (!address) {
        return std::unexpected(
            fmt::format("the environment variable {} {}", *named, address.error()));
    }
    return EnvironmentProxy{*named, std::move(*address)};
}

}  // namespace bellwether::config

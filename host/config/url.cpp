#include "config/url.hpp"

#include <algorithm>
#include <charconv>

namespace bw::config {
namespace {

bool is_plain(char c) {
    return c > 0x20 && c < 0x7F && c != '\\' && c != '"' && c != '<' && c != '>';
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

// Where the port begins, behind a name, an IPv4 address or [an IPv6 address].
std::size_t port_colon(std::string_view authority) {
    const auto bracket = authority.rfind(']');
    return authority.find(':', bracket == authority.npos ? 0 : bracket);
}

}  // namespace

std::expected<Url, std::string> parse_url(std::string_view text, Query query) {
    Url url{.encrypted = text.starts_with("https://"), .local = false};
    if (!url.encrypted && !text.starts_with("http://")) {
        return std::unexpected("does not begin with https:// or http://");
    }
    if (!std::ranges::all_of(text, is_plain)) {
        return std::unexpected("holds a character that a URL cannot contain");
    }
    if (text.find_first_of(query == Query::allowed ? "#" : "?#") != text.npos) {
        return std::unexpected("has a query or a fragment");
    }
    std::string_view authority = text.substr(text.find("://") + 3);
    authority = authority.substr(0, authority.find_first_of("/?"));
    if (authority.find('@') != authority.npos) {
        return std::unexpected("holds a user name or a password");
    }
    const auto colon = port_colon(authority);
    const std::string_view host = authority.substr(0, colon);
    if (host.empty()) return std::unexpected("names no host");
    if (colon != authority.npos && !is_port(authority.substr(colon + 1))) {
        return std::unexpected("has no valid port after the host");
    }
    url.local = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    return url;
}

}  // namespace bw::config

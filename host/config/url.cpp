#include "config/url.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/letters.hpp"
#include "config/quantity.hpp"
#include "config/secret.hpp"

namespace bellwether::config {
namespace {

bool is_plain(char c) {
    return c > 0x20 && c < 0x7F && c != '\\' && c != '"' && c != '<' && c != '>';
}

bool is_port(std::string_view text) { return whole_number<std::uint16_t>(text).value_or(0) != 0; }

// The colon before the port, behind a name, an IPv4 address or [an IPv6 address]; npos: no port.
std::size_t port_colon(std::string_view authority) {
    const auto bracket = authority.rfind(']');
    return authority.find(':', bracket == authority.npos ? 0 : bracket);
}

// Endings that plugins add to a base URL, so that a base URL must not have them. Some services have
// base URLs that end in "/chat" or "/models": these are a mistake only behind `after`.
struct PathEnding {
    std::string_view path;
    std::string_view after = "";
};
constexpr PathEnding k_endings[] = {{"/chat/completions"}, {"/chat", "/v1"},
                                    {"/completions"},      {"/embeddings"},
                                    {"/responses", "/v1"}, {"/models", "/v1"}};

// The URL without the "?query" that some services add, and without slashes at its end.
std::string_view path_end(std::string_view text) {
    text = text.substr(0, text.find_first_of("?#"));
    while (text.ends_with('/')) text.remove_suffix(1);
    return text;
}

// The ending that a plugin would add to this path once more; empty: the path has none.
std::string_view added_ending(std::string_view path) {
    for (const PathEnding& ending : k_endings) {
        if (!path.ends_with(ending.path)) continue;
        if (path.substr(0, path.size() - ending.path.size()).ends_with(ending.after)) {
            return ending.path;
        }
    }
    return {};
}

UrlFault with_stray(std::string_view stray) {
    return {std::string(stray), "take it out: nothing belongs there but the URL"};
}

constexpr std::size_t k_bytes_max = 300;

bool is_scheme(std::string_view text) {
    return !text.empty() && is_alpha(text.front()) && is_made_of(text, "+-.");
}

bool is_host(std::string_view text) {
    if (text.starts_with('[')) {
        return text.size() > 3 && text.ends_with(']') &&
               text.find_first_not_of("0123456789abcdef:.", 1) == text.size() - 1;
    }
    return !text.empty() && is_made_of(text, "-_.");
}

// Whether an authority is a name of at least two parts, and no address.
bool is_domain(std::string_view authority) {
    const std::string_view host = authority.substr(0, port_colon(authority));
    const auto dot = host.rfind('.');
    return dot != host.npos && dot != 0 && dot + 1 < host.size() && is_alpha(host[dot + 1]) &&
           host.find("..") == host.npos;
}

bool is_usual_port(std::string_view scheme, std::string_view port) {
    return (scheme == "https" && port == "443") || (scheme == "http" && port == "80");
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

std::expected<Url, UrlFault> check_base_url(std::string_view text) {
    if (const auto stray = stray_text(text); !stray.empty() && stray != k_inner_space) {
        return std::unexpected(with_stray(stray));
    }
    const auto url = parse_url(text);
    const std::string_view path = path_end(text);
    const std::string_view ending = added_ending(path);
    const bool query = path.size() < text.size() && text.find_first_of("?#") != text.npos;
    if (!url && !(query && !ending.empty())) return std::unexpected(UrlFault{url.error(), {}});
    if (!ending.empty()) {
        const std::string first = url ? std::string() : url.error() + ", and its path ";
        return std::unexpected(
            UrlFault{fmt::format("{}ends in {}, which is added to it for each call", first, ending),
                     "end it with the version: \"https://host/v1\""});
    }
    if (path.ends_with("/v1/v1") || path.find("/v1/v1/") != path.npos) {
        return std::unexpected(UrlFault{"has the version twice, /v1/v1", "one of them is enough"});
    }
    return *url;
}

std::expected<std::string, std::string> parse_origin(std::string_view text) {
    std::string origin = lower(text.substr(0, k_bytes_max));
    if (text.size() > k_bytes_max) return std::unexpected("is too long for an origin");
    const auto colon = origin.find("://");
    if (colon == origin.npos || !is_scheme(std::string_view(origin).substr(0, colon))) {
        return std::unexpected("does not begin with https:// or another scheme");
    }
    const std::string_view scheme = std::string_view(origin).substr(0, colon);
    const std::string_view authority = std::string_view(origin).substr(colon + 3);
    if (authority.find('@') != authority.npos) {
        return std::unexpected("holds a user name or a password");
    }
    if (authority.ends_with('/') && authority.find_first_of("/?#") == authority.size() - 1) {
        return std::unexpected("ends in a slash, which an origin does not");
    }
    if (authority.find_first_of("/?#") != authority.npos) {
        return std::unexpected("has a path, which an origin has not");
    }
    if (authority.find('*') != authority.npos) {
        return std::unexpected("has a *, which stands for nothing within an origin");
    }
    const auto at = port_colon(authority);
    const std::string_view host = authority.substr(0, at);
    if (!is_host(host)) return std::unexpected("names no host");
    if (at == authority.npos) return origin;
    const std::string_view port = authority.substr(at + 1);
    if (!is_port(port)) return std::unexpected("has no valid port after the host");
    if (is_usual_port(scheme, port)) origin.resize(origin.size() - port.size() - 1);
    return origin;
}

std::expected<std::string, std::string> upstream_origin(std::string_view text) {
    if (!text.starts_with("https://") && !text.starts_with("http://")) {
        return std::unexpected("does not begin with https:// or http://");
    }
    constexpr std::string_view k_any = "*.";
    const auto host = text.find("://") + 3;
    const bool pattern = text.substr(host).starts_with(k_any);
    std::string fixed(text);
    if (pattern) fixed.erase(host, k_any.size());
    auto origin = parse_origin(fixed);
    if (!origin || !pattern) return origin;
    if (!is_domain(std::string_view(*origin).substr(host))) {
        return std::unexpected(
            "has a * that does not stand in front of a domain of at least two names");
    }
    return origin->insert(host, k_any);
}

}  // namespace bellwether::config

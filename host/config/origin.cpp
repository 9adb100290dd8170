#include "config/origin.hpp"

#include <algorithm>
#include <charconv>

#include "config/letters.hpp"

namespace bw::config {
namespace {

constexpr std::size_t k_bytes_max = 300;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_scheme(std::string_view text) {
    const auto fits = [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    };
    return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, fits);
}

bool is_host(std::string_view text) {
    if (text.starts_with('[')) {
        return text.size() > 3 && text.ends_with(']') &&
               text.find_first_not_of("0123456789abcdef:.", 1) == text.size() - 1;
    }
    const auto fits = [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && std::ranges::all_of(text, fits);
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

bool is_usual_port(std::string_view scheme, std::string_view port) {
    return (scheme == "https" && port == "443") || (scheme == "http" && port == "80");
}

}  // namespace

std::expected<std::string, std::string> parse_origin(std::string_view text) {
    std::string origin = lower(text.substr(0, k_bytes_max));
    if (text.size() > k_bytes_max) return std::unexpected("is too long for an origin");
    const auto colon = origin.find("://");
    if (colon == origin.npos || !is_scheme(std::string_view(origin).substr(0, colon))) {
        return std::unexpected("does not begin with https:// or another scheme");
    }
    const std::string_view scheme = std::string_view(origin).substr(0, colon);
    const std::string_view authority = std::string_view(origin).substr(colon + 3);
    if (authority.ends_with('/') && authority.find_first_of("/?#") == authority.size() - 1) {
        return std::unexpected("ends in a slash, which an origin does not");
    }
    if (authority.find_first_of("/?#") != authority.npos) {
        return std::unexpected("has a path, which an origin has not");
    }
    if (authority.find('*') != authority.npos) {
        return std::unexpected("has a *, which stands for nothing within an origin");
    }
    const auto bracket = authority.rfind(']');
    const auto at = authority.find(':', bracket == authority.npos ? 0 : bracket);
    const std::string_view host = authority.substr(0, at);
    if (!is_host(host)) return std::unexpected("names no host");
    if (at == authority.npos) return origin;
    const std::string_view port = authority.substr(at + 1);
    if (!is_port(port)) return std::unexpected("has no valid port after the host");
    if (is_usual_port(scheme, port)) origin.resize(origin.size() - port.size() - 1);
    return origin;
}

}  // namespace bw::config

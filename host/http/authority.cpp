#include "http/authority.hpp"

#include <algorithm>

#include "http/characters.hpp"

namespace bellwether::http {
namespace {

struct Parts {
    std::string_view host;  // with its brackets
    std::string_view port;  // with its colon; may be empty
};

Parts split(std::string_view text) {
    std::size_t end = text.find(':');
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end != text.npos) ++end;
    }
    end = std::min(end, text.size());
    return {text.substr(0, end), text.substr(end)};
}

bool is_port(std::string_view text) {
    if (text.empty()) return true;
    if (text.front() != ':' || text.size() > 6) return false;
    text.remove_prefix(1);
    unsigned port = 0;
    for (const char c : text) {
        if (!is_digit(c)) return false;
        port = port * 10 + static_cast<unsigned>(c - '0');
    }
    return port <= 65'535;
}

bool is_host(std::string_view host) {
    if (!host.starts_with('[')) return !host.empty() && is_made_of(host, "-._~!$&'()*+;=");
    if (host.size() < 4 || !host.ends_with(']')) return false;
    return std::ranges::all_of(host.substr(1, host.size() - 2),
                               [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
}

}  // namespace

bool is_authority(std::string_view text) {
    const Parts parts = split(text);
    return is_host(parts.host) && is_port(parts.port);
}

std::string_view host_of(std::string_view text) {
    std::string_view host = split(text).host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return host;
}

}  // namespace bellwether::http

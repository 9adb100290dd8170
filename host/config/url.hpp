// The URL of a provider or a webhook, checked. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace bw::config {

struct Url {
    bool encrypted = false;  // https
    bool local = false;      // names this machine
};

enum class Query { refused, allowed };

// http or https, a host, perhaps a port and a path; no user name or fragment. The error continues
// "base_url ..." and repeats nothing of the text, which may hold a password.
std::expected<Url, std::string> parse_url(std::string_view text, Query query = Query::refused);

}  // namespace bw::config

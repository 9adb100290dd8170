// Checks the addresses of providers, webhooks and web pages, and explains the mistakes that people
// often make in them. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace bellwether::config {

struct Url {
    bool encrypted = false;  // https
    bool local = false;      // names this machine
};

enum class Query { refused, allowed };

// http or https, a host, perhaps a port and a path; no user name or fragment. The error continues
// "base_url ..." and repeats nothing of the text, which may hold a password.
std::expected<Url, std::string> parse_url(std::string_view text, Query query = Query::refused);

inline constexpr std::string_view k_base_url_expected =
    R"(a URL such as "https://host/v1" or "env:NAME")";

struct UrlFault {
    std::string what;  // continues "base_url ..."; repeats nothing of the text
    std::string hint;  // may be empty
};

// The base URL of a provider, from the file or from a variable.
std::expected<Url, UrlFault> check_base_url(std::string_view text);

// Brings "scheme://host" or "scheme://host:port" into the form that browsers send: lower case,
// without the scheme's default port. Any scheme is allowed, because applications with pages of
// their own have their own schemes. The error continues "... has "https://x/", which ".
std::expected<std::string, std::string> parse_origin(std::string_view text);

// An origin of a provider: of http or https, in the form of parse_origin. "*." in front of a domain
// of at least two names stands for one name more.
std::expected<std::string, std::string> upstream_origin(std::string_view text);

}  // namespace bellwether::config

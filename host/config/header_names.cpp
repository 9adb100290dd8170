#include "config/header_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bw::config {
namespace {

constexpr std::size_t k_names_max = 32;
constexpr std::size_t k_bytes_max = 64;

// The host's or the plugin's own: of the message, of the connection (RFC 9110, 7.6.1), credentials,
// and what the host writes itself.
constexpr std::string_view k_refused[] = {"accept",
                                          "accept-encoding",
                                          "api-key",
                                          "authorization",
                                          "connection",
                                          "cookie",
                                          "expect",
                                          "forwarded",
                                          "host",
                                          "keep-alive",
                                          "origin",
                                          "proxy-authenticate",
                                          "proxy-authorization",
                                          "proxy-connection",
                                          "range",
                                          "referer",
                                          "te",
                                          "traceparent",
                                          "tracestate",
                                          "trailer",
                                          "transfer-encoding",
                                          "upgrade",
                                          "user-agent",
                                          "via",
                                          "x-api-key",
                                          "x-goog-api-key",
                                          "x-request-id"};
constexpr std::string_view k_refused_beginnings[] = {"access-control-", "content-", "if-", "sec-",
                                                     "x-bellwether-"};

bool is_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= k_bytes_max && std::ranges::all_of(name, fits);
}

// Programs that read headers as variables take "_" for "-".
bool is_refused(std::string name) {
    std::ranges::replace(name, '_', '-');
    return std::ranges::find(k_refused, name) != std::end(k_refused) ||
           std::ranges::any_of(k_refused_beginnings, [&name](std::string_view beginning) {
               return name.starts_with(beginning);
           });
}

}  // namespace

std::vector<std::string> read_forward_headers(Section& section) {
    std::vector<std::string> names;
    for (const Text& given : section.texts("forward_headers")) {
        std::string name = given.value;
        std::ranges::transform(name, name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        });
        const auto report = [&](std::string_view fault, const char* expected) {
            section.report().error(
                given.at,
                fmt::format("{} has {}, which {}", section.full("forward_headers"),
                            in_quotes(given.value), fault),
                expected);
        };
        if (!is_name(name)) {
            report("is no name of a header",
                   R"(letters, digits, "-" and "_", for example "openai-organization")");
        } else if (is_refused(name)) {
            report("no client may set in a request to a provider",
                   "one that does not frame the message, name its receiver or hold a credential");
        } else if (std::ranges::find(names, name) == names.end()) {
            if (names.size() == k_names_max) {
                report("is one too many", "at most 32 names");
                break;
            }
            names.push_back(std::move(name));
        }
    }
    return names;
}

}  // namespace bw::config

#include "plugin/header_names.hpp"

#include <algorithm>
#include <array>
#include <bellwether/provider/rules.hpp>

namespace bellwether::plugin {
namespace {

constexpr std::array<std::string_view, 8> k_credentials{
    "authorization",  "proxy-authorization", "cookie", "cookie2", "x-api-key", "api-key",
    "x-goog-api-key", "x-amz-security-token"};

constexpr std::array<std::string_view, 20> k_own{"connection",
                                                 "keep-alive",
                                                 "transfer-encoding",
                                                 "te",
                                                 "trailer",
                                                 "upgrade",
                                                 "date",
                                                 "server",
                                                 "set-cookie",
                                                 "location",
                                                 "retry-after",
                                                 "vary",
                                                 "cache-control",
                                                 "x-request-id",
                                                 "retry-after-ms",
                                                 "alt-svc",
                                                 "clear-site-data",
                                                 "x-should-retry",
                                                 "openai-processing-ms",
                                                 "x-accel-buffering"};
constexpr std::array<std::string_view, 6> k_own_beginnings{
    "x-ratelimit-", "content-", "access-control-", "proxy-", "www-", "x-bellwether-"};

bool is_name(std::string_view name) {
    return bw::rules::detail::is_token(name) &&
           std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

bool may_be_seen(std::string_view name) {
    return is_name(name) && std::ranges::find(k_credentials, name) == k_credentials.end();
}

bool may_be_answered(std::string_view name) {
    return may_be_seen(name) && std::ranges::find(k_own, name) == k_own.end() &&
           std::ranges::none_of(k_own_beginnings, [name](std::string_view beginning) {
               return name.starts_with(beginning);
           });
}

}  // namespace bellwether::plugin

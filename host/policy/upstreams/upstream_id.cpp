#include "policy/upstreams/upstream_id.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace bellwether::policy {
namespace {

constexpr std::size_t k_bytes_max = 128;

// The headers that may have the id, the best first: those of the upstream itself come before those
// of a proxy in front of it.
constexpr std::array<std::string_view, 12> k_names{"x-request-id",
                                                   "request-id",
                                                   "x-ms-request-id",
                                                   "apim-request-id",
                                                   "x-amzn-requestid",
                                                   "x-amz-request-id",
                                                   "x-goog-request-id",
                                                   "x-dashscope-request-id",
                                                   "x-siliconcloud-trace-id",
                                                   "x-trace-id",
                                                   "x-correlation-id",
                                                   "cf-ray"};

bool is_printable(char c) { return c > 0x20 && c < 0x7f; }

}  // namespace

std::string upstream_id(std::span<const net::Header> headers,
                        const std::function<bool(std::string_view)>& is_secret) {
    for (const std::string_view name : k_names) {
        const auto found = std::ranges::find(headers, name, &net::Header::name);
        if (found == headers.end()) continue;
        std::string id(found->value.substr(0, k_bytes_max));
        std::erase_if(id, [](char c) { return !is_printable(c); });
        if (!id.empty()) return is_secret(found->value) ? std::string() : id;
    }
    return {};
}

}  // namespace bellwether::policy

#include "observe/error_type.hpp"

#include <algorithm>
#include <array>

namespace bellwether::observe {
namespace {

// In the order of docs/metrics.md.
constexpr auto k_types = std::to_array<std::string_view>(
    {"",
     // the request
     "invalid_request", "malformed_request", "request_too_large", "headers_too_large",
     "unsupported_media_type", "unsupported_transfer_encoding", "unknown_url", "method_not_allowed",
     "request_timeout", "model_not_found", "context_length_exceeded", "content_filter",
     "unsupported", "unsupported_operation", "client_closed", "invalid_timeout", "length_required",
     "request_line_too_long", "unsupported_content_encoding", "unsupported_expectation",
     "misdirected_request", "unsupported_http_version", "missing_api_key",
     // the provider
     "invalid_api_key", "insufficient_quota", "rate_limit_exceeded", "upstream_error",
     "upstream_protocol_error", "upstream_cut", "stream_truncated", "malformed_chunk",
     "empty_reply", "upstream_too_large", "answer_past_limit", "upstream_unreachable",
     "upstream_tls_error", "connect_timeout", "first_byte_timeout", "idle_timeout", "total_timeout",
     "plugin_error",
     // the host
     "timeout", "deadline_exceeded", "provider_not_configured", "unavailable", "draining",
     "config_replaced", "too_many_connections", "too_many_bodies", "too_many_requests",
     "budget_exceeded", "model_without_price", "ledger_unavailable", "slow_reader",
     "host_out_of_descriptors", "host_out_of_memory", "hedge_lost", "other"});

std::string_view usual(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid: return "invalid_request";
        case ErrorKind::unsupported: return "unsupported";
        case ErrorKind::auth: return "invalid_api_key";
        case ErrorKind::quota: return "insufficient_quota";
        case ErrorKind::rate: return "rate_limit_exceeded";
        case ErrorKind::upstream: return "upstream_error";
        case ErrorKind::protocol: return "upstream_protocol_error";
        case ErrorKind::internal: return "plugin_error";
        case ErrorKind::not_found: return "model_not_found";
        case ErrorKind::context_length: return "context_length_exceeded";
        case ErrorKind::content_filter: return "content_filter";
        case ErrorKind::unreachable: return "upstream_unreachable";
        case ErrorKind::timeout: return "timeout";
        case ErrorKind::unavailable: return "unavailable";
        case ErrorKind::budget: return "budget_exceeded";
        case ErrorKind::cancelled: return "client_closed";
    }
    return "other";
}

}  // namespace

std::span<const std::string_view> error_types() { return k_types; }

std::size_t error_type(std::string_view code, std::optional<ErrorKind> kind) {
    const auto known = code.empty() ? k_types.end() : std::ranges::find(k_types, code);
    if (known != k_types.end()) return static_cast<std::size_t>(known - k_types.begin());
    const std::string_view name = kind ? usual(*kind) : std::string_view("other");
    return static_cast<std::size_t>(std::ranges::find(k_types, name) - k_types.begin());
}

}  // namespace bellwether::observe

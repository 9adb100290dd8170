#include "front/error_reply.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "json/value.hpp"
#include "json/writer.hpp"

namespace bellwether::front {
namespace {

// `Shape` is how the client sees a kind of error. `status` is used unless the upstream's own status
// fits the kind as well (status_of).
struct Shape {
    int status;
    const char* type;
    const char* code;  // if the error has none of its own; nullptr: JSON's null
};

Shape shape_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::invalid: return {400, "invalid_request_error", nullptr};
        case ErrorKind::unsupported: return {400, "invalid_request_error", "unsupported"};
        case ErrorKind::auth: return {401, "invalid_request_error", "invalid_api_key"};
        case ErrorKind::quota: return {429, "insufficient_quota", "insufficient_quota"};
        case ErrorKind::rate: return {429, "rate_limit_error", "rate_limit_exceeded"};
        case ErrorKind::upstream: return {502, "server_error", "upstream_error"};
        case ErrorKind::protocol: return {502, "server_error", "upstream_protocol_error"};
        case ErrorKind::internal: return {502, "server_error", "plugin_error"};
        case ErrorKind::not_found: return {404, "invalid_request_error", "model_not_found"};
        case ErrorKind::context_length:
            return {400, "invalid_request_error", "context_length_exceeded"};
        case ErrorKind::content_filter: return {400, "invalid_request_error", "content_filter"};
        case ErrorKind::unreachable: return {502, "server_error", "upstream_unreachable"};
        case ErrorKind::timeout: return {504, "server_error", "timeout"};
        case ErrorKind::unavailable: return {503, "server_error", "unavailable"};
        case ErrorKind::budget: return {429, "insufficient_quota", "budget_exceeded"};
        case ErrorKind::cancelled: return {499, "server_error", "cancelled"};
    }
    return {500, "server_error", "internal_error"};
}

// Each of these kinds has one code in OpenAI's API that programs test for. So an upstream's own
// code for such an error is not passed on.
bool has_fixed_code(ErrorKind kind) {
    return kind == ErrorKind::auth || kind == ErrorKind::quota || kind == ErrorKind::not_found ||
           kind == ErrorKind::context_length || kind == ErrorKind::content_filter;
}

int status_of(const Error& error, int fallback) {
    const int upstream = error.http_status;
    switch (error.kind) {
        case ErrorKind::invalid:
            return upstream == 413 || upstream == 422 || upstream == 409 ? upstream : fallback;
        case ErrorKind::auth: return upstream == 403 ? 403 : fallback;
        case ErrorKind::upstream: return upstream >= 500 && upstream <= 599 ? upstream : fallback;
        default: return fallback;
    }
}

std::string retry_headers(const Error& error) {
    using namespace std::chrono;
    std::string headers;
    if (error.kind == ErrorKind::quota || error.kind == ErrorKind::budget || error.final ||
        error.code == "provider_not_configured") {
        headers = "x-should-retry: false\r\n";
    }
    if (!error.retry_after || error.kind == ErrorKind::quota) return headers;
    const auto wait_ms = std::max<std::int64_t>(error.retry_after->count(), 0);
    return headers + fmt::format("retry-after: {}\r\nretry-after-ms: {}\r\n",
                                 (wait_ms + 999) / 1000, wait_ms);
}

const char* anthropic_type(int status) {
    switch (status) {
        case 401: return "authentication_error";
        case 403: return "permission_error";
        case 404: return "not_found_error";
        case 413: return "request_too_large";
        case 429: return "rate_limit_error";
        case 503:
        case 529: return "overloaded_error";
        case 504: return "timeout_error";
        default: return status < 500 ? "invalid_request_error" : "api_error";
    }
}

}  // namespace

ErrorReply error_reply(int status, std::string_view type, std::string_view code,
                       std::string_view message, std::string_view param) {
    json::Writer writer;
    writer.begin_object().key("error").begin_object();
    // A message may quote what a client or an upstream sent: quote() mends what is not UTF-8.
    writer.key("message").raw(json::quote(message)).field("type", type);
    writer.field_or_null("param", param).field_or_null("code", code);
    writer.end_object().end_object();
    return {.status = status, .body = writer.text(), .code = std::string(code)};
}

ErrorReply error_reply(const Error& error) {
    const Shape shape = shape_of(error.kind);
    std::string_view code = shape.code == nullptr ? std::string_view() : shape.code;
    if (!error.code.empty() && !has_fixed_code(error.kind)) code = error.code;
    ErrorReply reply =
        error_reply(status_of(error, shape.status), shape.type, code, error.message, error.param);
    reply.headers = retry_headers(error);
    reply.raw = error.raw;
    return reply;
}

ErrorReply in_dialect(Dialect dialect, ErrorReply reply) {
    if (dialect == Dialect::openai) return reply;
    if (json::Value(reply.raw)["type"].equals("error") && json::valid(reply.raw)) {
        reply.body = reply.raw;
        return reply;
    }
    json::Writer writer;
    writer.begin_object().field("type", "error").key("error").begin_object();
    writer.field("type", anthropic_type(reply.status));
    writer.key("message").raw(json::Value(reply.body)["error"]["message"].raw());
    writer.end_object().end_object();
    reply.body = writer.text();
    return reply;
}

}  // namespace bellwether::front

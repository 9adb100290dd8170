#include "serve/response.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>

namespace bw::serve {
namespace {

// The Date field, formatted once a second on each worker.
std::string_view date() {
    thread_local std::time_t at = 0;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != at) {
        at = now;
        text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
    }
    return text;
}

void append_status(std::string& out, const ResponseHead& head) {
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\ndate: {}\r\ncontent-type: {}\r\n",
                   head.status, reason(head.status), date(), head.content_type);
    if (!head.request_id.empty()) {
        fmt::format_to(std::back_inserter(out), "x-request-id: {}\r\n", head.request_id);
    }
    out.append(head.extra);
    if (!head.keep_alive) {
        out.append("connection: close\r\n");
    } else if (head.http_1_0) {
        out.append("connection: keep-alive\r\n");
    }
}

void append_payload(std::string& out, std::string_view json) {
    const std::size_t begin = out.size();
    out.append(json);
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

}  // namespace

std::string_view reason(int status) {
    switch (status) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        default: return "Unknown";
    }
}

void append_response(std::string& out, const ResponseHead& head, std::string_view body,
                     bool head_only) {
    append_status(out, head);
    fmt::format_to(std::back_inserter(out), "content-length: {}\r\n\r\n", body.size());
    if (!head_only) out.append(body);
}

void append_stream_head(std::string& out, const ResponseHead& head) {
    append_status(out, head);
    out.append("cache-control: no-cache\r\nx-accel-buffering: no\r\n");
    out.append(head.http_1_0 ? "\r\n" : "transfer-encoding: chunked\r\n\r\n");
}

void append_event(std::string& out, std::string_view json, bool chunked) {
    constexpr std::string_view k_before = "data: ";
    constexpr std::string_view k_after = "\n\n";
    if (chunked) {
        fmt::format_to(std::back_inserter(out), "{:x}\r\n",
                       k_before.size() + json.size() + k_after.size());
    }
    out.append(k_before);
    append_payload(out, json);
    out.append(k_after);
    if (chunked) out.append("\r\n");
}

void append_stream_end(std::string& out, bool chunked) {
    append_event(out, "[DONE]", chunked);
    if (chunked) out.append("0\r\n\r\n");
}

}  // namespace bw::serve

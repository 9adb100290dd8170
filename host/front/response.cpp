#include "front/response.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iterator>

namespace bellwether::front {
namespace {

constexpr int k_no_content = 204;

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

std::string_view view(std::string_view text) { return text; }
std::string_view view(const fmt::format_int& number) { return {number.data(), number.size()}; }

// Appending is cheaper than a format string, and every reply needs it.
template <typename... Parts>
void append_all(std::string& out, const Parts&... parts) {
    (out.append(view(parts)), ...);
}

void append_status(std::string& out, const ResponseHead& head) {
    append_all(out, "HTTP/1.1 ", fmt::format_int(head.status), " ", reason(head.status),
               "\r\ndate: ", date(), "\r\n");
    if (!head.content_type.empty()) append_all(out, "content-type: ", head.content_type, "\r\n");
    if (!head.request_id.empty()) append_all(out, "x-request-id: ", head.request_id, "\r\n");
    append_all(out, head.extra, head.origin);
    if (!head.keep_alive) {
        out.append("connection: close\r\n");
    } else if (head.http_1_0) {
        out.append("connection: keep-alive\r\n");
    }
}

// Line ends in JSON are only white space, and hardly any provider sends them: two searches cost
// less than a look at each byte.
void append_payload(std::string& out, std::string_view json) {
    const std::size_t begin = out.size();
    out.append(json);
    constexpr auto npos = std::string_view::npos;
    if (json.find('\n') == npos && json.find('\r') == npos) return;
    std::replace_if(
        out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

}  // namespace

std::string_view reason(int status) {
    switch (status) {
        case 200: return "OK";
        case k_no_content: return "No Content";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 411: return "Length Required";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "Unknown";
    }
}

void append_response(std::string& out, const ResponseHead& head, std::string_view body,
                     bool head_only) {
    constexpr std::size_t k_head_bytes = 512;  // most heads are shorter
    out.reserve(out.size() + k_head_bytes + body.size());
    append_status(out, head);
    if (head.status != k_no_content) {  // a 204 must have no length (RFC 9110, 8.6)
        append_all(out, "content-length: ", fmt::format_int(body.size()), "\r\n");
    }
    out.append("\r\n");
    if (!head_only) out.append(body);
}

void append_stream_head(std::string& out, const ResponseHead& head) {
    append_status(out, head);
    out.append("cache-control: no-cache\r\nx-accel-buffering: no\r\n");
    out.append(head.http_1_0 ? "\r\n" : "transfer-encoding: chunked\r\n\r\n");
}

void append_event(std::string& out, std::string_view json, bool chunked) {
    append_event(out, {}, json, chunked);
}

void append_event(std::string& out, std::string_view name, std::string_view json, bool chunked) {
    constexpr std::string_view k_event = "event: ";
    constexpr std::string_view k_before = "data: ";
    constexpr std::string_view k_after = "\n\n";
    const std::size_t before = name.empty() ? 0 : k_event.size() + name.size() + 1;
    if (chunked) {
        fmt::format_to(std::back_inserter(out), "{:x}\r\n",
                       before + k_before.size() + json.size() + k_after.size());
    }
    if (!name.empty()) append_all(out, k_event, name, "\n");
    out.append(k_before);
    append_payload(out, json);
    out.append(k_after);
    if (chunked) out.append("\r\n");
}

void append_comment(std::string& out, std::string_view text, bool chunked) {
    constexpr std::size_t k_around = 2;  // a colon and a line end
    if (chunked) fmt::format_to(std::back_inserter(out), "{:x}\r\n", k_around + text.size());
    append_all(out, ":", text, "\n");
    if (chunked) out.append("\r\n");
}

void append_stream_end(std::string& out, bool chunked) {
    append_event(out, "[DONE]", chunked);
    append_body_end(out, chunked);
}

void append_bytes(std::string& out, std::string_view bytes, bool chunked) {
    if (bytes.empty()) return;
    if (chunked) fmt::format_to(std::back_inserter(out), "{:x}\r\n", bytes.size());
    out.append(bytes);
    if (chunked) out.append("\r\n");
}

void append_body_end(std::string& out, bool chunked) {
    if (chunked) out.append("0\r\n\r\n");
}

}  // namespace bellwether::front

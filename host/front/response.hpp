// The bytes of an HTTP/1.1 response, written by hand: one string, one write for head and first
// bytes.
#pragma once

#include <string>
#include <string_view>

namespace bellwether::front {

// The interim response for `Expect: 100-continue`. Clients that did not ask for it ignore it.
inline constexpr std::string_view k_continue = "HTTP/1.1 100 Continue\r\n\r\n";

struct ResponseHead {
    int status = 200;
    std::string_view content_type = "application/json";  // empty: there is no body
    std::string_view request_id;
    std::string_view extra;   // complete header lines
    std::string_view origin;  // complete CORS header lines (front/cors.hpp)
    bool keep_alive = true;
    bool http_1_0 = false;
};

// Appends a complete response; `head_only` for HEAD.
void append_response(std::string& out, const ResponseHead& head, std::string_view body,
                     bool head_only = false);

// Appends the head of an event stream: chunked, or to the end of the connection for HTTP/1.0.
void append_stream_head(std::string& out, const ResponseHead& head);
// Appends one event; line ends inside `json` (legal only between its tokens) become spaces.
void append_event(std::string& out, std::string_view json, bool chunked);
// Appends one event with a name.
void append_event(std::string& out, std::string_view name, std::string_view json, bool chunked);
// Appends bytes of a body that is neither JSON nor events, and its end.
void append_bytes(std::string& out, std::string_view bytes, bool chunked);
void append_body_end(std::string& out, bool chunked);
// Appends a comment, which clients ignore: one line, without a blank line after it. At a blank line
// some clients, such as OpenAI's own for Go before 3.43, would take the comment for an event and
// fail.
void append_comment(std::string& out, std::string_view text, bool chunked);
void append_stream_end(std::string& out, bool chunked);

std::string_view reason(int status);

}  // namespace bellwether::front

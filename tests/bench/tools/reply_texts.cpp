#include "reply_texts.hpp"

#include <cstdio>

namespace bench {
namespace {

constexpr std::string_view k_chunk_begin =
    R"({"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1767225600,)"
    R"("model":"bench","choices":[)";

std::string with_head(std::string_view status, std::string_view body) {
    std::string reply = "HTTP/1.1 ";
    reply.append(status).append("\r\ncontent-type: application/json\r\ncontent-length: ");
    reply.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return reply;
}

}  // namespace

std::string plain_reply(std::size_t body_bytes) {
    constexpr std::string_view k_begin =
        R"({"id":"chatcmpl-bench","object":"chat.completion","created":1767225600,)"
        R"("model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":")";
    constexpr std::string_view k_end =
        R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":20,)"
        R"("total_tokens":30}})";
    std::string body(k_begin);
    const std::size_t frame = k_begin.size() + k_end.size();
    if (body_bytes > frame) body.append(body_bytes - frame, 'x');
    body.append(k_end);
    return with_head("200 OK", body);
}

std::string error_reply(int status) {
    return with_head(std::to_string(status) + " Error",
                     R"({"error":{"message":"as asked for","type":"bench","code":"bench"}})");
}

// The last field tells nginx not to collect the stream; other gateways ignore it.
std::string_view stream_head() {
    return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
           "x-accel-buffering: no\r\n\r\n";
}

void append_event(std::string& out, std::string_view json) {
    char size[16];
    const int digits = std::snprintf(size, sizeof(size), "%zx\r\n", json.size() + 8);
    out.append(size, static_cast<std::size_t>(digits));
    out.append("data: ").append(json).append("\n\n\r\n");
}

void append_token(std::string& out, std::int64_t stamp_ns, std::size_t chunk_bytes) {
    char begin[96];
    const int length =
        std::snprintf(begin, sizeof(begin), R"({"index":0,"delta":{"content":"%c%016llx )",
                      k_stamp_mark, static_cast<unsigned long long>(stamp_ns));
    std::string json(k_chunk_begin);
    json.append(begin, static_cast<std::size_t>(length));
    if (json.size() < chunk_bytes) json.append(chunk_bytes - json.size(), 'x');
    append_event(out, json.append(R"("},"finish_reason":null}]})"));
}

void append_end(std::string& out, std::int64_t tokens) {
    std::string json(k_chunk_begin);
    append_event(out, json + R"({"index":0,"delta":{},"finish_reason":"stop"}]})");
    const std::string count = std::to_string(tokens);
    json.append(R"(],"usage":{"prompt_tokens":10,"completion_tokens":)").append(count);
    json.append(R"(,"total_tokens":)").append(std::to_string(tokens + 10)).append("}}");
    append_event(out, json);
    append_event(out, "[DONE]");
    out.append("0\r\n\r\n");
}

}  // namespace bench

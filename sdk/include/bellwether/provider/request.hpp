// What is asked of a provider, and what its upstream answers. Part of <bellwether/provider.hpp>.
#pragma once

#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/provider/error.hpp>
#include <bellwether/version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bw::v1 {

// What a request asks for. Only those that the manifest lists ever come.
enum class Operation : std::uint32_t {
    chat = BW_OP_CHAT,
    completions = BW_OP_COMPLETIONS,
    embeddings = BW_OP_EMBEDDINGS,
    responses = BW_OP_RESPONSES,
    messages = BW_OP_MESSAGES,
    count_tokens = BW_OP_COUNT_TOKENS,
    images = BW_OP_IMAGES,
    image_edits = BW_OP_IMAGE_EDITS,
    speech = BW_OP_SPEECH,  // answered by Attempt::emit_bytes
    transcription = BW_OP_TRANSCRIPTION,
    translation = BW_OP_TRANSLATION,
    rerank = BW_OP_RERANK,
    moderation = BW_OP_MODERATION,
    models = BW_OP_MODELS  // answered by Attempt::add_model
};

namespace detail {

// The value of the first header of that name; empty if there is none.
inline std::string_view header_of(const bw_header* headers, std::size_t count,
                                  std::string_view name) {
    for (std::size_t i = 0; i < count; ++i) {
        if (to_view(headers[i].name) == name) return to_view(headers[i].value);
    }
    return {};
}

}  // namespace detail

// One attempt to answer one request. Borrowed: only the constructor of Call sees it.
class Request {
  public:
    explicit Request(const bw_request& request) : request_(request) {}

    Operation operation() const { return static_cast<Operation>(request_.operation); }
    bool stream() const { return (request_.flags & BW_REQUEST_STREAM) != 0; }
    // 0 for the first try of this client request, then 1, 2 ...
    std::uint32_t attempt() const { return request_.attempt; }
    // Time left for all of the attempt; zero: not said.
    std::chrono::milliseconds deadline() const {
        return std::chrono::milliseconds(request_.deadline_ms);
    }
    std::string_view id() const { return detail::to_view(request_.id); }
    std::string_view model() const { return detail::to_view(request_.model); }
    // The client's JSON; handed to Send::body as it is, it is not copied.
    std::string_view body() const { return detail::to_view(request_.body); }
    json::Value json() const { return json::Value(body()); }
    // A header of the client's that the manifest asks for, named in lower case; empty if none.
    std::string_view header(std::string_view name) const {
        return detail::header_of(request_.headers, request_.header_count, name);
    }

  private:
    const bw_request& request_;
};

// The head of the upstream's response. Borrowed.
class Head {
  public:
    explicit Head(const bw_head& head) : head_(head) {}

    std::uint32_t status() const { return head_.http_status; }
    bool ok() const { return head_.http_status >= 200 && head_.http_status < 300; }
    // 0 for the attempt's first exchange, then 1, 2 ...
    std::uint32_t exchange() const { return head_.exchange; }
    // The value of the first header of that name, which is given in lower case; empty if none.
    std::string_view header(std::string_view name) const {
        return detail::header_of(head_.headers, head_.header_count, name);
    }
    // The values of all headers of that name, in their order.
    std::vector<std::string_view> headers(std::string_view name) const {
        std::vector<std::string_view> values;
        for (std::size_t i = 0; i < head_.header_count; ++i) {
            if (detail::to_view(head_.headers[i].name) == name) {
                values.push_back(detail::to_view(head_.headers[i].value));
            }
        }
        return values;
    }
    // Calls `visit` with the name, in lower case, and the value of each header, in their order.
    template <typename Visit>
    void each(const Visit& visit) const {
        for (std::size_t i = 0; i < head_.header_count; ++i) {
            visit(detail::to_view(head_.headers[i].name), detail::to_view(head_.headers[i].value));
        }
    }

  private:
    const bw_head& head_;
};

// A piece of the upstream's body. Borrowed.
class Frame {
  public:
    // How the host cuts the body; see BW_FRAME_*.
    enum Kind : std::uint32_t {
        whole = BW_FRAME_WHOLE,
        raw = BW_FRAME_RAW,
        sse = BW_FRAME_SSE,
        line = BW_FRAME_LINE,
        aws = BW_FRAME_AWS,
        item = BW_FRAME_ITEM
    };
    explicit Frame(const bw_frame& frame) : frame_(frame) {}

    Kind kind() const { return static_cast<Kind>(frame_.kind); }
    bool is_whole() const { return frame_.kind == BW_FRAME_WHOLE; }
    // An error's body was longer than what came of it.
    bool is_cut() const { return (frame_.flags & BW_FRAME_CUT) != 0; }
    std::uint32_t exchange() const { return frame_.exchange; }
    std::string_view data() const { return detail::to_view(frame_.data); }
    // The name of a server-sent event, or of an AWS message; empty if it has none.
    std::string_view event() const { return detail::to_view(frame_.event); }
    // A header of an AWS message; empty if it has none of that name.
    std::string_view header(std::string_view name) const {
        return detail::header_of(frame_.headers, frame_.header_count, name);
    }

  private:
    const bw_frame& frame_;
};

}  // namespace bw::v1

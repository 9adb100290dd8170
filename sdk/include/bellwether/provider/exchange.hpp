// One attempt: what is asked, what is sent, what comes back, what is handed on. Part of
// <bellwether/provider.hpp>.
#pragma once

#include <bellwether/ext/generate.h>
#include <bellwether/provider.h>
#include <bellwether/json.hpp>
#include <bellwether/provider/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bw {

// ---- what is asked ---------------------------------------------------------------------------

// What a request asks for; a value that is none of these is BW_E_UNSUPPORTED.
enum class Operation : std::uint32_t {
    chat = BW_OP_CHAT,
    completions = BW_OP_COMPLETIONS,
    embeddings = BW_OP_EMBEDDINGS
};

// One attempt to answer one request. Borrowed: only the constructor of Call sees it.
class Request {
  public:
    explicit Request(const bw_request& request) : request_(request) {}

    Operation operation() const { return static_cast<Operation>(request_.operation); }
    bool stream() const { return (request_.flags & BW_REQUEST_STREAM) != 0; }
    // 0 for the first try of this client request, then 1, 2 ...
    std::uint32_t attempt() const { return request_.attempt; }
    // Time left; empty: no limit.
    std::optional<std::chrono::milliseconds> deadline() const {
        if (request_.deadline_ms < 0) return std::nullopt;
        return std::chrono::milliseconds(request_.deadline_ms);
    }
    std::string_view id() const { return detail::to_view(request_.id); }
    std::string_view model() const { return detail::to_view(request_.model); }
    // The client's JSON; handed to Sending::body as it is, it is not copied.
    std::string_view body() const { return detail::to_view(request_.body); }
    json::Value json() const { return json::Value(body()); }

  private:
    const bw_request& request_;
};

// ---- what comes back -------------------------------------------------------------------------

// The head of the upstream's response. Borrowed.
class Head {
  public:
    explicit Head(const bw_head& head) : head_(head) {}

    std::uint32_t status() const { return head_.http_status; }
    bool ok() const { return head_.http_status >= 200 && head_.http_status < 300; }
    // The value of the first header of that name, which is given in lower case; empty if none.
    std::string_view header(std::string_view name) const {
        for (std::size_t i = 0; i < head_.header_count; ++i) {
            if (detail::to_view(head_.headers[i].name) == name) {
                return detail::to_view(head_.headers[i].value);
            }
        }
        return {};
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

  private:
    const bw_head& head_;
};

// A piece of the upstream's body. Borrowed.
class Frame {
  public:
    // How the host cuts the body; see BW_FRAME_*.
    enum Kind : std::uint32_t {
        raw = BW_FRAME_RAW,
        sse = BW_FRAME_SSE,
        line = BW_FRAME_LINE,
        whole = BW_FRAME_WHOLE
    };
    explicit Frame(const bw_frame& frame) : frame_(frame) {}

    Kind kind() const { return static_cast<Kind>(frame_.kind); }
    bool is_whole() const { return frame_.kind == BW_FRAME_WHOLE; }
    std::string_view data() const { return detail::to_view(frame_.data); }
    // The name of a server-sent event; empty if it has none.
    std::string_view event() const { return detail::to_view(frame_.event); }

  private:
    const bw_frame& frame_;
};

// Something that is billed by the piece.
struct UsageUnit {
    std::string name;  // "web_search", "image"
    std::int64_t count = 0;
};

// Tokens, as the upstream counted them; -1: not said.
struct Usage {
    std::int64_t input = -1;           // the whole prompt, cached tokens included
    std::int64_t output = -1;          // everything generated, reasoning included
    std::int64_t cached_input = -1;    // the part of input read from a cache
    std::int64_t reasoning = -1;       // the part of output that was reasoning
    std::int64_t total = -1;           // of an upstream that says only that
    std::int64_t cache_write = -1;     // the part of input written to a cache
    std::int64_t cache_write_1h = -1;  // the part of cache_write that is kept for an hour
    std::int64_t audio_input = -1;     // parts of input and output
    std::int64_t audio_output = -1;
    std::int64_t image_input = -1;
    std::int64_t image_output = -1;
    std::string service_tier;  // which the call was served in; empty: not said
    std::vector<UsageUnit> units;
};

// Whether there is more to come of a reply: what Call::data may return.
enum class Progress { more, complete };

// ---- one attempt -----------------------------------------------------------------------------

namespace detail {

// What an instance knows of its host, looked up once.
struct Context {
    const bw_host_api* api;
    const bw_generate_host* generate;  // nullptr: this host cannot run an engine
};

}  // namespace detail

// What is being sent: `exchange.send(...).header(...).secret(...).body(...)`.
class Sending {
  public:
    Sending(const bw_host_api* api, bw_exchange* exchange) : api_(api), exchange_(exchange) {}

    Sending& header(std::string_view name, std::string_view value) {
        api_->send_header(exchange_, detail::to_str(name), detail::to_str(value));
        return *this;
    }
    // A header with a credential in it that only the host sees; for example
    // secret("authorization", "Bearer ", "api_key").
    Sending& secret(std::string_view name, std::string_view prefix, std::string_view secret) {
        api_->send_secret(exchange_, detail::to_str(name), detail::to_str(prefix),
                          detail::to_str(secret));
        return *this;
    }
    // Appends to the body.
    Sending& body(std::string_view bytes) {
        api_->send_body(exchange_, detail::to_str(bytes));
        return *this;
    }

  private:
    const bw_host_api* api_;
    bw_exchange* exchange_;
};

// One attempt, as the host sees it. A handle: copy it into the Call and use it for as long as that
// lives.
class Exchange {
  public:
    Exchange(const detail::Context& context, bw_exchange* exchange)
        : context_(&context), exchange_(exchange) {}

    // In the constructor of Call only, exactly once: asks the upstream. `url` has the origin of
    // base_url.
    Sending send(std::string_view method, std::string_view url, Frame::Kind frame) const {
        context_->api->send(exchange_, detail::to_str(method), detail::to_str(url), frame);
        return {context_->api, exchange_};
    }
    // In the constructor of Call only, in place of send: Call::step makes the answer.
    void generate() const {
        if (context_->generate == nullptr) {
            throw Error(BW_E_UNSUPPORTED, "this host cannot run a provider that answers by itself");
        }
        context_->generate->begin(exchange_);
    }

    // Not streaming: the complete reply, exactly once.
    void emit_reply(std::string_view json) const { emit(BW_EMIT_REPLY, json); }
    // Streaming: one chunk.
    void emit_chunk(std::string_view json) const { emit(BW_EMIT_CHUNK, json); }
    // Streaming: the closing chunk with `"choices":[]` and `usage`. Optional: usage() will do.
    void emit_usage_chunk(std::string_view json) const { emit(BW_EMIT_USAGE, json); }
    // What the call has used so far, all of it.
    void usage(const Usage& usage) const {
        bw_usage out = {};
        out.size = sizeof out;
        out.input_tokens = usage.input;
        out.output_tokens = usage.output;
        out.cached_input_tokens = usage.cached_input;
        out.reasoning_tokens = usage.reasoning;
        out.total_tokens = usage.total;
        out.cache_write_tokens = usage.cache_write;
        out.cache_write_1h_tokens = usage.cache_write_1h;
        out.audio_input_tokens = usage.audio_input;
        out.audio_output_tokens = usage.audio_output;
        out.image_input_tokens = usage.image_input;
        out.image_output_tokens = usage.image_output;
        out.service_tier = detail::to_str(usage.service_tier);
        std::vector<bw_unit> units;
        for (const UsageUnit& unit : usage.units) {
            units.push_back({detail::to_str(unit.name), unit.count});
        }
        out.units = units.data();
        out.unit_count = units.size();
        context_->api->emit_usage(exchange_, &out);
    }

  private:
    void emit(std::uint32_t kind, std::string_view json) const {
        context_->api->emit(exchange_, kind, detail::to_str(json));
    }

    const detail::Context* context_;
    bw_exchange* exchange_;
};

}  // namespace bw

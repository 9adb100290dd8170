// A provider for another dialect: Anthropic's Messages API. messages.hpp translates what is asked;
// here is what comes back, as a stream or whole.
#include "messages.hpp"

#include <bellwether/chat/reply.hpp>
#include <bellwether/http/error_class.hpp>
#include <bellwether/http/retry_after.hpp>
#include <bellwether/openai_compatible/usage.hpp>

#include <optional>

namespace json = bw::json;

class Anthropic {
  public:
    explicit Anthropic(const bw::Setup& setup)
        : host(setup.host()), url(setup.base_url() + "/v1/messages") {}

    class Call;

    bw::Host host;
    std::string url;
};

class Anthropic::Call {
  public:
    Call(Anthropic& provider, const bw::Request& request, bw::Attempt attempt)
        : host_(provider.host), reply_(attempt, request, provider.host.unix_time()) {
        const std::string body = messages_body(chat::Request(request.json()));
        attempt.send(bw::Send("POST", provider.url)
                         .frame(request.stream() ? bw::Frame::sse : bw::Frame::whole)
                         .header("anthropic-version", "2023-06-01")
                         .auth("api_key")
                         .body(body));
    }

    void head(const bw::Head& head) {
        status_ = head.status();
        wait_ = bw::retry_after_of_headers(head, host_.unix_time());
    }

    void data(const bw::Frame& frame) {
        const json::Value event(frame.data());
        const json::Value type = event["type"];
        if (status_ != 200 || type.equals("error")) fail(event);
        if (type.equals("message")) return message(event);
        if (type.equals("message_start")) return begin(event["message"]);
        if (type.equals("content_block_start")) return block(event["content_block"]);
        if (type.equals("content_block_delta")) return delta(event["delta"]);
        if (type.equals("message_delta")) return finish(event["delta"], event["usage"]);
    }

    void end() {
        if (!reply_.end()) throw bw::Error(BW_E_PROTOCOL, "the answer was cut");
    }

  private:
    // A whole reply is what a stream says, at once.
    void message(const json::Value& message) {
        begin(message);
        for (const json::Value& each : message["content"].elements()) {
            block(each);
            if (each["input"]) reply_.tool_call_arguments(each["input"].raw());
        }
        finish(message, message["usage"]);
    }
    void begin(const json::Value& message) {
        reply_.id(message["id"].string()).model(message["model"].string());
        reply_.usage(bw::openai::read_usage(message["usage"].raw()));
    }
    void block(const json::Value& block) {
        if (block["type"].equals("tool_use")) {
            reply_.tool_call_begin(block["id"].string(), block["name"].string());
        }
        reply_.text(block["text"].string()).reasoning(block["thinking"].string());
    }
    void delta(const json::Value& delta) {
        reply_.text(delta["text"].string()).reasoning(delta["thinking"].string());
        reply_.tool_call_arguments(delta["partial_json"].string());
    }
    void finish(const json::Value& why, const json::Value& usage) {
        reply_.usage(bw::openai::read_usage(usage.raw()));
        const std::string reason = why["stop_reason"].string();
        if (reason == "max_tokens" || reason == "model_context_window_exceeded") {
            reply_.finish(chat::Finish::length);
        } else if (!reason.empty()) {
            reply_.finish(reason == "refusal" ? chat::Finish::content_filter : chat::Finish::stop);
        }
    }
    [[noreturn]] void fail(const json::Value& body) const {
        const json::Value error = body["error"];
        const std::string type = error["type"].string();
        const std::string message = error["message"].string("no reason was given");
        const std::uint32_t status = status_ == 200 ? 0 : status_;
        bw::Error failure(bw::error_class(status, {"", type, message}),
                          "Anthropic failed: " + message);
        failure.http_status(status_).code(type).type(type).raw(body.raw());
        if (wait_) failure.retry_after(*wait_);
        throw failure;
    }

    bw::Host host_;
    chat::Reply<bw::Attempt> reply_;
    std::uint32_t status_ = 0;
    std::optional<std::chrono::milliseconds> wait_;
};

BW_PROVIDER(Anthropic, "com.example.anthropic", "1.0.0", R"({
    "summary": "Anthropic's Messages API",
    "base_url": "https://api.anthropic.com",
    "credentials": [{"name": "api_key", "kind": "header", "header": "x-api-key",
                     "env": "ANTHROPIC_API_KEY", "required": true}]
})")

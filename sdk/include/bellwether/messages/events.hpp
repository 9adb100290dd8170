// bellwether/messages/events.hpp - what Anthropic's Messages API answers, event by event, as a chat
// reply. A whole message is what a stream says, at once.
//
//   bw::messages::Events<bw::Attempt> events({attempt, request, host.unix_time()});  // in the Call
//   events.take(bw::messages::Event(frame.data()));  // once for each, or for the whole message
//   if (!events.end()) throw bw::Error(BW_E_PROTOCOL, "the answer was cut");
//
// Thoughts come as `reasoning_content` while they are thought. One that is complete comes again as
// an element of `reasoning_details`, with its signature: that is the form in which a client hands
// it back (see <bellwether/messages/body.hpp>). Events and members that are not known are passed
// over, and so are errors: they are for the plugin. One thread.
#pragma once

#include <bellwether/chat/reply.hpp>
#include <bellwether/messages/blocks.hpp>
#include <bellwether/openai_compatible/usage.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace bw::v1::messages {

inline chat::Finish finish_of(std::string_view stop_reason) {
    if (stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded") {
        return chat::Finish::length;
    }
    if (stop_reason == "tool_use") return chat::Finish::tool_calls;
    return stop_reason == "refusal" ? chat::Finish::content_filter : chat::Finish::stop;
}

// One event, or a whole message, as an upstream sent it: a view on its text.
class Event {
  public:
    explicit Event(std::string_view text) : whole(text) {
        proper_ = json::collect(text, {{"type", &type},
                                       {"delta", &delta},
                                       {"content_block", &content_block},
                                       {"message", &message},
                                       {"usage", &usage}});
    }
    // It is one JSON object; what is not has no members behind its mistake.
    bool proper() const { return proper_; }

    json::Value whole;
    json::Value type, delta, content_block, message, usage;

  private:
    bool proper_;
};

template <typename Sink>
class Events {
  public:
    explicit Events(chat::Reply<Sink> reply) : reply_(std::move(reply)) {}

    void take(const Event& event) {
        const json::Value& type = event.type;
        if (type.equals("content_block_delta")) return delta(event.delta);
        if (type.equals("content_block_start")) return open(event.content_block);
        if (type.equals("content_block_stop")) return close();
        if (type.equals("message_start")) return begin(event.message);
        if (type.equals("message_delta")) return finish(event.delta, event.usage);
        if (type.equals("message")) return message(event.whole);
    }
    // False: something is missing of the answer.
    [[nodiscard]] bool end() { return reply_.end(); }

  private:
    void message(const json::Value& message) {
        begin(message);
        for (const json::Value& block : message["content"].elements()) {
            open(block);
            close();
        }
        finish(message, message["usage"]);
    }
    void begin(const json::Value& message) {
        reply_.id(message["id"].string()).model(message["model"].string());
        reply_.usage(openai::read_usage(message["usage"].raw()));
    }
    void open(const json::Value& block) {
        // Anthropic's own tools are called in blocks of other types: those are no calls to answer.
        in_call_ = block["type"].equals("tool_use");
        if (in_call_) reply_.tool_call_begin(block["id"].string(), block["name"].string());
        if (in_call_) input_ = block["input"].raw();
        if (block["type"].equals("redacted_thinking")) detail("encrypted", "data", block["data"]);
        delta(block);
    }
    // Of a block; and the block itself where it is whole.
    void delta(const json::Value& delta) {
        json::Value text, thinking, signature, input;
        json::collect(delta.raw(), {{"text", &text},
                                    {"thinking", &thinking},
                                    {"signature", &signature},
                                    {"partial_json", &input}});
        const std::string_view thought = thinking.text(room_);
        thought_ += thought;
        reply_.reasoning(thought);
        reply_.text(text.text(room_));
        signature_ += signature.text(room_);
        const std::string_view piece = input.text(room_);
        if (!in_call_ || piece.empty()) return;
        input_.clear();
        reply_.tool_call_arguments(piece);
    }
    // A thought that is complete is told again with its signature: so it can be handed back.
    void close() {
        if (in_call_ && !input_.empty() && input_ != "{}") reply_.tool_call_arguments(input_);
        input_.clear();
        const std::string signature = json::quote(signature_);
        if (!signature_.empty()) detail("text", "signature", json::Value(signature));
        thought_.clear();
        signature_.clear();
        in_call_ = false;
    }
    void detail(std::string_view kind, std::string_view name, const json::Value& value) {
        std::string told;
        json::Writer out(told);
        out.object().member("type", "reasoning." + std::string(kind));
        out.maybe("text", thought_).member(name, value.string());
        out.member("format", k_thoughts_format).member("index", details_++);
        out.finish();
        reply_.reasoning_detail(told);
    }
    void finish(const json::Value& why, const json::Value& usage) {
        reply_.usage(openai::read_usage(usage.raw()));
        const std::string reason = why["stop_reason"].string();
        if (reason == "refusal") reply_.refusal(why["stop_details"]["explanation"].string());
        if (!reason.empty()) reply_.finish(finish_of(reason));
    }

    chat::Reply<Sink> reply_;
    std::string thought_;    // of the block that is open
    std::string signature_;  // the same
    std::string input_;     // the same: of a call, as its beginning has it, until pieces of it come
    bool in_call_ = false;  // the block that is open calls a tool of the client's
    std::size_t details_ = 0;
    std::string room_;  // of a piece that is unescaped
};

}  // namespace bw::v1::messages

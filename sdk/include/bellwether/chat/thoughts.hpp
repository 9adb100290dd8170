// bellwether/chat/thoughts.hpp - thoughts that a client has to hand back, so that the model can go
// on from them: the elements of `reasoning_details` of a message of the assistant, which OpenRouter
// has brought up. Each has a text with a signature, or data that only its maker can read, and a
// `format` that says whose it is.
//
//   bw::chat::Thoughts thoughts("anthropic-claude-v1");      // in the Call
//   thoughts.text(reply, "First this").text(reply, ", then that.").signature("c2ln");
//   thoughts.close(reply);                                   // the block has ended
//
//   for (const bw::chat::Thought& each : bw::chat::thoughts_of(turn, "anthropic-claude-v1")) ...
#pragma once

#include <bellwether/chat/turn.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::chat {

// A thought that was handed back.
struct Thought {
    std::string text;
    std::string signature;  // of the text; empty if there is data
    std::string data;       // what only its maker can read; empty if there is a signature
};

// The thoughts of a message that are of this format and can be sent on: those that are signed, or
// have data.
inline std::vector<Thought> thoughts_of(const Turn& turn, std::string_view format) {
    std::vector<Thought> out;
    for (const json::Value& each : turn.raw()["reasoning_details"].elements()) {
        if (!turn.is_assistant() || !each["format"].equals(format)) continue;
        Thought thought{each["text"].string(), each["signature"].string(), each["data"].string()};
        if (!thought.signature.empty()) thought.data.clear();
        if (!thought.signature.empty() || !thought.data.empty()) out.push_back(std::move(thought));
    }
    return out;
}

// Tells a reply what is thought, piece by piece; and at its end each thought that is signed once
// more, whole. Unsigned ones need not be handed back.
class Thoughts {
  public:
    // Must live as long.
    explicit Thoughts(std::string_view format) : format_(format) {}

    template <typename Reply>
    Thoughts& text(Reply& reply, std::string_view piece) {
        reply.reasoning(piece);
        text_ += piece;
        return *this;
    }
    Thoughts& signature(std::string_view piece) { return signature_ += piece, *this; }
    // A thought that only its maker can read.
    template <typename Reply>
    Thoughts& data(Reply& reply, std::string_view data) {
        if (!data.empty()) tell(reply, "reasoning.encrypted", {}, "data", data);
        return *this;
    }
    // The thought is complete.
    template <typename Reply>
    void close(Reply& reply) {
        const std::string text = std::exchange(text_, {});
        const std::string signature = std::exchange(signature_, {});
        if (!signature.empty()) tell(reply, "reasoning.text", text, "signature", signature);
    }

  private:
    template <typename Reply>
    void tell(Reply& reply, const char* type, std::string_view text, std::string_view name,
              std::string_view value) {
        std::string told;
        json::Writer out(told);
        out.object().member("type", type).maybe("text", text).member(name, value);
        out.member("format", format_).member("index", index_++).finish();
        reply.reasoning_detail(told);
    }

    std::string_view format_;
    std::string text_;
    std::string signature_;
    std::size_t index_ = 0;
};

}  // namespace bw::v1::chat

// What Converse answers, as a chat reply: the events of a stream, or a whole message.
#pragma once

#include "converse.hpp"

#include <bellwether/chat/reply.hpp>
#include <bellwether/openai_compatible/usage.hpp>

#include <map>

namespace bedrock {

class Answer {
  public:
    explicit Answer(chat::Reply<bw::Attempt> reply) : reply_(std::move(reply)) {}

    // An event of a stream. The last one has the usage.
    void take(std::string_view name, const json::Value& event) {
        const std::int64_t index = event["contentBlockIndex"].integer().value_or(-1);
        if (name == "contentBlockStart") open(event["start"], index);
        if (name == "contentBlockDelta") say(event["delta"], index);
        if (name == "contentBlockStop") thoughts_.close(reply_);
        if (name == "messageStop") reason_ = event["stopReason"].string();
        if (name == "metadata") finish(event);
    }
    // A whole message.
    void take(const json::Value& message) {
        std::int64_t index = 0;
        for (const json::Value& block : message["output"]["message"]["content"].elements()) {
            open(block, index);
            say(block, index++);
            thoughts_.close(reply_);
        }
        reason_ = message["stopReason"].string();
        finish(message);
    }
    // False: something is missing of the answer.
    [[nodiscard]] bool end() { return reply_.end(); }

  private:
    void open(const json::Value& block, std::int64_t index) {
        const json::Value tool = block["toolUse"];
        const std::size_t call = reply_.tool_calls();
        if (tool) reply_.tool_call_begin(tool["toolUseId"].string(), tool["name"].string());
        if (reply_.tool_calls() > call) calls_[index] = call;
    }
    // What a whole block or a delta says.
    void say(const json::Value& said, std::int64_t index) {
        reply_.text(said["text"].string());
        const json::Value thought = said["reasoningContent"];
        const json::Value text = thought["reasoningText"] ? thought["reasoningText"] : thought;
        thoughts_.text(reply_, text["text"].string()).signature(text["signature"].string());
        thoughts_.data(reply_, thought["redactedContent"].string());
        const json::Value input = said["toolUse"]["input"];  // text in a delta, JSON in a block
        const auto call = calls_.find(index);
        if (!input || call == calls_.end()) return;
        reply_.tool_call_arguments_of(call->second, input.string(input.raw()));
    }
    // An answer that was cut has no reason; one that went wrong ("malformed_tool_use") has no end.
    void finish(const json::Value& told) {
        bw::Usage usage = bw::openai::read_usage(told["usage"].raw());
        usage.service_tier = told["serviceTier"]["type"].string();
        reply_.usage(usage);
        if (reason_.empty() || reason_.compare(0, 9, "malformed") == 0) return;
        const bool full = reason_ == "max_tokens" || reason_ == "model_context_window_exceeded";
        const bool filtered = reason_ == "guardrail_intervened" || reason_ == "content_filtered";
        const chat::Finish other = filtered ? chat::Finish::content_filter : chat::Finish::stop;
        reply_.finish(full ? chat::Finish::length : other);
    }

    chat::Reply<bw::Attempt> reply_;
    chat::Thoughts thoughts_{k_thoughts_format};
    std::map<std::int64_t, std::size_t> calls_;  // the tool call of a block, by the block's index
    std::string reason_;
};

}  // namespace bedrock

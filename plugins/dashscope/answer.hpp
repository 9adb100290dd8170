// An answer of DashScope's generation, whole or event by event, as OpenAI's reply or chunks.
#pragma once

#include <bellwether/chat/reply.hpp>
#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/usage.hpp>
#include <bellwether/provider.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace dashscope {

namespace chat = bw::chat;
namespace json = bw::json;

class Answer {
  public:
    Answer(bw::Attempt attempt, const bw::Request& request, const bw::Host& host)
        : reply_(attempt, request, host.unix_time()) {}

    // An event says what is new since the one before.
    void take(const json::Value& body) {
        const std::string id = body["request_id"].string();
        if (!id.empty()) reply_.id("chatcmpl-" + id);
        bw::Usage usage = bw::openai::read_usage(body["usage"].raw());
        usage.image_input =
            std::max(usage.image_input, body["usage"]["image_tokens"].integer().value_or(-1));
        reply_.usage(usage);
        const json::Value output = body["output"];
        std::int64_t place = 0;
        for (const json::Value& choice : output["choices"].elements()) {
            take(choice, choice["message"], choice["index"].integer().value_or(place++));
        }
        if (!output["choices"]) take(output, output, 0);  // the older form, of models that know it
    }
    bool end() { return reply_.end(); }

  private:
    void take(const json::Value& choice, const json::Value& message, std::int64_t index) {
        reply_.reasoning(message["reasoning_content"].string(), index);
        const json::Value content = message["content"];
        reply_.text(content.string(message["text"].string()), index);
        for (const json::Value& part : content.elements())
            reply_.text(part["text"].string(), index);
        std::int64_t place = 0;
        for (const json::Value& call : message["tool_calls"].elements()) {
            take_call(call, call["index"].integer().value_or(place++), index);
        }
        finish(choice["finish_reason"].string("null"), index);
    }
    // The id and the name come once, and then only the arguments.
    void take_call(const json::Value& call, std::int64_t number, std::int64_t choice) {
        const json::Value function = call["function"];
        const auto [known, is_new] = calls_.emplace(std::pair(choice, number), 0);
        if (is_new) {
            const std::string name = function["name"].string();
            if (name.empty()) throw bw::Error(BW_E_PROTOCOL, "DashScope named no tool to call");
            known->second = reply_.tool_calls(choice);
            reply_.tool_call_begin(call["id"].string(), name, choice);
        }
        reply_.tool_call_arguments_of(known->second, function["arguments"].string(), choice);
    }
    // Until the last event the reason is the text "null".
    void finish(const std::string& reason, std::int64_t index) {
        if (reason == "null" || reason.empty()) return;
        if (reason == "length") {
            reply_.finish(chat::Finish::length, index);
        } else if (reason == "tool_calls") {
            reply_.finish(chat::Finish::tool_calls, index);
        } else {
            const bool filtered = reason == "content_filter";
            reply_.finish(filtered ? chat::Finish::content_filter : chat::Finish::stop, index);
        }
    }

    chat::Reply<bw::Attempt> reply_;
    // Which of a choice's calls has which number upstream: of those that a reply has room for.
    std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> calls_;
};

}  // namespace dashscope

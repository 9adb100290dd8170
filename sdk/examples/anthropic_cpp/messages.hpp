// A chat request as Anthropic's Messages API takes it.
#pragma once

#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider.hpp>

#include <string>

namespace chat = bw::chat;

inline void write_part(bw::json::Writer& json, const chat::Part& part) {
    const chat::Media media = part.media();
    if (part.kind() == chat::PartKind::text) {
        json.object().member("type", "text").member("text", part.text_json()).end();
    } else if (part.kind() == chat::PartKind::image) {
        json.object().member("type", "image").object("source");
        json.member("type", media.is_data() ? "base64" : "url").maybe("url", media.url());
        json.maybe("media_type", media.media_type()).maybe("data", media.base64()).end().end();
    } else {
        throw bw::Error(BW_E_UNSUPPORTED, part.param() + " is of no kind that is served here")
            .param(part.param());
    }
}

inline void write_turn(bw::json::Writer& json, const chat::Turn& turn) {
    if (turn.is_tool_result()) {
        json.object().member("type", "tool_result").member("tool_use_id", turn.tool_call_id());
        json.array("content");
    }
    for (const chat::Part& part : turn.parts()) write_part(json, part);
    if (turn.is_tool_result()) json.end().end();
    for (const chat::ToolCall& call : turn.tool_calls()) {
        json.object()
            .member("type", "tool_use")
            .member("id", call.id())
            .member("name", call.name());
        json.key("input").raw(call.arguments_object()).end();
    }
}

inline std::string messages_body(const chat::Request& asked) {
    if (const auto wrong = asked.problem()) {
        throw bw::Error(BW_E_INVALID, wrong->message).param(wrong->param);
    }
    std::string body;
    bw::json::Writer json(body);
    json.object().member("model", asked.model()).member("stream", asked.stream());
    json.member("max_tokens", asked.max_tokens().value_or(4096));
    json.maybe("temperature", asked.temperature()).maybe("top_p", asked.top_p());
    json.maybe("system", asked.instructions());
    if (!asked.stop().empty()) {
        json.array("stop_sequences");
        for (const std::string& stop : asked.stop()) json.value(stop);
        json.end();
    }
    json.array("messages");
    for (const chat::Side& side : asked.sides()) {
        json.object().member("role", side.is_assistant() ? "assistant" : "user").array("content");
        for (const chat::Turn& turn : side) write_turn(json, turn);
        json.end().end();
    }
    json.end();
    if (!asked.tools().empty()) json.array("tools");
    for (const chat::Tool& tool : asked.tools()) {
        json.object().member("name", tool.name()).maybe("description", tool.description());
        json.key("input_schema").raw(tool.schema()).end();
    }
    if (!asked.tools().empty()) json.end();
    const chat::ToolChoice choice = asked.tool_choice();
    if (choice.mode != chat::ToolMode::unsaid) {
        const char* const types[] = {"auto", "none", "auto", "any", "tool"};  // as ToolMode
        json.object("tool_choice").member("type", types[static_cast<int>(choice.mode)]);
        json.maybe("name", choice.name).end();
    }
    json.finish();
    return body;
}

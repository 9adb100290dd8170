// The messages of a chat request as DashScope takes them: a text each for models that read text
// alone, or a list of parts.
#pragma once

#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider.hpp>

#include <string>
#include <string_view>

namespace dashscope {

namespace chat = bw::chat;
namespace json = bw::json;

inline bw::Error unsupported(const std::string& param, const std::string& why) {
    return bw::Error(BW_E_UNSUPPORTED, param + " " + why).param(param);
}

inline bool is_video(const chat::Part& part) {
    return part.raw()["video_url"] || part.raw()["video"];
}

// Whether a request has more than text, and so needs a model that takes parts.
inline bool has_media(const chat::Request& asked) {
    bool found = false;
    for (const chat::Turn& turn : asked.turns()) {
        for (const chat::Part& part : turn.parts()) {
            const chat::PartKind kind = part.kind();
            if (kind == chat::PartKind::text || kind == chat::PartKind::refusal) continue;
            if (kind == chat::PartKind::file ||
                (kind == chat::PartKind::other && !is_video(part))) {
                throw unsupported(part.param(), "is of no kind that DashScope takes");
            }
            found = true;
        }
    }
    return found;
}

// Its data, or where it is: some clients write an address where OpenAI has data.
inline std::string sound_of(const chat::Part& part) {
    const chat::Media sound = part.media();
    const bool is_url = sound.base64().find(':') != std::string::npos;
    return is_url ? sound.base64() : sound.as_url();
}

inline void write_part(json::Writer& json, const chat::Part& part) {
    json.object();
    if (part.kind() == chat::PartKind::image) {
        json.member("image", part.media().as_url());
    } else if (part.kind() == chat::PartKind::audio) {
        json.member("audio", sound_of(part));
    } else if (part.kind() == chat::PartKind::other) {
        const json::Value url = part.raw()["video_url"];
        json.key("video").value(url["url"] ? url["url"] : url ? url : part.raw()["video"]);
    } else {
        json.member("text", part.text_json());
    }
    for (const char* also : {"min_pixels", "max_pixels", "total_pixels", "fps", "cache_control"}) {
        json.maybe(also, part.raw()[also]);
    }
    json.end();
}

inline void write_content(json::Writer& json, const chat::Turn& turn, bool in_parts) {
    for (const chat::Part& part : turn.parts()) in_parts |= bool(part.raw()["cache_control"]);
    const std::string refusal = turn.parts().empty() ? turn.refusal() : "";
    if (!in_parts) {
        std::string text = refusal;
        for (const chat::Part& part : turn.parts()) {
            if (!text.empty()) text += '\n';
            text += part.text();
        }
        json.member("content", text);
        return;
    }
    json.array("content");
    for (const chat::Part& part : turn.parts()) write_part(json, part);
    if (turn.parts().empty()) json.object().member("text", refusal).end();
    json.end();
}

inline void write_calls(json::Writer& json, const chat::Turn& turn) {
    if (turn.tool_calls().empty()) return;
    json.array("tool_calls");
    for (const chat::ToolCall& call : turn.tool_calls()) {
        if (call.is_custom()) throw unsupported(call.param(), "is of a tool that takes no JSON");
        json.object().member("id", call.id()).member("type", "function").object("function");
        json.member("name", call.name()).member("arguments", call.arguments()).end().end();
    }
    json.end();
}

inline const char* role_of(const chat::Turn& turn) {
    if (turn.is_instruction()) return "system";
    if (turn.is_tool_result()) return "tool";
    return turn.is_assistant() ? "assistant" : "user";
}

inline void write_messages(json::Writer& json, const chat::Request& asked, bool in_parts) {
    json.array("messages");
    for (const chat::Turn& turn : asked.turns()) {
        json.object().member("role", role_of(turn)).maybe("name", turn.name());
        if (turn.is_tool_result()) json.member("tool_call_id", turn.tool_call_id());
        write_content(json, turn, in_parts);
        write_calls(json, turn);
        json.maybe("reasoning_content", turn.reasoning()).maybe("partial", turn.raw()["partial"]);
        json.end();
    }
    json.end();
}

}  // namespace dashscope

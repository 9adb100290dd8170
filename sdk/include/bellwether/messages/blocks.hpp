// The content blocks of Anthropic's Messages API: what one message of a chat says. Part of
// <bellwether/messages/body.hpp>.
#pragma once

#include <bellwether/base64.hpp>
#include <bellwether/chat/request.hpp>
#include <bellwether/chat/thoughts.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/provider/error.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace bw::v1::messages {

// Of thoughts that were signed, for no other vendor can read them.
inline constexpr std::string_view k_thoughts_format = "anthropic-claude-v1";

[[noreturn]] inline void unserved(const std::string& param, const std::string& why) {
    throw Error(BW_E_UNSUPPORTED, param + " " + why).param(param);
}

// The text of a file that is one, for Anthropic does not take it in base64.
inline std::string text_of(const chat::Part& part, const chat::Media& media) {
    const auto text = base64::decode(media.base64());
    if (text) return *text;
    throw Error(BW_E_INVALID, part.param() + " is not base64").param(part.param());
}

// A picture, or a file: a PDF if it is not said what it is.
inline void write_media(json::Writer& out, const chat::Part& part) {
    const chat::Media media = part.media();
    const std::string type = media.media_type().empty() && part.kind() == chat::PartKind::file
                                 ? "application/pdf"
                                 : media.media_type();
    const bool text = type.compare(0, 5, "text/") == 0;
    const bool image = part.kind() == chat::PartKind::image || type.compare(0, 6, "image/") == 0;
    if (media.is_data() && !image && !text && type != "application/pdf") {
        unserved(part.param(), "is of a type that Anthropic does not read: " + type);
    }
    out.object().member("type", image ? "image" : "document");
    out.maybe("title", image ? std::string() : media.name()).object("source");
    if (!media.is_data()) {
        out.member("type", media.url().empty() ? "file" : "url");
        out.maybe("url", media.url()).maybe("file_id", media.id());
    } else if (text) {
        out.member("type", "text").member("media_type", "text/plain");
        out.member("data", text_of(part, media));
    } else {
        out.member("type", "base64").member("media_type", type).member("data", media.base64());
    }
    out.end().maybe("cache_control", part.raw()["cache_control"]).end();
}

// True for a part that is one of Anthropic's own blocks already.
inline bool is_block(const json::Value& type) {
    const char* const known[] = {"image",    "document",          "search_result",
                                 "thinking", "redacted_thinking", "container_upload"};
    return std::any_of(std::begin(known), std::end(known),
                       [&](const char* name) { return type.equals(name); });
}

// `message`: whose cache_control counts where the content is a text and has none.
inline void write_part(json::Writer& out, const chat::Part& part, const json::Value& message) {
    switch (part.kind()) {
        case chat::PartKind::text:
        case chat::PartKind::refusal: {
            if (part.text_json().equals("")) return;  // Anthropic refuses an empty text
            const bool bare = part.raw().kind() == json::Kind::string;
            out.object().member("type", "text").member("text", part.text_json());
            out.maybe("cache_control", (bare ? message : part.raw())["cache_control"]).end();
            return;
        }
        case chat::PartKind::image:
        case chat::PartKind::file: return write_media(out, part);
        default: break;
    }
    if (!is_block(part.raw()["type"])) {
        unserved(part.param(), "is of no kind that Anthropic's models take");
    }
    out.value(part.raw());
}

// What was thought before, as this plugin told it: signed, or readable by Anthropic alone.
inline void write_thoughts(json::Writer& out, const chat::Turn& turn) {
    for (const chat::Thought& each : chat::thoughts_of(turn, k_thoughts_format)) {
        out.object().member("type", each.data.empty() ? "thinking" : "redacted_thinking");
        if (each.data.empty()) {
            out.member("thinking", each.text).member("signature", each.signature);
        } else {
            out.member("data", each.data);
        }
        out.end();
    }
}

inline void write_call(json::Writer& out, const chat::ToolCall& call) {
    if (call.is_custom()) unserved(call.param(), "is of a tool that takes text");
    out.object().member("type", "tool_use").member("id", chat::plain_id(call.id()));
    out.member("name", call.name()).key("input").raw(call.arguments_object()).end();
}

inline void write_turn(json::Writer& out, const chat::Turn& turn) {
    if (turn.is_tool_result()) {
        out.object().member("type", "tool_result");
        out.member("tool_use_id", chat::plain_id(turn.tool_call_id())).array("content");
        for (const chat::Part& part : turn.parts()) write_part(out, part, {});
        out.end().maybe("cache_control", turn.raw()["cache_control"]).end();
        return;
    }
    write_thoughts(out, turn);
    for (const chat::Part& part : turn.parts()) write_part(out, part, turn.raw());
    if (const std::string refusal = turn.refusal(); !refusal.empty()) {
        out.object().member("type", "text").member("text", refusal).end();
    }
    for (const chat::ToolCall& call : turn.tool_calls()) write_call(out, call);
}

}  // namespace bw::v1::messages

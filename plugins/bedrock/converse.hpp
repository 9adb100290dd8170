// A chat request as Amazon Bedrock's Converse and ConverseStream take it.
#pragma once

#include <bellwether/chat/check.hpp>
#include <bellwether/chat/file_ending.hpp>
#include <bellwether/chat/thoughts.hpp>
#include <bellwether/chat/write_sides.hpp>
#include <bellwether/provider.hpp>

#include <algorithm>

namespace bedrock {

namespace chat = bw::chat;
namespace json = bw::json;

// Anthropic's own API takes thoughts of this format, too.
constexpr std::string_view k_thoughts_format = "anthropic-claude-v1";

// A blank text is left out: Bedrock refuses it.
inline void write_part(json::Writer& out, const chat::Part& part) {
    const json::Value text = part.text_json();
    const bool blank = text.string().find_first_not_of(" \n\r\t") == std::string::npos;
    if (!blank) out.object().member("text", text).end();
    if (text) return;
    const chat::Media media = part.media();
    const std::string_view format = chat::file_ending(media.media_type());
    const bool known = media.is_data() && !format.empty();
    if (!known) chat::refuse(part.param(), "must have its bytes, in a format that Bedrock knows");
    const std::string kind = media.media_type().substr(0, 5);
    const bool document = kind != "image" && kind != "audio";
    out.object().object(document ? "document" : kind).member("format", format);
    // A neutral name, as AWS advises, and another one for each.
    std::string name = part.param();
    std::replace(name.begin(), name.end(), '.', ' ');
    if (document) out.member("name", name);
    out.object("source").member("bytes", media.base64()).end().end().end();
}

// After a part, a message or a tool that clients mark as those of Anthropic's models do.
inline void write_cache_point(json::Writer& out, const json::Value& marked) {
    const json::Value control = marked["cache_control"];
    if (!control) return;
    out.object().object("cachePoint").member("type", "default").maybe("ttl", control["ttl"]);
    out.end().end();
}

inline void write_turn(json::Writer& out, const chat::Turn& turn) {
    for (const chat::Thought& thought : chat::thoughts_of(turn, k_thoughts_format)) {
        out.object().object("reasoningContent").maybe("redactedContent", thought.data);
        if (thought.data.empty()) out.object("reasoningText").member("text", thought.text);
        if (thought.data.empty()) out.member("signature", thought.signature).end();
        out.end().end();
    }
    json::Value marked = turn.raw();
    const bool result = turn.is_tool_result();
    if (result) out.object().object("toolResult").array("content");
    for (const chat::Part& part : turn.parts()) {
        write_part(out, part);
        if (!result) write_cache_point(out, part.raw());
        if (result && part.raw()["cache_control"]) marked = part.raw();  // no place within a result
    }
    if (result) out.end().member("toolUseId", chat::plain_id(turn.tool_call_id())).end().end();
    if (!turn.refusal().empty()) out.object().member("text", turn.refusal()).end();
    for (const chat::ToolCall& call : turn.tool_calls()) {
        if (call.is_custom()) chat::refuse(call.param());
        out.object().object("toolUse").member("toolUseId", chat::plain_id(call.id()));
        out.member("name", call.name()).key("input").raw(call.arguments_object()).end().end();
    }
    write_cache_point(out, marked);
}

// `used`: the messages have calls of tools, or results, which Bedrock refuses without the tools.
inline void write_tools(json::Writer& out, const chat::Request& asked, bool used) {
    const chat::ToolChoice choice = asked.tool_choice();
    const bool none = choice.mode == chat::ToolMode::none;
    bool any = false;
    for (const chat::Tool& tool : asked.tools()) {
        if (none || !choice.allows(tool.name())) continue;
        if (!tool.is_function()) chat::refuse(tool.param());
        if (!std::exchange(any, true)) out.object("toolConfig").array("tools");
        const json::Value given(tool.schema());
        const std::string typed = json::with_member(given.raw(), "type", "\"object\"");
        out.object().object("toolSpec").member("name", tool.name());
        out.maybe("description", tool.description().string()).maybe("strict", tool.strict());
        out.object("inputSchema").key("json").raw(given["type"] ? given.raw() : typed);
        out.end().end().end();
        write_cache_point(out, tool.raw());
    }
    const bool wanted = used || choice.mode >= chat::ToolMode::required;
    if (wanted && !any) chat::refuse(none ? "tool_choice" : "tools", "must leave it the tools");
    if (!any) return;
    out.end();
    const char* const choices[] = {"", "", "auto", "any", "tool"};  // as ToolMode
    const std::string_view name = choices[static_cast<int>(choice.mode)];
    if (!name.empty()) out.object("toolChoice").object(name).maybe("name", choice.name).end().end();
    out.end();
}

// The form of the answer, and how much is thought about it.
inline void write_output(json::Writer& out, const chat::Request& asked) {
    const chat::ResponseFormat format = asked.response_format();
    std::string effort = asked.reasoning_effort();
    if (effort == "none") effort.clear();
    if (format.kind == chat::FormatKind::json_object) chat::refuse("response_format.type");
    if (format.kind == chat::FormatKind::text && effort.empty()) return;
    out.object("outputConfig").maybe("effort", effort == "minimal" ? "low" : effort);
    if (format.kind == chat::FormatKind::json_schema) {
        out.object("textFormat").member("type", "json_schema").object("structure");
        out.object("jsonSchema").member("name", format.name);
        out.maybe("description", asked["response_format"]["json_schema"]["description"]);
        out.member("schema", format.schema ? format.schema.raw() : "{}").end().end().end();
    }
    out.end();
}

inline std::string converse_body(const chat::Request& asked) {
    chat::check(asked, {"n", "logprobs", "top_logprobs", "logit_bias", "presence_penalty",
                        "frequency_penalty", "modalities", "verbosity", "web_search_options",
                        "parallel_tool_calls"});
    if (asked.temperature().value_or(0) > 1) chat::refuse("temperature", "must be at most 1");
    std::string body;
    json::Writer out(body);
    out.object();
    chat::write_sides(out, asked, write_turn);
    out.array("system");
    bool used = false;
    for (const chat::Turn& turn : asked.turns()) {
        if (turn.is_instruction()) write_turn(out, turn);
        used = used || turn.is_tool_result() || !turn.tool_calls().empty();
    }
    out.end().object("inferenceConfig").maybe("maxTokens", asked.max_tokens());
    out.maybe("temperature", asked.temperature()).maybe("topP", asked.top_p());
    out.array("stopSequences");
    for (const std::string& stop : asked.stop()) out.value(stop);
    out.end().end();
    write_tools(out, asked, used);
    write_output(out, asked);
    const std::string tier = asked["service_tier"].string("auto");
    if (tier != "auto") out.object("serviceTier").member("type", tier).end();
    // What is the model's own has a place of its own.
    const json::Value own = asked["additionalModelRequestFields"];
    std::string fields(own.kind() == json::Kind::object ? own.raw() : "{}");
    for (const char* const same : {"thinking", "top_k", "anthropic_beta"}) {
        if (asked[same]) fields = json::with_member(fields, same, asked[same].raw());
    }
    out.key("additionalModelRequestFields").raw(fields);
    for (const char* const same : {"guardrailConfig", "performanceConfig", "requestMetadata"}) {
        out.maybe(same, asked[same]);
    }
    out.finish();
    return body;
}

}  // namespace bedrock

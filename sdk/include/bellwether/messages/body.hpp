// bellwether/messages/body.hpp - a chat request as Anthropic's Messages API takes it, which is
// spoken by many others, too:
//
//   const std::string body = bw::messages::body_of(bw::chat::Request(request.json()), 32'000);
//
// What a request asks for and cannot get there is an error that names the member. What a client
// says in Anthropic's own words goes through: `cache_control` of messages, parts and tools,
// `thinking`, `output_config`, `top_k`, tools and parts of Anthropic's own types.
// <bellwether/messages/events.hpp> has the way back. Pure; any thread.
#pragma once

#include <bellwether/chat/unserved.hpp>
#include <bellwether/chat/write_sides.hpp>
#include <bellwether/json.hpp>
#include <bellwether/messages/blocks.hpp>
#include <bellwether/messages/thinking.hpp>
#include <bellwether/version.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace bw::v1::messages {

// What all instructions say, wherever they stand: each part is a block, so that one can be cached.
inline void write_system(json::Writer& out, const chat::Request& asked) {
    bool any = false;
    for (const chat::Turn& turn : asked.turns()) {
        if (!turn.is_instruction()) continue;
        for (const chat::Part& part : turn.parts()) {
            if (part.kind() != chat::PartKind::text) unserved(part.param(), "must be a text here");
            if (part.text_json().equals("")) continue;
            if (!any) out.array("system");
            any = true;
            write_part(out, part, turn.raw());
        }
    }
    if (any) out.end();
}

inline void write_tool(json::Writer& out, const chat::Tool& tool) {
    if (!tool.is_function() && tool.raw()["custom"]) {
        unserved(tool.param(), "is a tool that takes text, which Anthropic has not");
    }
    // One of Anthropic's own, such as its web search.
    if (!tool.is_function()) return void(out.value(tool.raw()));
    const json::Value schema(tool.schema());
    out.object().member("name", tool.name()).maybe("description", tool.description());
    out.key("input_schema");
    out.raw(schema["type"] ? schema.raw() : json::with_member(schema.raw(), "type", "\"object\""));
    out.maybe("strict", tool.strict()).maybe("cache_control", tool.raw()["cache_control"]).end();
}

inline void write_tools(json::Writer& out, const chat::Request& asked) {
    const chat::ToolChoice choice = asked.tool_choice();
    bool any = false;
    for (const chat::Tool& tool : asked.tools()) {
        if (tool.is_function() && !choice.allows(tool.name())) continue;
        if (!any) out.array("tools");
        any = true;
        write_tool(out, tool);
    }
    if (any) out.end();
    const bool singly = !asked.parallel_tool_calls().value_or(true);
    if (choice.mode == chat::ToolMode::unsaid && !singly) return;
    if (!any && !is_forced(choice)) return;
    const char* const types[] = {"auto", "none", "auto", "any", "tool"};  // as ToolMode
    out.object("tool_choice").member("type", types[static_cast<int>(choice.mode)]);
    out.maybe("name", choice.name);
    if (singly && choice.mode != chat::ToolMode::none) {
        out.member("disable_parallel_tool_use", true);
    }
    out.end();
}

inline void write_tier(json::Writer& out, const chat::Request& asked) {
    const std::string tier = asked["service_tier"].string();
    if (tier.empty()) return;
    const bool standard = tier == "default" || tier == "standard_only";
    if (!standard && tier != "auto") {
        unserved("service_tier", "must be \"auto\" or \"default\" for Anthropic");
    }
    out.member("service_tier", standard ? "standard_only" : "auto");
}

inline void check(const chat::Request& asked) {
    if (const auto wrong = asked.problem()) {
        throw Error(BW_E_INVALID, wrong->message).param(wrong->param);
    }
    const auto member = chat::first_unserved(
        asked, {"n", "logprobs", "logit_bias", "presence_penalty", "frequency_penalty",
                "modalities", "verbosity", "web_search_options"});
    if (member) unserved(*member, "is not to be had from Anthropic's models");
    if (asked.temperature().value_or(0) > 1) {
        unserved("temperature", "must be at most 1 for Anthropic's models");
    }
}

// The whole body. `max_tokens` is for a client that says nothing of it: the API wants to be told.
// Throws bw::Error.
inline std::string body_of(const chat::Request& asked, std::int64_t max_tokens) {
    check(asked);
    max_tokens = asked.max_tokens().value_or(max_tokens);
    std::string body;
    json::Writer out(body);
    out.object().member("model", asked.model()).member("max_tokens", max_tokens);
    if (asked.stream()) out.member("stream", true);
    out.maybe("temperature", asked.temperature()).maybe("top_p", asked.top_p());
    for (const char* const same : {"top_k", "cache_control", "container", "context_management",
                                   "inference_geo", "mcp_servers", "speed"}) {
        out.maybe(same, asked[same]);
    }
    write_tier(out, asked);
    if (const std::string user = asked.user(); !user.empty()) {
        out.object("metadata").member("user_id", user).end();
    }
    if (!asked.stop().empty()) out.array("stop_sequences");
    for (const std::string& stop : asked.stop()) out.value(stop);
    if (!asked.stop().empty()) out.end();
    write_system(out, asked);
    chat::write_sides(out, asked, write_turn);
    write_tools(out, asked);
    write_thinking(out, asked, max_tokens);
    out.finish();
    return body;
}

}  // namespace bw::v1::messages

// What a chat request wants of the answer, as DashScope's `parameters`. A member that is not
// OpenAI's is handed on under its name: DashScope's own are enable_search, top_k,
// repetition_penalty, vl_high_resolution_images and more.
#pragma once

#include "messages.hpp"

#include <bellwether/qwen/thinking.hpp>

#include <algorithm>
#include <iterator>

namespace dashscope {

// Members that stand elsewhere in the body, are written another way, or are of no use to DashScope
// without changing what is answered.
inline constexpr std::string_view k_kept_back[] = {"model",
                                                   "messages",
                                                   "stream",
                                                   "stream_options",
                                                   "tools",
                                                   "functions",
                                                   "tool_choice",
                                                   "function_call",
                                                   "parallel_tool_calls",
                                                   "response_format",
                                                   "max_tokens",
                                                   "max_completion_tokens",
                                                   "web_search_options",
                                                   "result_format",
                                                   "incremental_output",
                                                   "user",
                                                   "safety_identifier",
                                                   "store",
                                                   "metadata",
                                                   "service_tier",
                                                   "prediction",
                                                   "prompt_cache_key",
                                                   "prompt_cache_retention",
                                                   "verbosity"};

// Members that change the answer and have no counterpart, or one whose reply could not be handed
// on.
inline constexpr std::string_view k_refused[] = {
    "logprobs", "top_logprobs", "logit_bias", "frequency_penalty", "audio", "input", "parameters"};

inline bool says_nothing(const json::Value& value) {
    const std::string_view raw = value.raw();
    return !value || raw == "false" || raw == "{}" || value.number() == 0.0;
}

template <std::size_t Size>
bool is_one_of(const std::string_view (&names)[Size], const json::Member& member) {
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view name) { return member.key_is(name); });
}

// An effort is a budget for models that know only that; the greatest is the model's own limit.
inline void write_thinking(json::Writer& json, const bw::qwen::ThinkingWords& words,
                           const std::string& model) {
    json.maybe("enable_thinking", words.enable).maybe("thinking_budget", words.budget);
    if (!words.effort) return;
    if (bw::ascii::starts_with_nocase(model, "qwen3.8")) {
        json.member("reasoning_effort", words.effort);
        return;
    }
    const std::string effort = words.effort.string();
    if (!words.enable) json.member("enable_thinking", effort != "none");
    if (words.budget || words.enable.raw() == "false") return;
    if (effort == "minimal") json.member("thinking_budget", 512);
    if (effort == "low") json.member("thinking_budget", 2'048);
    if (effort == "medium") json.member("thinking_budget", 8'192);
}

// OpenAI's models call several tools at once unless told otherwise, these do not.
inline void write_tools(json::Writer& json, const chat::Request& asked) {
    if (asked.tools().empty()) return;
    json.array("tools");
    for (const chat::Tool& tool : asked.tools()) {
        if (!tool.is_function()) throw unsupported(tool.param(), "is no function");
        json.object().member("type", "function").object("function").member("name", tool.name());
        json.maybe("description", tool.description()).key("parameters").raw(tool.schema());
        if (tool.strict()) json.member("strict", tool.strict());
        json.end().end();
    }
    json.end().member("parallel_tool_calls", asked.parallel_tool_calls().value_or(true));
    const chat::ToolChoice choice = asked.tool_choice();
    if (choice.mode == chat::ToolMode::required || choice.allowed) {
        throw unsupported("tool_choice", "must be auto, none or one function for DashScope");
    }
    if (choice.mode == chat::ToolMode::none) json.member("tool_choice", "none");
    if (choice.mode == chat::ToolMode::automatic) json.member("tool_choice", "auto");
    if (choice.mode != chat::ToolMode::named) return;
    json.object("tool_choice").member("type", "function").object("function");
    json.member("name", choice.name).end().end();
}

inline void write_parameters(json::Writer& json, const chat::Request& asked, bool streams) {
    json.object("parameters").member("result_format", "message");
    if (streams) json.member("incremental_output", true);
    json.maybe("max_tokens", asked.max_tokens());
    bw::qwen::ThinkingWords thinking;
    bool search = false;
    for (const json::Member& member : asked.raw().members()) {
        const json::Value& value = member.value();
        if (thinking.take(member) || !value) continue;
        search = search || (member.key_is("web_search_options") && !asked["enable_search"]);
        if (is_one_of(k_refused, member) && !says_nothing(value)) {
            throw unsupported(member.key(), "cannot be served by DashScope");
        }
        if (is_one_of(k_refused, member) || is_one_of(k_kept_back, member)) continue;
        if (member.key_is("modalities") && value.at(1)) {
            throw unsupported("modalities", "must be text alone");
        }
        json.member(member.key(), value);
    }
    if (search) json.member("enable_search", true);
    write_thinking(json, thinking, asked.model());
    write_tools(json, asked);
    if (asked.response_format().kind != chat::FormatKind::text) {
        json.member("response_format", asked["response_format"]);
    }
    json.end();
}

// The body of a request to either place where answers are generated.
inline std::string generation_body(const chat::Request& asked, bool in_parts, bool streams) {
    std::string body;
    json::Writer json(body);
    json.object().member("model", asked.model()).object("input");
    write_messages(json, asked, in_parts);
    json.end();
    write_parameters(json, asked, streams);
    json.finish();
    return body;
}

}  // namespace dashscope

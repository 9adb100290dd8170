// Which members of a request have no place in this dialect. Those that only hint are passed over;
// one that would change the answer is refused by its name.
#pragma once

#include "gemini/api.hpp"

#include <bellwether/chat/request.hpp>
#include <bellwether/provider/error.hpp>

#include <string>
#include <string_view>

namespace gemini {

namespace chat = bw::chat;

[[noreturn]] inline void refuse(const Api& api, std::string_view param, const std::string& why) {
    throw bw::Error(BW_E_UNSUPPORTED,
                    std::string(param) + " cannot be served by " + api.vendor + ": " + why)
        .param(param);
}

namespace detail {

// Members that are translated, and those that nothing is lost with.
inline bool is_known(const bw::json::Member& member) {
    constexpr std::string_view k_known[] = {
        "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens",
        "temperature", "top_p", "top_k", "n", "stop", "seed", "presence_penalty",
        "frequency_penalty", "response_format", "tools", "tool_choice", "functions",
        "function_call", "parallel_tool_calls", "reasoning_effort", "modalities", "service_tier",
        "logprobs", "top_logprobs", "google", "extra_body", "safety_settings", "safetySettings",
        "thinking_config", "thinkingConfig", "cached_content", "cachedContent", "labels",
        // Who asks, and hints.
        "user", "safety_identifier", "metadata", "store", "prediction", "prompt_cache_key",
        "prompt_cache_retention"};
    for (const std::string_view known : k_known) {
        if (member.key_is(known)) return true;
    }
    return false;
}

// Whether a member says what would hold without it.
inline bool says_nothing(const bw::json::Member& member) {
    const bw::json::Value& value = member.value();
    if (!value || value.raw() == "false") return true;
    if (member.key_is("verbosity")) return value.equals("medium");
    return member.key_is("logit_bias") && value.members().begin() == value.members().end();
}

}  // namespace detail

// Throws if the request asks for what cannot be served.
inline void check_members(const Api& api, const chat::Request& asked) {
    for (const bw::json::Member& member : asked.raw().members()) {
        if (detail::is_known(member) || detail::says_nothing(member)) continue;
        refuse(api, member.key(), "it has no such setting");
    }
    if (asked.logprobs()) refuse(api, "logprobs", "they are not translated");
    if (asked.parallel_tool_calls() == false && !asked.tools().empty()) {
        refuse(api, "parallel_tool_calls", "its models call as many tools at once as they like");
    }
    for (const bw::json::Value& each : asked["modalities"].elements()) {
        if (!each.equals("text") && !each.equals("image")) {
            refuse(api, "modalities", "answers are texts and images");
        }
    }
}

}  // namespace gemini

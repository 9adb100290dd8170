// How much a model is to think, and the form of its answer. Part of <bellwether/messages/body.hpp>.
#pragma once

#include <bellwether/messages/blocks.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace bw::v1::messages {

// Models up to 4.5 think within a budget of tokens; the others see themselves how much to think.
inline bool thinks_by_budget(std::string_view model) {
    for (const char* const older : {"-3-7", "-4-0", "-4-1", "-4-2025", "-4-5"}) {
        if (model.find(older) != std::string_view::npos) return true;
    }
    return false;
}

struct Effort {
    std::string_view name;   // the client's
    std::string_view level;  // Anthropic's; empty: it does not think
    std::int64_t tenths;     // of max_tokens, where there is a budget
};
inline constexpr Effort k_efforts[] = {
    {"none", "", 0},     {"minimal", "low", 1}, {"low", "low", 2}, {"medium", "medium", 5},
    {"high", "high", 8}, {"xhigh", "xhigh", 9}, {"max", "max", 9}};

inline std::int64_t budget_of(const Effort& effort, std::int64_t max_tokens) {
    constexpr std::int64_t k_least = 1024;  // Anthropic's; and the answer needs some, too
    constexpr std::int64_t k_most = 40'000;
    if (max_tokens <= k_least) {
        unserved("reasoning_effort", "needs more than 1024 max_completion_tokens for this model");
    }
    return std::max(k_least, std::min(max_tokens, k_most) * effort.tenths / 10);
}

inline bool is_forced(const chat::ToolChoice& choice) {
    return choice.mode == chat::ToolMode::required || choice.mode == chat::ToolMode::named;
}

// Writes `thinking` and `output_config`. What the client says of them in Anthropic's own words goes
// before reasoning_effort.
inline void write_thinking(json::Writer& out, const chat::Request& asked, std::int64_t max_tokens) {
    const json::Value thinking = asked["thinking"];
    const json::Value own = asked["output_config"];
    std::string config(own.kind() == json::Kind::object ? own.raw() : "{}");
    const std::string said = asked.reasoning_effort();
    const auto* const effort = std::find_if(std::begin(k_efforts), std::end(k_efforts),
                                            [&](const Effort& each) { return each.name == said; });
    if (!said.empty() && effort == std::end(k_efforts)) {
        unserved("reasoning_effort", "is no effort that Anthropic's models know");
    }
    out.maybe("thinking", thinking);
    if (!said.empty() && !thinking) {
        if (!effort->level.empty() && is_forced(asked.tool_choice())) {
            unserved("reasoning_effort", "cannot be had with a tool_choice that forces a call");
        }
        out.object("thinking");
        if (effort->level.empty()) {
            out.member("type", "disabled");
        } else if (thinks_by_budget(asked.model())) {
            out.member("type", "enabled").member("budget_tokens", budget_of(*effort, max_tokens));
        } else {
            out.member("type", "adaptive").member("display", "summarized");
            if (!own["effort"])
                config = json::with_member(config, "effort", json::quote(effort->level));
        }
        out.end();
    }
    const chat::ResponseFormat format = asked.response_format();
    if (format.kind == chat::FormatKind::json_object) {
        unserved("response_format.type", "must be json_schema for Anthropic's models");
    }
    if (format.kind == chat::FormatKind::json_schema) {
        if (!format.schema) unserved("response_format.json_schema.schema", "is missing");
        std::string schema = R"({"type":"json_schema","schema":)";
        config = json::with_member(config, "format", schema.append(format.schema.raw()) + "}");
    }
    if (config != "{}") out.key("output_config").raw(config);
}

}  // namespace bw::v1::messages

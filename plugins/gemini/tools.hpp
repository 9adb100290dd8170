// The tools that the model may call, and whether it is to.
#pragma once

#include "gemini/api.hpp"
#include "gemini/members.hpp"

#include <bellwether/chat/request.hpp>
#include <bellwether/json/writer.hpp>

#include <set>
#include <string>
#include <string_view>

namespace gemini {

namespace detail {

// Google's own tools, by the type of the element: `{"type": "google_search"}`, with settings in a
// member of the type's name.
struct OwnTool {
    std::string_view type;
    std::string_view name;
};
inline constexpr OwnTool k_own_tools[] = {{"google_search", "googleSearch"},
                                          {"code_execution", "codeExecution"},
                                          {"url_context", "urlContext"}};

inline const OwnTool* own_tool(const chat::Tool& tool) {
    for (const OwnTool& own : k_own_tools) {
        if (tool.type() == own.type || tool.type() == own.name) return &own;
    }
    return nullptr;
}

// The names of those that the model must choose among; empty: all.
inline std::set<std::string, std::less<>> names_of(const chat::ToolChoice& choice) {
    auto names = choice.names;
    if (choice.mode == chat::ToolMode::named && !choice.name.empty()) names.insert(choice.name);
    return names;
}

inline void write_declaration(bw::json::Writer& json, const chat::Tool& tool) {
    json.object().member("name", tool.name()).maybe("description", tool.description());
    const bw::json::Value schema(tool.schema());
    // What takes nothing is declared without parameters.
    const bool empty = schema["properties"].raw() == "{}" && !schema["additionalProperties"];
    if (!empty) json.member("parametersJsonSchema", schema);
    json.end();
}

inline void write_mode(bw::json::Writer& json, const chat::ToolChoice& choice) {
    if (choice.mode == chat::ToolMode::unsaid) return;
    json.object("toolConfig").object("functionCallingConfig");
    const bool must =
        choice.mode == chat::ToolMode::required || choice.mode == chat::ToolMode::named;
    json.member("mode", must ? "ANY" : choice.mode == chat::ToolMode::none ? "NONE" : "AUTO");
    const auto names = must ? names_of(choice) : std::set<std::string, std::less<>>();
    if (!names.empty()) json.array("allowedFunctionNames");
    for (const std::string& name : names) json.value(name);
    if (!names.empty()) json.end();
    json.end().end();
}

}  // namespace detail

// `tools` and `toolConfig`; nothing if the request has no tools. Where the model may call some of
// them only, and need not, the others are not told to it: names count where it must call.
inline void write_tools(bw::json::Writer& json, const Api& api, const chat::Request& asked) {
    const chat::ToolChoice choice = asked.tool_choice();
    const bool some = choice.mode == chat::ToolMode::automatic && choice.allowed;
    const auto allowed = some ? choice.names : std::set<std::string, std::less<>>();
    std::string functions;
    std::string own;
    bw::json::Writer functions_json(functions);
    bw::json::Writer own_json(own);
    functions_json.array();
    own_json.array();
    for (const chat::Tool& tool : asked.tools()) {
        if (tool.is_function()) {
            if (some && allowed.count(tool.name()) == 0) continue;
            detail::write_declaration(functions_json, tool);
        } else if (const detail::OwnTool* const known = detail::own_tool(tool)) {
            const bw::json::Value settings = tool.raw()[tool.type()];
            own_json.object().key(known->name).raw(settings ? settings.raw() : "{}").end();
        } else {
            refuse(api, tool.param() + ".type", "a tool is a function");
        }
    }
    functions_json.finish();
    own_json.finish();
    const bool none = functions == "[]";
    if (none && own == "[]") return;
    json.array("tools");
    if (!none) json.object().key("functionDeclarations").raw(functions).end();
    for (const bw::json::Value& each : bw::json::Value(own).elements()) json.value(each);
    json.end();
    if (!none) detail::write_mode(json, choice);
}

}  // namespace gemini

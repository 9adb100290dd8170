// The tools of a chat request, and the form that the answer shall have. Part of
// <bellwether/chat/request.hpp>.
#pragma once

#include <bellwether/chat/items.hpp>
#include <bellwether/json/value.hpp>
#include <bellwether/version.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace bw::v1::chat {

// A tool that the model may call.
class Tool {
  public:
    Tool(const json::Value& tool, detail::Place place) : place_(place), raw_(tool) {
        json::Value custom;
        json::collect(tool.raw(),
                      {{"type", &type_}, {"function", &function_}, {"custom", &custom}});
        if (!function_ && custom) function_ = custom;
        if (!function_ && !type_) function_ = tool;  // an element of the old `functions`
    }

    // One that takes JSON arguments. Others are `custom` tools, which take text, and the vendor's
    // own; see type and raw.
    bool is_function() const { return !type_ || type_.equals("function"); }
    // "function" unless said otherwise.
    std::string type() const { return type_.string("function"); }
    std::string name() const { return function_["name"].string(); }
    // What it is for; missing if it was not said.
    json::Value description() const { return function_["description"]; }
    // The JSON Schema of its arguments, as it is; that of an object without members if there is
    // none.
    std::string_view schema() const {
        const json::Value given = function_["parameters"];
        return given.kind() == json::Kind::object ? given.raw()
                                                  : R"({"type":"object","properties":{}})";
    }
    // Whether arguments must fit the schema; nothing if it was not said.
    std::optional<bool> strict() const {
        const json::Value given = function_["strict"];
        if (given.kind() != json::Kind::boolean) return std::nullopt;
        return given.boolean(false);
    }
    // The tool as the client wrote it.
    const json::Value& raw() const { return raw_; }

    // Its name for bw::Error::param: "tools[0]".
    std::string param() const { return detail::path_of(place_, "tools"); }

  private:
    detail::Place place_;
    json::Value raw_;
    json::Value type_;
    json::Value function_;
};

using Tools = detail::Items<Tool>;

enum class ToolMode {
    unsaid,     // none if there are no tools, else automatic
    none,       // it must not call any
    automatic,  // it may
    required,   // it must call at least one
    named       // it must call the one of that name
};

// Whether the model is to call tools.
struct ToolChoice {
    ToolMode mode = ToolMode::unsaid;
    std::string name;                          // of ToolMode::named
    json::Value allowed;                       // the array of those that it may call; missing: all
    std::set<std::string, std::less<>> names;  // of `allowed`
    bool understood = true;  // false: it has a form that is none of these; the mode is unsaid

    // Whether it may call the tool of that name.
    bool allows(std::string_view tool) const { return !allowed || names.count(tool) != 0; }
};

// Reads `tool_choice`, or the old `function_call`.
inline ToolChoice read_tool_choice(const json::Value& choice) {
    const auto mode_of = [](const json::Value& word) {
        if (word.equals("none")) return ToolMode::none;
        if (word.equals("auto")) return ToolMode::automatic;
        return word.equals("required") ? ToolMode::required : ToolMode::unsaid;
    };
    ToolChoice out;
    if (!choice) return out;
    if (choice["type"].equals("allowed_tools")) {
        const json::Value allowed = choice["allowed_tools"];
        out.mode = mode_of(allowed["mode"]);
        out.allowed = allowed["tools"];
        for (const json::Value& each : out.allowed.elements()) {
            out.names.insert(Tool(each, {}).name());
            out.names.insert(each["name"].string());
        }
        out.names.erase("");
    } else if (choice.kind() == json::Kind::object) {
        json::Value named = choice["function"];
        if (!named) named = choice["custom"];
        if (!named) named = choice;
        out.name = named["name"].string();
        if (!out.name.empty()) out.mode = ToolMode::named;
    } else {
        out.mode = mode_of(choice);
    }
    out.understood = out.mode != ToolMode::unsaid;
    return out;
}

enum class FormatKind { text, json_object, json_schema };

// The form that the answer shall have.
struct ResponseFormat {
    FormatKind kind = FormatKind::text;
    std::string name;            // of json_schema
    json::Value schema;          // of json_schema: the JSON Schema; missing if there is none
    std::optional<bool> strict;  // of json_schema; nothing if it was not said
    bool understood = true;      // false: it has a form that is none of these; the kind is text
};

inline ResponseFormat read_response_format(const json::Value& format) {
    ResponseFormat out;
    const json::Value type = format["type"];
    if (type.equals("json_object")) {
        out.kind = FormatKind::json_object;
    } else if (type.equals("json_schema")) {
        const json::Value given = format["json_schema"];
        out.kind = FormatKind::json_schema;
        out.name = given["name"].string();
        out.schema = given["schema"];
        const json::Value strict = given["strict"];
        if (strict.kind() == json::Kind::boolean) out.strict = strict.boolean(false);
    } else {
        out.understood = !format || type.equals("text");
    }
    return out;
}

}  // namespace bw::v1::chat

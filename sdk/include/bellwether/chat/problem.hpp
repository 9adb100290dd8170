// What is wrong with a chat request, by the name of the member. Part of
// <bellwether/chat/request.hpp>.
#pragma once

#include <bellwether/chat/items.hpp>
#include <bellwether/chat/tools.hpp>
#include <bellwether/chat/turn.hpp>
#include <bellwether/json/value.hpp>
#include <bellwether/version.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace bw::v1::chat {

struct Problem {
    std::string param;    // "messages[3].content[0].image_url", for bw::Error::param
    std::string message;  // for a person, with the param in it
};

namespace detail {

// Looks for the first problem; each function gives true once there is one.
class Checker {
  public:
    std::optional<Problem> check(const json::Value& body) {
        if (body.kind() != json::Kind::object) {
            fail("", "the request must be a JSON object");
        } else {
            scalars(body) || messages(body["messages"]) || tools(body["tools"]) ||
                choices(body["tool_choice"], body["response_format"]) || stop(body["stop"]);
        }
        return problem_;
    }

  private:
    using Kind = json::Kind;

    bool fail(std::string param, const std::string& words) {
        problem_ = Problem{param, param.empty() ? words : param + " " + words};
        return true;
    }
    // One that is not there, or null, is right.
    bool must_be(const json::Value& value, Kind kind, const std::string& param,
                 std::string_view what) {
        if (!value || value.kind() == kind) return false;
        return fail(param, "must be " + std::string(what));
    }
    bool must_say(const json::Value& text, std::string param) {
        if (text.kind() == Kind::string && !text.equals("")) return false;
        return fail(std::move(param), "must be a text that is not empty");
    }

    bool scalars(const json::Value& body) {
        struct Known {
            std::string_view name;
            Kind kind;
            std::string_view what;
        };
        constexpr std::string_view k_integer = "an integer";  // a number, and one that fits
        static constexpr Known k_known[] = {
            {"max_completion_tokens", Kind::number, k_integer},
            {"max_tokens", Kind::number, k_integer},
            {"n", Kind::number, k_integer},
            {"seed", Kind::number, k_integer},
            {"top_logprobs", Kind::number, k_integer},
            {"temperature", Kind::number, "a number"},
            {"top_p", Kind::number, "a number"},
            {"presence_penalty", Kind::number, "a number"},
            {"frequency_penalty", Kind::number, "a number"},
            {"logprobs", Kind::boolean, "true or false"},
            {"parallel_tool_calls", Kind::boolean, "true or false"},
            {"stream", Kind::boolean, "true or false"},
            {"reasoning_effort", Kind::string, "a text"},
            {"response_format", Kind::object, "an object"},
            {"tools", Kind::array, "an array"},
        };
        for (const json::Member& member : body.members()) {
            for (const Known& known : k_known) {
                if (!member.key_is(known.name)) continue;
                const json::Value& value = member.value();
                const std::string name(known.name);
                if (must_be(value, known.kind, name, known.what)) return true;
                if (!value || known.kind != Kind::number) continue;
                const bool right = known.what == k_integer ? value.integer().has_value()
                                                           : value.number().has_value();
                if (!right) return fail(name, "must be " + std::string(known.what));
            }
        }
        return false;
    }

    bool messages(const json::Value& messages) {
        if (messages.kind() != Kind::array || messages.at(0).kind() == Kind::missing) {
            return fail("messages", "must be an array with a message in it");
        }
        for (const Turn& turn : Turns(messages, k_nowhere)) {
            if (message(turn)) return true;
        }
        return false;
    }
    bool message(const Turn& turn) {
        if (turn.raw().kind() != Kind::object) return fail(turn.param(), "must be an object");
        if (turn.role() == Role::other) {
            return fail(turn.param("role"),
                        "must be system, developer, user, assistant, tool or function");
        }
        const json::Value content = turn.raw()["content"];
        if (content && content.kind() != Kind::string && content.kind() != Kind::array) {
            return fail(turn.param("content"), "must be a text or an array of parts");
        }
        if (!content && !turn.is_assistant()) return fail(turn.param("content"), "is missing");
        for (const Part& part : turn.parts()) {
            if (this->part(part)) return true;
        }
        const json::Value calls = turn.raw()["tool_calls"];
        if (must_be(calls, Kind::array, turn.param("tool_calls"), "an array")) return true;
        for (const ToolCall& call : turn.tool_calls()) {
            if (call.id().empty()) return fail(call.param() + ".id", "is missing");
            if (call.name().empty()) return fail(call.param() + ".function.name", "is missing");
        }
        if (turn.role() == Role::tool) {
            return must_say(turn.raw()["tool_call_id"], turn.param("tool_call_id"));
        }
        return turn.role() == Role::function && must_say(turn.raw()["name"], turn.param("name"));
    }
    bool part(const Part& part) {
        if (part.kind() == PartKind::other && part.raw()["type"].kind() != Kind::string) {
            return fail(part.param(), "must be a text");
        }
        if (part.is_complete()) return false;
        switch (part.kind()) {
            case PartKind::image: return fail(part.param(), "has no URL that can be read");
            case PartKind::audio: return fail(part.param(), "has no data");
            case PartKind::file:
                return fail(part.param(), "has neither file_data that can be read nor a file_id");
            default: return fail(part.param(), "must be a text");
        }
    }

    bool tools(const json::Value& tools) {
        for (const Tool& tool : Tools(tools, k_nowhere)) {
            if (tool.raw().kind() != Kind::object) return fail(tool.param(), "must be an object");
            if (!tool.is_function()) continue;
            if (tool.name().empty()) return fail(tool.param() + ".function.name", "is missing");
            const json::Value schema = tool.raw()["function"]["parameters"];
            if (must_be(schema, Kind::object, tool.param() + ".function.parameters", "an object")) {
                return true;
            }
        }
        return false;
    }

    bool choices(const json::Value& tool_choice, const json::Value& format) {
        if (!read_tool_choice(tool_choice).understood) {
            return fail("tool_choice", "must be none, auto, required or an object with a name");
        }
        const ResponseFormat read = read_response_format(format);
        if (!read.understood) {
            return fail("response_format.type", "must be text, json_object or json_schema");
        }
        if (read.kind != FormatKind::json_schema) return false;
        if (read.name.empty()) return fail("response_format.json_schema.name", "is missing");
        return must_be(read.schema, Kind::object, "response_format.json_schema.schema",
                       "an object");
    }

    bool stop(const json::Value& stop) {
        if (!stop || stop.kind() == Kind::string) return false;
        if (stop.kind() != Kind::array) return fail("stop", "must be a text or an array of texts");
        std::size_t index = 0;
        for (const json::Value& each : stop.elements()) {
            const std::string param = "stop[" + std::to_string(index++) + "]";
            if (each.kind() != Kind::string) return fail(param, "must be a text");
        }
        return false;
    }

    std::optional<Problem> problem_;
};

}  // namespace detail

// The first thing that is wrong with a chat request; nothing if it is well-formed. Parts and tools
// of kinds that nobody here knows are right, and so are numbers out of their range: the upstream
// knows those.
inline std::optional<Problem> find_problem(const json::Value& body) {
    return detail::Checker().check(body);
}

}  // namespace bw::v1::chat

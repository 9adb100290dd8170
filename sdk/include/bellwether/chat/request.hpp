// bellwether/chat/request.hpp - reads a chat request of OpenAI's form, to translate it into another
// one. It builds no tree: everything is a view on the request's text, made when it is asked for.
//
//   const bw::chat::Request chat(request.json());
//   if (const auto wrong = chat.problem()) {
//       throw bw::Error(BW_E_INVALID, wrong->message).param(wrong->param);
//   }
//   for (const bw::chat::Side& side : chat.sides()) {
//       json.object().member("role", side.is_assistant() ? "model" : "user").array("parts");
//       for (const bw::chat::Turn& turn : side) {
//           for (const bw::chat::Part& part : turn.parts()) ...
//
// Whatever the request is, no function here fails: what is missing or has an odd form is empty,
// nothing or left out. `problem` says what is wrong with a request, by the name of the member; ask
// it first, and the rest needs no checks. What is right but of no use to an API (a picture, a role,
// a tool of a kind that it does not have) is for the plugin to refuse, with the `param()` of the
// item.
//
// Keep the request's text for as long as anything that was made from it. Strings that are given as
// std::string are unescaped copies.
#pragma once

#include <bellwether/chat/problem.hpp>
#include <bellwether/chat/sides.hpp>
#include <bellwether/chat/tool_call_id.hpp>
#include <bellwether/chat/tools.hpp>
#include <bellwether/chat/turn.hpp>
#include <bellwether/json.hpp>
#include <bellwether/version.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::chat {

// The names of the functions that a request's tool calls are of, by the ids of the calls: for APIs
// whose results name the function. Owns its texts.
class ToolNames {
  public:
    explicit ToolNames(const Turns& turns) {
        for (const Turn& turn : turns) {
            for (const ToolCall& call : turn.tool_calls()) names_[call.id()] = call.name();
        }
    }
    // Of the call with that id, the last one if there are several; the id itself if there is none.
    const std::string& of(const std::string& id) const {
        const auto found = names_.find(id);
        return found == names_.end() ? id : found->second;
    }

  private:
    std::map<std::string, std::string, std::less<>> names_;
};

class Request {
  public:
    explicit Request(const json::Value& body) : body_(body) {
        json::Value functions;
        json::Value function_call;
        json::collect(body.raw(), {{"messages", &messages_},
                                   {"tools", &tools_},
                                   {"functions", &functions},
                                   {"tool_choice", &tool_choice_},
                                   {"function_call", &function_call},
                                   {"response_format", &response_format_},
                                   {"stop", &stop_},
                                   {"max_completion_tokens", &max_completion_tokens_},
                                   {"max_tokens", &max_tokens_},
                                   {"stream", &stream_}});
        if (!tools_) tools_ = functions;
        if (!tool_choice_) tool_choice_ = function_call;
    }

    // The first thing that is wrong with the request; nothing if it is well-formed. One walk over
    // all of it.
    std::optional<Problem> problem() const { return find_problem(body_); }

    // ---- messages ----

    // All messages in their order, for range-for.
    Turns turns() const { return Turns(array(messages_), detail::k_nowhere); }
    // The same without instructions, and with neighbours of one side together.
    Sides sides() const { return Sides(turns()); }
    // What all messages of the roles system and developer say, wherever they stand, with
    // `separator` between two.
    std::string instructions(std::string_view separator = "\n\n") const {
        std::string out;
        for (const Turn& turn : turns()) {
            const std::string text = turn.is_instruction() ? turn.text() : std::string();
            if (text.empty()) continue;
            if (!out.empty()) out += separator;
            out += text;
        }
        return out;
    }
    // For a lookup of what a tool's result is the result of.
    ToolNames tool_names() const { return ToolNames(turns()); }

    // ---- tools and the form of the answer ----

    Tools tools() const { return Tools(array(tools_), detail::k_nowhere); }
    ToolChoice tool_choice() const { return read_tool_choice(tool_choice_); }
    // False: one tool call at a time.
    std::optional<bool> parallel_tool_calls() const { return flag("parallel_tool_calls"); }
    ResponseFormat response_format() const { return read_response_format(response_format_); }

    // ---- limits and sampling: nothing if the client did not say ----

    // The most tokens to generate, reasoning included: max_completion_tokens, else max_tokens.
    std::optional<std::int64_t> max_tokens() const {
        return (max_completion_tokens_ ? max_completion_tokens_ : max_tokens_).integer();
    }
    // Where generating stops; empty texts are left out.
    std::vector<std::string> stop() const {
        std::vector<std::string> out;
        if (stop_.kind() == json::Kind::string) out.push_back(stop_.string());
        for (const json::Value& each : stop_.elements()) {
            if (each.kind() == json::Kind::string) out.push_back(each.string());
        }
        out.erase(std::remove(out.begin(), out.end(), ""), out.end());
        return out;
    }
    // 0 to 2.
    std::optional<double> temperature() const { return body_["temperature"].number(); }
    // 0 to 1.
    std::optional<double> top_p() const { return body_["top_p"].number(); }
    // -2 to 2, both.
    std::optional<double> presence_penalty() const { return body_["presence_penalty"].number(); }
    std::optional<double> frequency_penalty() const { return body_["frequency_penalty"].number(); }
    std::optional<std::int64_t> seed() const { return body_["seed"].integer(); }
    // Choices to generate.
    std::int64_t n() const { return body_["n"].integer().value_or(1); }
    bool logprobs() const { return body_["logprobs"].boolean(false); }
    // 0 to 20, for each token.
    std::optional<std::int64_t> top_logprobs() const { return body_["top_logprobs"].integer(); }
    // "none", "minimal", "low", "medium", "high" and the like; empty if it was not said.
    std::string reasoning_effort() const { return body_["reasoning_effort"].string(); }

    // ---- the rest ----

    bool stream() const { return stream_.boolean(false); }
    std::string model() const { return body_["model"].string(); }
    // Who asks, as the client calls them: safety_identifier, else user; empty if it was not said.
    std::string user() const {
        const json::Value newer = body_["safety_identifier"];
        return (newer ? newer : body_["user"]).string();
    }
    // Any other member of the request; missing if it is not there.
    json::Value operator[](std::string_view member) const { return body_[member]; }
    // The request as the client wrote it.
    const json::Value& raw() const { return body_; }

  private:
    static json::Value array(const json::Value& value) {
        return value.kind() == json::Kind::array ? value : json::Value();
    }
    std::optional<bool> flag(std::string_view member) const {
        const json::Value value = body_[member];
        if (value.kind() != json::Kind::boolean) return std::nullopt;
        return value.boolean(false);
    }

    json::Value body_;
    json::Value messages_;
    json::Value tools_;
    json::Value tool_choice_;
    json::Value response_format_;
    json::Value stop_;
    json::Value max_completion_tokens_;
    json::Value max_tokens_;
    json::Value stream_;
};

}  // namespace bw::v1::chat

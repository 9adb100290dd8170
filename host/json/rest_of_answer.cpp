#include "json/rest_of_answer.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "json/request.hpp"
#include "json/value.hpp"

namespace bellwether::json {
namespace {

// Members that make an answer something else than text, or give it a form: OpenAI's own, and those
// of servers that speak its dialect.
constexpr std::array<std::string_view, 16> k_binding{
    "tools",      "tool_choice",    "functions",   "function_call",      "response_format", "audio",
    "modalities", "grammar",        "json_schema", "structured_outputs", "format",          "regex",
    "ebnf",       "structural_tag", "logprobs",    "top_logprobs"};
constexpr std::string_view k_guided = "guided_";  // vLLM: guided_json and others

constexpr std::array<std::string_view, 2> k_limits{"max_tokens", "max_completion_tokens"};

Value messages_of(const Call& call) {
    return Value(std::string_view(call.body).substr(call.asked.prompt_value.offset,
                                                    call.asked.prompt_value.length));
}

// False as well if there is no message.
bool ends_with_another(const Value& messages) {
    Value last;
    for (const Value& message : messages.elements()) last = message;
    return last.kind() == Kind::object && !last["role"].equals("assistant");
}

}  // namespace

bool binds_answer(std::string_view name, std::string_view value) {
    const bool known =
        name.starts_with(k_guided) || std::ranges::find(k_binding, name) != k_binding.end();
    const Value said(value);
    return known && said && said.raw() != "false" && !said["type"].equals("text");
}

bool can_go_on(const Call& call) {
    const AskedInBody& asked = call.asked;
    const bool plain = call.operation == Operation::chat && call.stream && asked.choices == 1 &&
                       asked.choices_shown == 1 && !asked.thinks() && asked.thinking_tokens == 0 &&
                       asked.invalid_limit.empty() && asked.other_max_tokens == 0;
    if (!plain || !ends_with_another(messages_of(call))) return false;
    return std::ranges::none_of(Value(call.body).members(), [](const Member& member) {
        return binds_answer(member.key(), member.value().raw());
    });
}

Call rest_of_answer(const Call& call, const BegunAnswer& begun) {
    std::string message = R"(,{"role":"assistant","content":")";
    message.append(begun.text).append("\",").append(quote(begun.mark)).append(":true}");
    Call rest = call;
    const BodySpan prompt = call.asked.prompt_value;
    rest.body.insert(prompt.offset + prompt.length - 1, message);
    for (const std::string_view name : k_limits) {
        const auto limit = Value(rest.body)[name].integer();
        if (!limit) continue;
        const std::int64_t left = std::max<std::int64_t>(*limit - begun.tokens, 1);
        rest.body = with_member(rest.body, name, std::to_string(left));
    }
    rest.asked = {};
    // The request was read before, and what is added is well-formed.
    [[maybe_unused]] const Result<void> read = read_request(rest);
    return rest;
}

}  // namespace bellwether::json

#include "policy/tokens.hpp"

#include <algorithm>
#include <bellwether/json.hpp>

namespace bw::policy {
namespace {

using json::Value;

std::int64_t text_tokens(const Value& value) {
    return value.kind() == json::Kind::string ? estimate_tokens(value.raw().substr(1)) : 0;
}

std::int64_t tool_tokens(const Value& calls) {
    std::int64_t tokens = 0;
    for (const auto& call : calls.elements()) {
        tokens +=
            text_tokens(call["function"]["name"]) + text_tokens(call["function"]["arguments"]);
    }
    return tokens;
}

// One pass over the members: this runs for each chunk of a stream.
std::int64_t message_tokens(const Value& message) {
    std::int64_t tokens = 0;
    for (const auto& member : message.members()) {
        if (member.key_is("content") || member.key_is("reasoning_content") ||
            member.key_is("reasoning") || member.key_is("refusal")) {
            tokens += text_tokens(member.value());
        } else if (member.key_is("tool_calls")) {
            tokens += tool_tokens(member.value());
        }
    }
    return tokens;
}

std::int64_t choice_tokens(const Value& choice) {
    std::int64_t tokens = 0;
    for (const auto& member : choice.members()) {
        if (member.key_is("delta") || member.key_is("message")) {
            tokens += message_tokens(member.value());
        } else if (member.key_is("text")) {
            tokens += text_tokens(member.value());
        }
    }
    return tokens;
}

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
    const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
    const auto others = static_cast<std::int64_t>(text.size()) - digits;
    return digits + (others + 3) / 4;
}

std::int64_t generated_tokens(std::string_view json) {
    std::int64_t tokens = 0;
    for (const auto& choice : Value(json)["choices"].elements()) tokens += choice_tokens(choice);
    return tokens;
}

Usage settle(const Call& call, Usage reported, bool sent, std::int64_t observed) {
    if (!sent) return {};
    const bool complete = reported.input_tokens >= 0 &&
                          (reported.output_tokens >= 0 || call.operation == Operation::embeddings);
    if (complete) return reported;
    if (reported.input_tokens < 0) {
        reported.input_tokens = estimate_tokens(
            std::string_view(call.body).substr(call.prompt_value.offset, call.prompt_value.length));
    }
    if (reported.output_tokens < 0) reported.output_tokens = observed;
    reported.source = observed > 0 ? UsageSource::observed : UsageSource::estimate;
    return reported;
}

}  // namespace bw::policy

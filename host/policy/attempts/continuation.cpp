#include "policy/attempts/continuation.hpp"

#include <algorithm>

#include "json/rest_of_answer.hpp"
#include "policy/attempts/try.hpp"
#include "policy/cost/cost.hpp"
#include "policy/cost/cost_in_body.hpp"
#include "policy/cost/usage_chunk.hpp"
#include "policy/estimate/tokens.hpp"

namespace bellwether::policy {
namespace {

// The most text that is kept of an answer, for the case that it breaks off.
constexpr std::size_t k_text_bytes_max = 1u << 20;

bool says_something(const json::Value& value) {
    const std::string_view raw = value.raw();
    return value && raw != "false" && raw != R"("")" && raw != "[]" && raw != "{}";
}

}  // namespace

bool breaks_off(const Error& error) {
    if (error.by_client || error.code == k_answer_past_limit) return false;
    switch (error.kind) {
        case ErrorKind::invalid:
        case ErrorKind::content_filter:
        case ErrorKind::context_length:
        case ErrorKind::budget:
        case ErrorKind::unavailable:
        case ErrorKind::cancelled: return false;
        default: return true;
    }
}

bool leaves_answers_open(const config::Target& target) {
    return std::ranges::none_of(target.set, [](const config::Option& member) {
        return json::binds_answer(member.key, member.json);
    });
}

Continuation::Continuation(const Call& call) : call_(call), follows_(json::can_go_on(call)) {}

void Continuation::relayed(std::string_view chunk) {
    if (!follows_) return;
    // Nothing could be read from such a chunk, and so what it says would be said twice.
    if (!json::valid(chunk)) return give_up();
    if (first_chunk_.empty()) first_chunk_ = chunk;
    for (const json::Value& one : json::Value(chunk)["choices"].elements()) choice(one);
}

// An answer that has more than text in it, or is finished, cannot go on.
void Continuation::choice(const json::Value& choice) {
    const json::Value delta = choice["delta"];
    const bool other = choice["index"].integer().value_or(0) != 0 ||
                       says_something(choice["finish_reason"]) ||
                       delta.kind() != json::Kind::object;
    if (other) return give_up();
    for (const json::Member& member : delta.members()) {
        const json::Value& said = member.value();
        if (member.key_is("role") || !says_something(said)) continue;
        if (!member.key_is("content") || said.kind() != json::Kind::string) return give_up();
        text_.append(said.raw().substr(1, said.raw().size() - 2));
    }
    if (text_.size() > k_text_bytes_max) give_up();
}

void Continuation::give_up() {
    follows_ = false;
    text_ = {};
}

void Continuation::broke_off(const FailedAttempt& failed) {
    if (!used_) {
        used_ = {.input_tokens = std::max<std::int64_t>(failed.usage.input_tokens, 0),
                 .output_tokens = 0};
    }
    used_->output_tokens += std::max<std::int64_t>(failed.usage.output_tokens, 0);
    const auto cost = cost_of(failed.usage, failed.price);
    cost_micro_usd_ =
        cost && cost_micro_usd_ ? std::optional(*cost_micro_usd_ + *cost) : std::nullopt;
}

Call Continuation::rest(std::string_view mark) const {
    return json::rest_of_answer(call_,
                                {.text = text_, .tokens = estimate_tokens(text_), .mark = mark});
}

std::string Continuation::as_rest(std::string_view chunk) const {
    if (!look_at(chunk).content) return {};
    std::string part(chunk);
    const json::Value delta = json::Value(chunk)["choices"].at(0)["delta"];
    if (delta["role"]) {
        part.replace(static_cast<std::size_t>(delta.raw().data() - chunk.data()),
                     delta.raw().size(), json::without_member(delta.raw(), "role"));
    }
    const json::Value id = json::Value(first_chunk_)["id"];
    return id ? json::with_member(part, "id", id.raw()) : part;
}

std::string Continuation::usage_chunk(const Usage& last,
                                      std::optional<std::int64_t> cost_micro_usd) const {
    if (!call_.asked.usage && call_.cost_in_body != CostInBody::asked) return {};
    Usage whole = used_.value_or(Usage{.input_tokens = 0, .output_tokens = 0});
    // The prompt of the last attempt has that of the first in it.
    if (last.input_tokens > 0) {
        whole.input_tokens = std::min(whole.input_tokens, last.input_tokens);
    }
    whole.output_tokens += std::max<std::int64_t>(last.output_tokens, 0);
    std::string chunk = make_usage_chunk(first_chunk_, whole);
    const bool costs = call_.cost_in_body != CostInBody::never && cost_micro_usd && cost_micro_usd_;
    return costs ? with_cost(chunk, whole, *cost_micro_usd_ + *cost_micro_usd) : chunk;
}

}  // namespace bellwether::policy

// What a call may come to at most, before it is sent: the figure that is held. Pure.
//
// A prompt's tokens are bounded by its bytes (prompt_size.hpp).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/call.hpp"
#include "policy/estimate/prompt_size.hpp"

namespace bw::policy {

// Tokens for a thousand bytes of text that is not digits. 1 token for 3.2 bytes was enough for
// natural language in every script, and for code; no vocabulary of bytes needs more than one a
// byte.
inline constexpr std::int64_t k_density_default = 313;
inline constexpr std::int64_t k_density_max = 1000;

// `context`: the most that a prompt of that model can be.
std::int64_t prompt_tokens_max(const PromptSize& size, std::int64_t density, std::int64_t context);
// The density that would have given `tokens`, rounded up; within the default and the maximum.
std::int64_t density_of(const PromptSize& size, std::int64_t tokens);

// A single choice never has more, whatever the client asks for, nor a call with all its choices.
inline constexpr std::int64_t k_choice_tokens_max = 1'000'000;
inline constexpr std::int64_t k_call_tokens_max = 1'000'000'000'000;

// How many choices the answer has, those of all prompts together; at least 1.
std::int64_t count_choices_shown(const Call& call);

// The longest tokens are runs of blanks of about this length.
inline constexpr std::int64_t k_bytes_for_token_max = 64;

// Tokens that a call may use.
struct Estimate {
    std::int64_t input = 0;
    std::int64_t output = 0;
};

// What a call may come to at one of its targets.
struct Bound {
    Estimate held;      // the most that it can come to as it is sent
    Estimate believed;  // a report of more is no figure of such a call
    // Nor is a report of less for its prompt: no vocabulary has tokens of so many bytes.
    std::int64_t input_min = 0;
};

// What is known of a target's model.
struct ModelFacts {
    std::int64_t density = k_density_default;
    std::int64_t context = 0;     // the most that a prompt can be
    std::int64_t output_max = 0;  // of one choice, if the client sets no limit
    bool thinks_unasked = false;  // in streams, unless it is told not to
};

// The tokens of all choices: of each the client's limit, else the model's, and what is granted for
// thinking. The largest limit counts, by whatever name: nobody knows which of them an upstream
// obeys.
std::int64_t output_tokens_max(const Call& call, const ModelFacts& model);

Bound bound_of(const Call& call, const PromptSize& size, const ModelFacts& model);

}  // namespace bw::policy

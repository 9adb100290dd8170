// Estimates what a call may use at most, before it is sent. This figure is held. Pure.
//
// A prompt's tokens are bounded by its bytes (prompt_size.hpp).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/usage.hpp"
#include "policy/estimate/prompt_size.hpp"

namespace bellwether::policy {

// The density of a prompt: tokens for a thousand bytes of text, digits apart. The default is 1
// token for 3.2 bytes, which was enough for natural language in every script and for code. The
// maximum is 1 token a byte: no vocabulary of bytes needs more.
inline constexpr std::int64_t k_density_default = 313;
inline constexpr std::int64_t k_density_max = 1000;

// The most tokens of a prompt. `context`: the most that the model takes.
std::int64_t prompt_tokens_max(const PromptSize& size, std::int64_t density, std::int64_t context);
// The density at which such a prompt has `tokens` tokens, rounded up; never below the default or
// above the maximum.
std::int64_t density_of(const PromptSize& size, std::int64_t tokens);

// The most tokens that are assumed for a single choice, and for a call with all its choices,
// whatever the client asks for.
inline constexpr std::int64_t k_choice_tokens_max = 1'000'000;
inline constexpr std::int64_t k_call_tokens_max = 1'000'000'000'000;

// How many choices the answer to a request has, those of all prompts together; at least 1.
std::int64_t count_choices_shown(const AskedInBody& asked);

// The most bytes of one token: the longest tokens are runs of about so many blanks.
inline constexpr std::int64_t k_bytes_for_token_max = 64;

// Tokens that a call may use.
struct Estimate {
    std::int64_t input = 0;
    std::int64_t output = 0;
    std::vector<UsedUnit> units = {};  // pieces of other kinds, as far as its plugin says
};

// What a call may use at one of its targets.
struct Bound {
    Estimate held;      // the most that it is expected to use; it is held
    Estimate believed;  // a report of more is not believed
    // A report of fewer prompt tokens is not believed either: each would have more bytes than the
    // longest token of any vocabulary.
    std::int64_t input_min = 0;
    // The most that is believed of one kind of unit, such as searches, that nobody has estimated.
    std::int64_t pieces_max = 100;
    std::int64_t pictures = 0;  // of held.input
    std::int64_t answer = 0;    // of held.output, without the thinking
};

// Takes what the target's plugin says that a call can use at most, instead of what was estimated. A
// part that it tells without the whole, of pictures or of thinking, counts where it is more.
void take_told(Bound& bound, const Usage& most);

// What is known of a target's model.
struct ModelFacts {
    std::int64_t density = k_density_default;
    std::int64_t context = 0;     // the most that a prompt can be
    std::int64_t output_max = 0;  // of one choice, if the client sets no limit
    bool thinks_unasked = false;  // in streams, unless it is told not to
};

// The tokens of all choices together. Each has the client's limit, else the model's, and what the
// client grants for thinking. Of several limits by different names the largest counts, because
// nobody knows which of them an upstream obeys.
std::int64_t output_tokens_max(const Call& call, const ModelFacts& model);

Bound bound_of(const Call& call, const PromptSize& size, const ModelFacts& model);

}  // namespace bellwether::policy

// Measures a request's body before it is sent, so that its tokens can be estimated. Pure.
//
// The whole body counts as text, so that tools, schemas and the frame of each message are in it.
// Only parts that are not text, such as pictures, are taken out and counted apart
// (json/prompt_walk.hpp).
#pragma once

#include <cstdint>

#include "base/call.hpp"

namespace bellwether::policy {

struct PromptSize {
    std::int64_t text_bytes = 0;      // digits included
    std::int64_t digits = 0;          // a token each in some vocabularies
    std::int64_t picture_tokens = 0;  // among media_tokens
    std::int64_t media_tokens = 0;    // of pictures and sound
    // Tokens of videos, files and unknown parts: one for each byte that came with the request, or
    // k_tokens_unknown if a part is only named. The caller has to cap this figure at the model's
    // context.
    std::int64_t part_tokens = 0;
};

PromptSize measure_prompt(const Call& call);

}  // namespace bellwether::policy

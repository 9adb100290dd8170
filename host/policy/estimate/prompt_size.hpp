// What of a request's body makes up its tokens, before it is sent. Pure.
//
// The whole body counts as text, so that tools, schemas and what frames each message are in it.
// Only what stands in place of text is taken out and counted apart (json/prompt_walk.hpp).
#pragma once

#include <cstdint>

#include "base/call.hpp"

namespace bw::policy {

struct PromptSize {
    std::int64_t text_bytes = 0;    // digits included
    std::int64_t digits = 0;        // a token each in some vocabularies
    std::int64_t media_tokens = 0;  // of pictures and sound
    // Of videos, files and parts that are not known: a token a byte of what came with the request,
    // k_tokens_unknown if anything is only named. A model's context is the most that it can be.
    std::int64_t part_tokens = 0;
};

PromptSize measure_prompt(const Call& call);

}  // namespace bw::policy

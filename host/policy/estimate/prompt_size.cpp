#include "policy/estimate/prompt_size.hpp"

#include "json/prompt_walk.hpp"

namespace bellwether::policy {
namespace {

// The tokens that the large models take for a picture of any size, if the request asks for more
// detail than usual.
constexpr std::int64_t k_picture_tokens_detailed = 16'384;

}  // namespace

PromptSize measure_prompt(const Call& call) {
    const PromptParts& parts = call.asked.parts;
    const std::int64_t picture =
        parts.detailed ? k_picture_tokens_detailed : json::k_picture_tokens;
    return {.text_bytes = static_cast<std::int64_t>(call.body.size()) - parts.bytes,
            .digits = json::count_digits(call.body) - parts.digits,
            .picture_tokens = parts.pictures * picture,
            .media_tokens = parts.pictures * picture + parts.sound_tokens,
            .part_tokens = parts.other_tokens};
}

}  // namespace bellwether::policy

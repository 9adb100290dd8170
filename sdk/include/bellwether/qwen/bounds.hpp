// bellwether/qwen/bounds.hpp - what a chat request to a Qwen model can cost at most, beyond what
// the host can tell by OpenAI's words: the thoughts, which max_tokens does not limit, and the
// pictures. For the hook estimate() of a provider. Pure; any thread.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/chat/turn.hpp>
#include <bellwether/json.hpp>
#include <bellwether/provider/estimate.hpp>
#include <bellwether/provider/request.hpp>
#include <bellwether/qwen/thinking.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace bw::v1::qwen {

namespace detail {

// Two tokens frame each picture.
inline constexpr std::int64_t k_frame_tokens = 2;
inline constexpr std::int64_t k_picture_tokens_max = 16'384 + k_frame_tokens;
// Of a token: of the models that cut pictures most finely.
inline constexpr std::int64_t k_token_pixels = 28 * 28;

// The tokens of a picture, if nothing is said of its size. Models that read print look closely.
inline std::int64_t usual_picture_tokens(std::string_view model) {
    return (ascii::contains_nocase(model, "ocr") ? 8'192 : 2'560) + k_frame_tokens;
}

// `part` may say how large the picture is made.
inline std::int64_t picture_tokens(const json::Value& part, std::int64_t usual) {
    std::int64_t pixels = 0;
    for (const json::Member& member : part.members()) {
        if (!member.key_is("min_pixels") && !member.key_is("max_pixels")) continue;
        pixels = std::max(pixels, member.value().integer().value_or(0));
    }
    if (pixels <= 0) return usual;
    return std::min(pixels / k_token_pixels + 1 + k_frame_tokens, k_picture_tokens_max);
}

inline std::int64_t pictures_tokens(const json::Value& messages, std::int64_t usual) {
    std::int64_t tokens = 0;
    if (messages.kind() != json::Kind::array) return tokens;
    for (const chat::Turn& turn : chat::Turns(messages, chat::detail::k_nowhere)) {
        for (const chat::Part& part : turn.parts()) {
            if (part.kind() == chat::PartKind::image) tokens += picture_tokens(part.raw(), usual);
        }
    }
    return tokens;
}

}  // namespace detail

// Nothing is said of models that are not Qwen's. `thinks_unasked`: a model that thinks unless it is
// told not to does so in this request; false: the provider tells it.
inline Bounds bounds(const Request& request, bool thinks_unasked = true) {
    constexpr std::int64_t k_choices_max = 128;
    Bounds out;
    Model model = find_model(request.model());
    if (request.operation() != Operation::chat || !model.is_qwen) return out;
    if (!thinks_unasked && model.thinking == Thinking::unless_told) {
        model.thinking = Thinking::if_told;
    }
    ThinkingWords words;
    json::Value messages;
    std::int64_t choices = 1;
    std::int64_t picture = detail::usual_picture_tokens(request.model());
    for (const json::Member& member : request.json().members()) {
        if (words.take(member)) continue;
        if (member.key_is("messages")) messages = member.value();
        if (member.key_is("n")) choices = member.value().integer().value_or(1);
        if (member.key_is("vl_high_resolution_images") && member.value().boolean(false)) {
            picture = detail::k_picture_tokens_max;
        }
    }
    out.most.reasoning = 0;
    if (thinks(model, words)) {
        out.most.reasoning =
            thinking_tokens_max(model, words) * std::clamp<std::int64_t>(choices, 1, k_choices_max);
    }
    out.most.image_input = detail::pictures_tokens(messages, picture);
    return out;
}

}  // namespace bw::v1::qwen

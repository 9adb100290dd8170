#include "policy/estimate.hpp"

#include <algorithm>
#include <bellwether/json.hpp>

namespace bw::policy {
namespace {

// A template's own system prompt, and the marks that begin the answer.
constexpr std::int64_t k_frame_tokens = 32;

// A picture: what the large models take for one of any size, unless high resolution is asked for.
constexpr std::int64_t k_picture_tokens = 4'096;
constexpr std::int64_t k_picture_tokens_high = 16'384;
// Sound comes as base64 of at least 64 kbit/s, and makes about 25 tokens a second.
constexpr std::int64_t k_sound_bytes_for_token = 64;

std::int64_t count_digits(std::string_view text) {
    return std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::int64_t length(std::string_view text) { return static_cast<std::int64_t>(text.size()); }

bool may_hold_media(std::string_view prompt) {
    return prompt.find("image") != prompt.npos || prompt.find("audio") != prompt.npos;
}

class Media {
  public:
    Media(PromptSize& size, bool high) : size_(size), high_(high) {}

    void take_out_of(std::string_view prompt) {
        for (const json::Value& message : json::Value(prompt).elements()) {
            for (const json::Value& part : message["content"].elements()) {
                for (const json::Member& member : part.members()) take_out(member);
            }
        }
    }

  private:
    void take_out(const json::Member& member) {
        const std::string_view raw = member.value().raw();
        const bool sound = member.key_is("input_audio");
        if (!sound && !member.key_is("image_url") && !member.key_is("input_image")) return;
        size_.text_bytes -= length(raw);
        size_.digits -= count_digits(raw);
        size_.media_tokens += sound   ? length(raw) / k_sound_bytes_for_token + 1
                              : high_ ? k_picture_tokens_high
                                      : k_picture_tokens;
    }

    PromptSize& size_;
    bool high_;
};

// An older completion answers each of several prompts. Numbers are the tokens of a single one.
std::int64_t count_prompts(const Call& call) {
    if (call.operation != Operation::completions) return 1;
    const json::Value prompt(
        std::string_view(call.body).substr(call.prompt_value.offset, call.prompt_value.length));
    if (prompt.kind() != json::Kind::array) return 1;
    std::int64_t count = 0;
    for (const json::Value& one : prompt.elements()) {
        if (one.kind() != json::Kind::number) ++count;
    }
    return std::max<std::int64_t>(count, 1);
}

}  // namespace

PromptSize measure_prompt(const Call& call) {
    const std::string_view body = call.body;
    PromptSize size{.text_bytes = length(body), .digits = count_digits(body)};
    const auto prompt = body.substr(call.prompt_value.offset, call.prompt_value.length);
    if (call.operation == Operation::chat && may_hold_media(prompt)) {
        Media(size, body.find("vl_high_resolution_images") != body.npos).take_out_of(prompt);
    }
    return size;
}

std::int64_t prompt_tokens_max(const PromptSize& size, std::int64_t density) {
    const std::int64_t others = size.text_bytes - size.digits;
    return k_frame_tokens + size.digits + (others * density + 999) / 1000 + size.media_tokens;
}

std::int64_t density_of(const PromptSize& size, std::int64_t tokens) {
    const std::int64_t others = std::max<std::int64_t>(size.text_bytes - size.digits, 1);
    const std::int64_t of_others =
        std::clamp<std::int64_t>(tokens - size.digits - size.media_tokens, 0, others);
    return std::clamp((of_others * 1000 + others - 1) / others, k_density_default, k_density_max);
}

std::int64_t output_tokens_max(const Call& call, std::int64_t cap) {
    if (call.operation == Operation::embeddings) return 0;
    const std::int64_t each = call.max_tokens > 0 ? call.max_tokens : cap;
    return std::min(each, k_choice_tokens_max) *
           std::clamp<std::int64_t>(call.choices, 1, k_choices_max) * count_prompts(call);
}

}  // namespace bw::policy

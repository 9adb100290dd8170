#include "json/prompt_walk.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "json/known_members.hpp"
#include "json/number.hpp"
#include "json/value.hpp"

namespace bellwether::json {
namespace {

// Sound of 64 kbit/s or more, in base64, makes about 25 tokens a second: far fewer than one for
// each 64 bytes, so that this number is on the safe side.
constexpr std::int64_t k_sound_bytes_for_token = 64;

std::int64_t length(std::string_view text) { return static_cast<std::int64_t>(text.size()); }

// Whether the text is a link or the data of a picture. Some servers take other files in its place,
// and their data is not a picture's.
bool may_be_picture(std::string_view text) {
    return text.starts_with("http") || text.starts_with("oss:") || text.starts_with("data:image");
}

bool is_base64(char c) { return is_alphanumeric(c) || c == '+' || c == '/' || c == '='; }

// Whether the text is base64 data and no link or name, which would have a dot, a colon or a dash
// near its beginning. Some clients write a slash as "\/".
bool is_inline_sound(std::string_view text) {
    constexpr std::size_t k_looked_at = 64;
    if (text.starts_with("data:")) text.remove_prefix(std::min(text.find(',') + 1, text.size()));
    for (std::size_t at = 0; at < std::min(text.size(), k_looked_at); ++at) {
        const bool slash = text.substr(at, 2) == "\\/";
        if (!slash && !is_base64(text[at])) return false;
    }
    return true;
}

PartRole part_meaning_of(std::string_view raw_key) {
    const bool escaped = raw_key.find('\\') != std::string_view::npos;
    return escaped ? part_meaning(unescape(raw_key)) : part_meaning(raw_key);
}

// Each function takes where a value begins and how deep it may nest, and gives its end, or nullptr
// if it is malformed. Each value is walked once; only what may hold parts is entered.
class PromptWalk {
  public:
    PromptWalk(const char* end, PromptParts& parts) : end_(end), parts_(parts) {}

    const char* messages(const char* at, int depth) {
        if (!begins(at, '[')) return skip(at, depth);
        return scan_array(at, end_, [&](const char* p) { return message(p, depth - 1); });
    }

    // `prompts` becomes the number of prompts. An array of numbers is one prompt, given as tokens.
    const char* inputs(const char* at, int depth, std::int64_t& prompts) {
        if (!begins(at, '[')) return skip(at, depth);
        std::int64_t count = 0;
        const char* const stop = scan_array(at, end_, [&](const char* p) {
            if (p != end_ && (is_digit(*p) || *p == '-')) return skip_number_in_range(p, end_);
            ++count;
            return part(p, depth - 1);
        });
        prompts = std::max<std::int64_t>(count, 1);
        return stop;
    }

  private:
    enum class Media { picture, sound, other };

    bool begins(const char* at, char first) const { return at != end_ && *at == first; }
    const char* skip(const char* at, int depth) const {
        return skip_value(at, end_, depth, &skip_number_in_range);
    }

    const char* message(const char* at, int depth) {
        if (!begins(at, '{')) return skip(at, depth);
        return scan_object(at, end_, [&](std::string_view key, const char* value) {
            const Member member(key, {});
            if (member.key_is("content")) return content(value, depth - 1);
            // A spoken answer of an earlier turn, which is named by its id.
            if (member.key_is("audio")) return take(key, value, Media::other, depth - 1);
            return skip(value, depth - 1);
        });
    }

    const char* content(const char* at, int depth) {
        if (!begins(at, '[')) return part(at, depth);
        return scan_array(at, end_, [&](const char* p) { return part(p, depth - 1); });
    }

    const char* part(const char* at, int depth) {
        if (!begins(at, '{')) return skip(at, depth);
        return members(at, Media::other, depth);
    }

    const char* members(const char* at, Media media, int depth) {
        if (depth == 0) return nullptr;
        return scan_object(at, end_, [&](std::string_view key, const char* value) {
            return take(key, value, media, depth - 1);
        });
    }

    const char* take(std::string_view raw_key, const char* at, Media media, int depth) {
        const PartRole means = part_meaning_of(raw_key);
        switch (means) {
            case PartRole::text: return skip(at, depth);
            case PartRole::picture: media = Media::picture; break;
            case PartRole::sound: media = Media::sound; break;
            case PartRole::link: break;
            default: media = Media::other;
        }
        if (begins(at, '{')) return members(at, media, depth);
        if (begins(at, '[')) return elements(at, media, depth);
        const char* const stop = skip(at, depth);
        if (stop != nullptr) take_scalar(means, {at, static_cast<std::size_t>(stop - at)}, media);
        return stop;
    }

    const char* elements(const char* at, Media media, int depth) {
        if (depth == 0) return nullptr;
        return scan_array(at, end_,
                          [&](const char* p) { return take("url", p, media, depth - 1); });
    }

    void take_scalar(PartRole means, std::string_view raw, Media media) {
        const Value value(raw);
        if (value.kind() == Kind::null) return;
        if (value.kind() != Kind::string) {
            parts_.detailed = true;  // for example a number of pixels
        } else if (means == PartRole::detail) {
            parts_.detailed |=
                !value.equals("low") && !value.equals("high") && !value.equals("auto");
        } else if (means != PartRole::content) {
            take_out(raw.substr(1, raw.size() - 2), media);
        }
    }

    // `text`: what stands between the quotes, with its escapes.
    void take_out(std::string_view text, Media media) {
        parts_.bytes += length(text);
        parts_.digits += count_digits(text);
        if (media == Media::picture && may_be_picture(text)) {
            ++parts_.pictures;
        } else if (media == Media::sound && is_inline_sound(text)) {
            parts_.sound_tokens += length(text) / k_sound_bytes_for_token + 1;
        } else {
            const std::int64_t tokens = text.starts_with("data:")
                                            ? std::max(length(text), k_picture_tokens)
                                            : k_tokens_unknown;
            parts_.other_tokens += std::min(tokens, k_tokens_unknown - parts_.other_tokens);
        }
    }

    const char* end_;
    PromptParts& parts_;
};

}  // namespace

// Counts in blocks of a fixed size whose count fits a byte, so that the compiler can count sixteen
// characters in one step.
std::int64_t count_digits(std::string_view text) {
    constexpr std::size_t k_at_once = 240;
    std::int64_t count = 0;
    for (; text.size() >= k_at_once; text.remove_prefix(k_at_once)) {
        std::uint8_t few = 0;
        for (std::size_t i = 0; i < k_at_once; ++i) {
            few = static_cast<std::uint8_t>(few + is_digit(text[i]));
        }
        count += few;
    }
    return count + std::ranges::count_if(text, [](char c) { return is_digit(c); });
}

const char* walk_prompt(Call& call, const char* value, int depth_max) {
    PromptWalk walk(call.body.data() + call.body.size(), call.asked.parts);
    if (facts_of(call.operation).prompt == "messages") return walk.messages(value, depth_max);
    std::int64_t prompts = 1;
    const char* const stop = walk.inputs(value, depth_max, prompts);
    if (call.operation == Operation::completions) call.asked.prompts = prompts;
    return stop;
}

}  // namespace bellwether::json

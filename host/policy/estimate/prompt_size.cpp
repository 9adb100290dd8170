#include "policy/estimate/prompt_size.hpp"

#include <algorithm>
#include <array>
#include <bellwether/json.hpp>

#include "ledger/amount.hpp"

namespace bw::policy {
namespace {

// A picture: what the large models take for one of any size, unless high resolution is asked for.
constexpr std::int64_t k_picture_tokens = 4'096;
constexpr std::int64_t k_picture_tokens_high = 16'384;
// Sound comes as base64 of at least 64 kbit/s, and makes about 25 tokens a second.
constexpr std::int64_t k_sound_bytes_for_token = 64;

// Members of a part that are text, or say how it is written.
constexpr std::array<std::string_view, 12> k_texts{
    "type",          "text",     "refusal",     "format",    "filename",  "name",
    "cache_control", "thinking", "annotations", "signature", "mime_type", "media_type"};
constexpr std::array<std::string_view, 3> k_pictures{"image_url", "image", "input_image"};
constexpr std::array<std::string_view, 2> k_sounds{"input_audio", "audio"};
// Of the whole request: more of each picture is looked at.
constexpr std::array<std::string_view, 2> k_high{"vl_high_resolution_images",
                                                 "mm_processor_kwargs"};

std::int64_t length(std::string_view text) { return static_cast<std::int64_t>(text.size()); }

// As many at once as fit a byte, so that the compiler can count sixteen in one step.
std::int64_t count_digits(std::string_view text) {
    constexpr std::size_t k_at_once = 255;
    std::int64_t count = 0;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, k_at_once);
        std::uint8_t few = 0;
        for (const char c : part) few = static_cast<std::uint8_t>(few + (c >= '0' && c <= '9'));
        count += few;
        text.remove_prefix(part.size());
    }
    return count;
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Of the quote at `at`: whether it is text, and not the end of it.
bool is_escaped(std::string_view json, std::size_t at) {
    const std::size_t begin = at;
    while (at > 0 && json[at - 1] == '\\') --at;
    return (begin - at) % 2 != 0;
}

// What stands between the quotes, escapes and all.
std::string_view inside(const json::Value& string) {
    return string.raw().substr(1, string.raw().size() - 2);
}

// A link or a picture. Other data can stand there too; some servers take a file for a picture.
bool may_be_picture(std::string_view text) {
    return text.starts_with("http") || text.starts_with("oss:") || text.starts_with("data:image");
}

bool asks_for_high(std::string_view body) {
    for (const json::Member& member : json::Value(body).members()) {
        if (std::ranges::any_of(k_high, [&](auto name) { return member.key_is(name); }))
            return true;
    }
    return false;
}

bool is_base64(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=';
}

// Base64 from its beginning, and no link: whatever names something has a dot, a colon or a dash.
// Some write "\/" for the slash.
bool is_inline_sound(std::string_view text) {
    constexpr std::size_t k_looked_at = 64;
    if (text.starts_with("data:")) text.remove_prefix(std::min(text.find(',') + 1, text.size()));
    for (std::size_t at = 0; at < std::min(text.size(), k_looked_at); ++at) {
        const bool slash = text.substr(at, 2) == "\\/";
        if (!slash && !is_base64(text[at])) return false;
    }
    return true;
}

// Takes what is no text out of a prompt that has been checked to be JSON.
class Parts {
  public:
    Parts(std::string_view prompt, PromptSize& size)
        : begin_(prompt.data()), end_(begin_ + prompt.size()), size_(size) {}

    void take_out_of_messages() {
        json::scan_array(begin_, end_, [this](const char* at) { return message(at); });
    }
    void take_out_of_inputs() {
        json::scan_array(begin_, end_, [this](const char* at) { return part(at); });
    }
    // `body`: the whole request, which may ask for more of each picture.
    void count_pictures(std::string_view body) {
        if (pictures_ == 0) return;
        high_ = high_ || asks_for_high(body);
        size_.media_tokens += pictures_ * (high_ ? k_picture_tokens_high : k_picture_tokens);
    }

  private:
    enum class Media { picture, sound, other };

    bool begins(const char* at, char first) const { return at != end_ && *at == first; }
    // Text has been checked already; its end is all that is looked for.
    const char* skip(const char* value) const {
        if (!begins(value, '"')) return json::skip_value(value, end_);
        const std::string_view rest(value, static_cast<std::size_t>(end_ - value));
        auto quote = rest.find('"', 1);
        while (quote != rest.npos && is_escaped(rest, quote)) quote = rest.find('"', quote + 1);
        return quote == rest.npos ? nullptr : value + quote + 1;
    }

    // Each value is walked once; only what may hold parts is entered.
    const char* message(const char* at) {
        if (!begins(at, '{')) return skip(at);
        return json::scan_object(at, end_, [this](std::string_view key, const char* value) {
            const json::Member member(key, {});
            if (member.key_is("content")) return content(value);
            const char* const stop = skip(value);
            // An answer of before, named.
            if (stop != nullptr && member.key_is("audio")) take(key, {value, stop}, Media::other);
            return stop;
        });
    }

    const char* content(const char* value) {
        if (!begins(value, '[')) return part(value);
        return json::scan_array(value, end_, [this](const char* at) { return part(at); });
    }

    const char* part(const char* at) {
        if (!begins(at, '{')) return skip(at);
        return json::scan_object(at, end_, [this](std::string_view key, const char* value) {
            const char* const stop = skip(value);
            if (stop != nullptr) take(key, {value, stop}, Media::other);
            return stop;
        });
    }

    void take(std::string_view key, std::string_view raw, Media media) {
        const json::Member member(key, json::Value(raw));
        const auto is = [&](std::string_view name) { return member.key_is(name); };
        if (std::ranges::any_of(k_texts, is)) return;
        if (std::ranges::any_of(k_pictures, is)) {
            media = Media::picture;
        } else if (std::ranges::any_of(k_sounds, is)) {
            media = Media::sound;
        } else if (!is("url") && !is("data")) {
            media = Media::other;
        }
        const json::Value& value = member.value();
        switch (value.kind()) {
            case json::Kind::object:
                for (const json::Member& inner : value.members()) {
                    take(inner.raw_key(), inner.value().raw(), media);
                }
                return;
            case json::Kind::array:
                for (const json::Value& inner : value.elements()) take("url", inner.raw(), media);
                return;
            case json::Kind::string: break;
            case json::Kind::null: return;
            default: high_ = true; return;  // how many pixels there may be, say
        }
        if (is("detail")) {
            high_ |= !value.equals("low") && !value.equals("high") && !value.equals("auto");
        } else if (!is("content")) {
            take_out(value, media);
        }
    }

    void take_out(const json::Value& string, Media media) {
        const std::string_view text = inside(string);
        size_.text_bytes -= length(text);
        size_.digits -= count_digits(text);
        if (media == Media::picture && may_be_picture(text)) {
            ++pictures_;
        } else if (media == Media::sound && is_inline_sound(text)) {
            size_.media_tokens += length(text) / k_sound_bytes_for_token + 1;
        } else {
            const std::int64_t tokens = text.starts_with("data:")
                                            ? std::max(length(text), k_picture_tokens)
                                            : k_tokens_unknown;
            size_.part_tokens = ledger::add_clamped(size_.part_tokens, tokens);
        }
    }

    const char* begin_;
    const char* end_;
    PromptSize& size_;
    std::int64_t pictures_ = 0;
    bool high_ = false;
};

// Of the bracket at `at`: whether it begins the value of a member, and is not text.
bool is_member_value(std::string_view json, std::size_t at) {
    const auto before = [&](char c) {
        while (at > 0 && is_space(json[at - 1])) --at;
        return at > 0 && json[--at] == c;
    };
    return before(':') && before('"') && !is_escaped(json, at);
}

// False only if every message says what it says in a single string.
bool may_hold_parts(Operation operation, std::string_view prompt) {
    if (operation != Operation::chat) return prompt.contains('{');
    for (const char bracket : {'[', '{'}) {
        for (auto at = prompt.find(bracket); at != prompt.npos; at = prompt.find(bracket, at + 1)) {
            if (is_member_value(prompt, at)) return true;
        }
    }
    return false;
}

}  // namespace

PromptSize measure_prompt(const Call& call) {
    const std::string_view body = call.body;
    PromptSize size{.text_bytes = length(body), .digits = count_digits(body)};
    const auto prompt = body.substr(call.prompt_value.offset, call.prompt_value.length);
    if (!may_hold_parts(call.operation, prompt)) return size;
    Parts parts(prompt, size);
    call.operation == Operation::chat ? parts.take_out_of_messages() : parts.take_out_of_inputs();
    parts.count_pictures(body);
    return size;
}

}  // namespace bw::policy

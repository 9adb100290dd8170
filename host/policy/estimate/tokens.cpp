#include "policy/estimate/tokens.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/ascii.hpp"
#include "json/value.hpp"

namespace bellwether::policy {
namespace {

constexpr int k_depth = json::k_nesting_default;

// The bytes of a text as its reader sees it: without the signs of escapes, and without embedded
// data.
struct CountedText {
    std::int64_t digits = 0;
    std::int64_t others = 0;

    std::int64_t bytes() const { return digits + others; }
    std::int64_t tokens() const { return digits + (others + 3) / 4; }
};

CountedText measure_plain(std::string_view text) {
    const auto digits = std::ranges::count_if(text, [](char c) { return is_digit(c); });
    return {.digits = digits, .others = static_cast<std::int64_t>(text.size()) - digits};
}

// Where the data of a picture or a sound begins that is embedded in a text; npos: there is none.
std::size_t find_data(std::string_view text) {
    constexpr std::string_view k_mark = ";base64,";
    constexpr std::size_t k_bytes_min = 512;  // shorter data may as well count as text
    if (text.size() < k_bytes_min) return std::string_view::npos;
    const auto mark = text.find(k_mark);
    return mark == std::string_view::npos ? mark : mark + k_mark.size();
}

std::size_t data_size(std::string_view text) {
    const auto is_data = [](char c) {
        return is_alphanumeric(c) || c == '+' || c == '/' || c == '=';
    };
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_data) - text.begin());
}

void add(CountedText& sum, const CountedText& more) {
    sum.digits += more.digits;
    sum.others += more.others;
}

// Measures a JSON string; `text` is what stands between its quotes. A short escape such as a
// backslash and `n` is one byte. An escape with `u` and four digits counts as two, whatever its
// letter has in UTF-8.
CountedText measure_escaped(std::string_view text) {
    constexpr std::int64_t k_letter_bytes = 2;
    CountedText sum;
    for (auto at = text.find('\\'); at != text.npos; at = text.find('\\')) {
        add(sum, measure_plain(text.substr(0, at)));
        const bool letter = text.substr(at + 1).starts_with('u');
        sum.others += letter ? k_letter_bytes : 1;
        text.remove_prefix(std::min<std::size_t>(at + (letter ? 6 : 2), text.size()));
    }
    add(sum, measure_plain(text));
    return sum;
}

CountedText measure(std::string_view text) {
    CountedText sum;
    for (auto at = find_data(text); at != text.npos; at = find_data(text)) {
        add(sum, measure_escaped(text.substr(0, at)));
        text.remove_prefix(at);
        text.remove_prefix(data_size(text));
    }
    add(sum, measure_escaped(text));
    return sum;
}

// Members that are not generated text: they say how a text is meant, or hold data.
constexpr std::array<std::string_view, 15> k_frame{
    "role",  "id",       "type",      "format",      "url",       "image_url",  "images",
    "data",  "b64_json", "signature", "annotations", "mime_type", "media_type", "encrypted_content",
    "object"};
constexpr std::array<std::string_view, 4> k_thoughts{"reasoning_content", "reasoning",
                                                     "reasoning_text", "thinking"};
constexpr std::array<std::string_view, 2> k_thought_details{"reasoning_details", "thinking_blocks"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}
bool is_frame(std::string_view name) { return is_one_of(k_frame, name); }

// Looks through one piece of JSON. Each value is walked once, and entered only if it may hold
// generated text.
class Look {
  public:
    explicit Look(std::string_view json) : begin_(json.data()), end_(begin_ + json.size()) {}

    PieceSeen seen() {
        json::scan_object(json::skip_space(begin_, end_), end_,
                          [this](std::string_view key, const char* value) {
                              return key == "choices" ? choices(value) : skip(value);
                          });
        return seen_;
    }

  private:
    bool begins(const char* at, char first) const { return at != end_ && *at == first; }
    const char* skip(const char* value) { return json::skip_value(value, end_, k_depth); }

    const char* choices(const char* array) {
        if (!begins(array, '[')) return skip(array);
        return json::scan_array(array, end_, [this](const char* at) { return choice(at); });
    }

    const char* choice(const char* at) {
        std::int64_t index = 0;
        bool finished = false;
        const char* const stop = object(at, [&](std::string_view key, const char* value) {
            if (key == "delta" || key == "message") return message(value);
            if (key == "text") return text(value);
            const char* const end = skip(value);
            if (end == nullptr) return end;
            const json::Value said({value, end});
            if (key == "index") index = said.integer().value_or(0);
            if (key == "finish_reason") {
                finished = said.kind() == json::Kind::string && !said.equals("");
            }
            return end;
        });
        constexpr std::int64_t k_last_bit = 63;
        seen_.content = seen_.content || finished;
        if (finished) {
            seen_.finished |= std::uint64_t{1} << std::clamp<std::int64_t>(index, 0, k_last_bit);
        }
        return stop;
    }

    // Counts every text in a message, except in members that are known to be something else,
    // because vendors have many names for generated text. Thoughts that come in two forms at once
    // count once.
    const char* message(const char* at) {
        CountedText thoughts;
        CountedText details;
        const char* const stop = object(at, [&](std::string_view key, const char* value) {
            seen_.content = seen_.content || (key != "role" && says_something(value));
            if (is_frame(key)) return skip(value);
            if (is_one_of(k_thoughts, key)) return texts(value, thoughts);
            if (is_one_of(k_thought_details, key)) return texts(value, details);
            return texts(value, seen_text_);
        });
        const CountedText& thought = thoughts.bytes() < details.bytes() ? details : thoughts;
        seen_.thoughts = seen_.thoughts || thought.bytes() > 0;
        add_seen(thought);
        add_seen(std::exchange(seen_text_, {}));
        return stop;
    }

    // Adds all texts in a value, however deep they are.
    const char* texts(const char* value, CountedText& sum) {
        if (begins(value, '"')) {
            const char* const stop = skip(value);
            if (stop != nullptr) add(sum, measure({value + 1, stop - 1}));
            return stop;
        }
        if (begins(value, '[')) {
            return json::scan_array(value, end_, [&](const char* at) { return texts(at, sum); });
        }
        return object(value, [&](std::string_view key, const char* at) {
            return is_frame(key) ? skip(at) : texts(at, sum);
        });
    }

    const char* text(const char* value) {
        CountedText sum;
        seen_.content = seen_.content || says_something(value);
        const char* const stop = texts(value, sum);
        add_seen(sum);
        return stop;
    }

    // False for null, false, and an empty string, array or object.
    bool says_something(const char* value) const {
        if (value == end_ || *value == 'n' || *value == 'f') return false;
        const char* const inside = json::skip_space(value + 1, end_);
        if (inside == end_) return true;
        return !(*value == '"' && value[1] == '"') && !(*value == '[' && *inside == ']') &&
               !(*value == '{' && *inside == '}');
    }

    void add_seen(const CountedText& text) {
        seen_.tokens += text.tokens();
        seen_.text_bytes += text.bytes();
    }

    template <typename Member>
    const char* object(const char* at, Member member) {
        return begins(at, '{') ? json::scan_object(at, end_, member) : skip(at);
    }

    const char* begin_;
    const char* end_;
    PieceSeen seen_;
    CountedText seen_text_;  // of the current message, without its thoughts
};

}  // namespace

std::int64_t estimate_tokens(std::string_view text) { return measure(text).tokens(); }

PieceSeen look_at(std::string_view json) { return Look(json).seen(); }

}  // namespace bellwether::policy

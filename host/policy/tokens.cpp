#include "policy/tokens.hpp"

#include <algorithm>
#include <bellwether/json.hpp>

namespace bw::policy {
namespace {

constexpr int k_depth = json::k_nesting_default;

// Each value is walked once, and only what holds generated text is entered.
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

    const char* text(const char* value) {
        const char* const stop = skip(value);
        if (stop != nullptr && *value == '"') {
            const std::string_view inside(value + 1, stop - 1);  // its quotes
            seen_.tokens += estimate_tokens(inside);
            seen_.text_bytes += static_cast<std::int64_t>(inside.size());
        }
        return stop;
    }

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
            if (key == "finish_reason") finished = said.kind() == json::Kind::string;
            return end;
        });
        constexpr std::int64_t k_last_bit = 63;
        if (finished) {
            seen_.finished |= std::uint64_t{1} << std::clamp<std::int64_t>(index, 0, k_last_bit);
        }
        return stop;
    }

    const char* message(const char* at) {
        return object(at, [this](std::string_view key, const char* value) {
            const bool generated = key == "content" || key == "reasoning_content" ||
                                   key == "reasoning" || key == "refusal";
            if (generated) return text(value);
            if (key == "function_call") return function(value);
            return key == "tool_calls" ? tool_calls(value) : skip(value);
        });
    }

    const char* tool_calls(const char* array) {
        if (!begins(array, '[')) return skip(array);
        return json::scan_array(array, end_, [this](const char* call) {
            return object(call, [this](std::string_view key, const char* value) {
                return key == "function" ? function(value) : skip(value);
            });
        });
    }

    const char* function(const char* at) {
        return object(at, [this](std::string_view key, const char* value) {
            return key == "name" || key == "arguments" ? text(value) : skip(value);
        });
    }

    template <typename Member>
    const char* object(const char* at, Member member) {
        return begins(at, '{') ? json::scan_object(at, end_, member) : skip(at);
    }

    const char* begin_;
    const char* end_;
    PieceSeen seen_;
};

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
    const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
    const auto others = static_cast<std::int64_t>(text.size()) - digits;
    return digits + (others + 3) / 4;
}

PieceSeen look_at(std::string_view json) { return Look(json).seen(); }

}  // namespace bw::policy

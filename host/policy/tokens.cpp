#include "policy/tokens.hpp"

#include <algorithm>
#include <bellwether/json.hpp>

namespace bw::policy {
namespace {

constexpr int k_depth = json::k_nesting_default;

// Each value is walked once, and only what holds generated text is entered.
class Counter {
  public:
    explicit Counter(std::string_view json) : begin_(json.data()), end_(begin_ + json.size()) {}

    std::int64_t count() {
        json::scan_object(json::skip_space(begin_, end_), end_,
                          [this](std::string_view key, const char* value) {
                              return key == "choices" ? choices(value) : skip(value);
                          });
        return tokens_;
    }

  private:
    bool begins(const char* at, char first) const { return at != end_ && *at == first; }
    const char* skip(const char* value) { return json::skip_value(value, end_, k_depth); }

    const char* text(const char* value) {
        const char* const stop = skip(value);
        if (stop != nullptr && *value == '"') {
            tokens_ += estimate_tokens({value + 1, stop - 1});  // between its quotes
        }
        return stop;
    }

    const char* choices(const char* array) {
        if (!begins(array, '[')) return skip(array);
        return json::scan_array(array, end_, [this](const char* choice) {
            return object(choice, [this](std::string_view key, const char* value) {
                if (key == "delta" || key == "message") return message(value);
                return key == "text" ? text(value) : skip(value);
            });
        });
    }

    const char* message(const char* at) {
        return object(at, [this](std::string_view key, const char* value) {
            const bool generated = key == "content" || key == "reasoning_content" ||
                                   key == "reasoning" || key == "refusal";
            if (generated) return text(value);
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
    std::int64_t tokens_ = 0;
};

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
    const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
    const auto others = static_cast<std::int64_t>(text.size()) - digits;
    return digits + (others + 3) / 4;
}

std::int64_t generated_tokens(std::string_view json) { return Counter(json).count(); }

Usage settle(const Call& call, Usage reported, bool sent, std::int64_t observed) {
    if (!sent) return {};
    const bool complete = reported.input_tokens >= 0 &&
                          (reported.output_tokens >= 0 || call.operation == Operation::embeddings);
    if (complete) return reported;
    if (reported.input_tokens < 0) {
        reported.input_tokens = estimate_tokens(
            std::string_view(call.body).substr(call.prompt_value.offset, call.prompt_value.length));
    }
    if (reported.output_tokens < 0) reported.output_tokens = observed;
    reported.source = observed > 0 ? UsageSource::observed : UsageSource::estimate;
    return reported;
}

}  // namespace bw::policy

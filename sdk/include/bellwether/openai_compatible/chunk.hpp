// One look at a chunk of a stream or at a complete reply: what matters in it, and what has to
// change before it is handed on. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/provider.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bw::openai {

// Reads one JSON object in a single scan, which also proves it valid. Used again for every chunk of
// a call, so that it allocates nothing in the usual case. The views live as long as the text.
class ChunkReader {
  public:
    // `rename_reasoning`: plan to hand on `reasoning` as `reasoning_content`.
    explicit ChunkReader(bool rename_reasoning = false) : rename_reasoning_(rename_reasoning) {}

    // False if `text` is not one JSON object. A complete reply (`whole`) keeps its usage.
    bool read(std::string_view text, bool whole = false) {
        text_ = text;
        keep_usage_ = whole;
        end_ = text.data() + text.size();
        id = object = created = model = choices = usage = error = code = message = type = data = {};
        has_choices = false;
        edits_.clear();
        previous_end_ = first_usage_ = nullptr;
        const char* p = json::skip_space(text.data(), end_);
        p = json::scan_object(p, end_, [this](std::string_view key, const char* value) {
            return read_member(key, value);
        });
        return p != nullptr && json::skip_space(p, end_) == end_;
    }

    // Raw values of top-level members; empty if missing or null.
    std::string_view id, object, created, model, choices, usage, error, code, message, type, data;
    bool has_choices = false;  // `choices` is an array with something in it

    // True if the object says that something failed, whatever the HTTP status said.
    bool is_error() const {
        if (!error.empty() && error != "\"\"" && error != "false" && error != "{}") return true;
        return choices.empty() && data.empty() && !message.empty() &&
               (!code.empty() || object == "\"error\"");
    }

    // All choices seen in this call are finished, and there was one.
    bool all_finished() const { return seen_ != 0 && (seen_ & ~finished_) == 0; }

    // True if `text` must not be handed on as it is.
    bool needs_edit() const { return has_choices && !edits_.empty(); }
    // The text with `usage` taken out and reasoning renamed.
    void edited(std::string& out) const {
        out.clear();
        const char* from = text_.data();
        for (const Edit& edit : edits_) {
            out.append(from, edit.begin).append(edit.replacement);
            from = edit.end;
        }
        out.append(from, end_);
    }

  private:
    struct Edit {
        const char* begin;
        const char* end;
        std::string_view replacement;
    };

    std::string_view* slot(std::string_view key) {
        switch (key.size()) {
            case 2: return key == "id" ? &id : nullptr;
            case 4:
                return key == "code"   ? &code
                       : key == "type" ? &type
                       : key == "data" ? &data
                                       : nullptr;
            case 5:
                return key == "usage"   ? &usage
                       : key == "model" ? &model
                       : key == "error" ? &error
                                        : nullptr;
            case 6: return key == "object" ? &object : nullptr;
            case 7:
                return key == "choices"   ? &choices
                       : key == "created" ? &created
                       : key == "message" ? &message
                                          : nullptr;
            default: return nullptr;
        }
    }

    const char* read_member(std::string_view key, const char* value) {
        const char* const begin = key.data() - 1;
        if (first_usage_ != nullptr) {
            edits_.push_back({first_usage_, begin, {}});
            first_usage_ = nullptr;
        }
        std::string_view* const out = slot(key);
        const char* const stop =
            out == &choices && value != end_ && *value == '['
                ? json::scan_array(value, end_, [this](const char* p) { return read_choice(p); })
                : json::skip_value(value, end_);
        if (stop == nullptr) return nullptr;
        if (out != nullptr && *value != 'n') {
            *out = std::string_view(value, static_cast<std::size_t>(stop - value));
            if (out == &usage && !keep_usage_) plan_cut(begin, stop);
        }
        previous_end_ = stop;
        return stop;
    }

    // Takes the member out, with the comma before it, or, if it is the first, the comma after it.
    void plan_cut(const char* begin, const char* stop) {
        if (previous_end_ == nullptr) {
            first_usage_ = begin;
        } else {
            edits_.push_back({previous_end_, stop, {}});
        }
    }

    const char* read_choice(const char* p) {
        has_choices = true;
        if (p == end_ || *p != '{') return json::skip_value(p, end_);
        std::uint64_t index = 0;
        bool finished = false;
        const char* const stop =
            json::scan_object(p, end_, [&](std::string_view key, const char* value) {
                if (rename_reasoning_ && (key == "delta" || key == "message")) {
                    return read_delta(value);
                }
                const char* const value_end = json::skip_value(value, end_);
                if (value_end == nullptr) return value_end;
                const auto length = static_cast<std::size_t>(value_end - value);
                if (key == "index") {
                    index = static_cast<std::uint64_t>(
                        json::Value(std::string_view(value, length)).integer().value_or(0));
                } else if (key == "finish_reason") {
                    finished = *value == '"' && length > 2;
                }
                return value_end;
            });
        // Sixty-four choices are told apart; those above share the last bit.
        const std::uint64_t bit = std::uint64_t{1} << (index < 63 ? index : 63);
        seen_ |= bit;
        if (finished) finished_ |= bit;
        return stop;
    }

    const char* read_delta(const char* p) {
        if (p == end_ || *p != '{') return json::skip_value(p, end_);
        const char* reasoning = nullptr;
        bool named_already = false;
        const char* const stop =
            json::scan_object(p, end_, [&](std::string_view key, const char* value) {
                if (key == "reasoning") reasoning = key.data();
                if (key == "reasoning_content") named_already = true;
                return json::skip_value(value, end_);
            });
        if (stop != nullptr && reasoning != nullptr && !named_already) {
            edits_.push_back({reasoning, reasoning + 9, "reasoning_content"});
        }
        return stop;
    }

    bool rename_reasoning_;
    bool keep_usage_ = false;
    std::string_view text_;
    const char* end_ = nullptr;
    const char* previous_end_ = nullptr;
    const char* first_usage_ = nullptr;  // where `usage` begins if it is the first member
    std::vector<Edit> edits_;
    std::uint64_t seen_ = 0;  // choices seen in this call, one bit each
    std::uint64_t finished_ = 0;
};

// What a `usage` object says.
inline Usage read_usage(std::string_view raw) {
    const json::Value usage(raw);
    const auto count = [](const json::Value& value) { return value.integer().value_or(-1); };
    Usage out;
    out.input = count(usage["prompt_tokens"]);
    out.output = count(usage["completion_tokens"]);
    out.cached_input = count(usage["prompt_tokens_details"]["cached_tokens"]);
    if (out.cached_input < 0) out.cached_input = count(usage["prompt_cache_hit_tokens"]);
    out.reasoning = count(usage["completion_tokens_details"]["reasoning_tokens"]);
    return out;
}

}  // namespace bw::openai

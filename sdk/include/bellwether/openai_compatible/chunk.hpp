// One look at a chunk of a stream or at a complete reply: what matters in it, and what has to
// change before it is handed on. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/edit.hpp>
#include <bellwether/openai_compatible/tool_calls.hpp>
#include <bellwether/provider.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::openai {

// Reads one JSON object in a single scan, which also proves it valid. Used again for every chunk of
// a call, so that it allocates nothing in the usual case, and remembers what tool calls have said.
// The views live as long as the text.
class ChunkReader {
  public:
    // `rename_reasoning`: plan to hand on `reasoning` as `reasoning_content`.
    explicit ChunkReader(bool rename_reasoning = false) : rename_reasoning_(rename_reasoning) {}

    // False if `text` is not one JSON object. A complete reply (`whole`) keeps its usage and its
    // tool calls.
    bool read(std::string_view text, bool whole = false) {
        text_ = text;
        whole_ = whole;
        end_ = text.data() + text.size();
        id = object = created = model = choices = usage = error = code = message = type = data = {};
        service_tier = x_groq = {};
        has_choices = false;
        choice_usages.clear();
        edits_.clear();
        detail::MemberCuts cuts(edits_);
        const char* p = json::skip_space(text.data(), end_);
        p = json::scan_object(p, end_, [&](std::string_view key, const char* value) {
            return read_member(key, value, cuts);
        });
        detail::sort_edits(edits_);
        return p != nullptr && json::skip_space(p, end_) == end_;
    }

    // Raw values of top-level members; empty if missing or null.
    std::string_view id, object, created, model, choices, usage, error, code, message, type, data;
    std::string_view service_tier, x_groq;
    // Moonshot's usage, which stands in a choice: whose, and what it says. It is handed on there.
    std::vector<std::pair<std::int64_t, std::string_view>> choice_usages;
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
    // The text with `usage` taken out, reasoning renamed and tool calls mended.
    void edited(std::string& out) const { detail::apply_edits(text_, edits_, out); }

  private:
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
            case 6: return key == "object" ? &object : key == "x_groq" ? &x_groq : nullptr;
            case 7:
                return key == "choices"   ? &choices
                       : key == "created" ? &created
                       : key == "message" ? &message
                                          : nullptr;
            case 12: return key == "service_tier" ? &service_tier : nullptr;
            default: return nullptr;
        }
    }

    const char* read_member(std::string_view key, const char* value, detail::MemberCuts& cuts) {
        std::string_view* const out = slot(key);
        const char* const stop =
            out == &choices && value != end_ && *value == '['
                ? json::scan_array(value, end_, [this](const char* p) { return read_choice(p); })
                : json::skip_value(value, end_);
        if (stop == nullptr) return nullptr;
        const bool said = out != nullptr && *value != 'n';
        if (said) *out = std::string_view(value, static_cast<std::size_t>(stop - value));
        const bool cut = said && out == &usage && !whole_;
        cut ? cuts.cut(key.data() - 1, stop) : cuts.keep(key.data() - 1, stop);
        return stop;
    }

    const char* read_choice(const char* p) {
        has_choices = true;
        if (p == end_ || *p != '{') return json::skip_value(p, end_);
        std::uint64_t index = 0;
        bool finished = false;
        std::string_view tool_calls, own_usage;
        const char* const stop =
            json::scan_object(p, end_, [&](std::string_view key, const char* value) {
                if (key == "delta" || (rename_reasoning_ && key == "message")) {
                    return read_delta(value, tool_calls);
                }
                const char* const value_end = json::skip_value(value, end_);
                if (value_end == nullptr) return value_end;
                const auto length = static_cast<std::size_t>(value_end - value);
                if (key == "index") {
                    index = static_cast<std::uint64_t>(
                        json::Value(std::string_view(value, length)).integer().value_or(0));
                } else if (key == "finish_reason") {
                    finished = *value == '"' && length > 2;
                } else if (key == "usage" && *value == '{') {
                    own_usage = {value, length};
                }
                return value_end;
            });
        // Sixty-four choices are told apart; those above share the last bit.
        const std::uint64_t bit = std::uint64_t{1} << (index < 63 ? index : 63);
        seen_ |= bit;
        if (finished) finished_ |= bit;
        if (!own_usage.empty()) {
            choice_usages.emplace_back(static_cast<std::int64_t>(index), own_usage);
        }
        // Only now, since the choice's index may come after its delta.
        if (stop != nullptr && !tool_calls.empty()) tool_calls_.plan(index, tool_calls, edits_);
        return stop;
    }

    const char* read_delta(const char* p, std::string_view& tool_calls) {
        if (p == end_ || *p != '{') return json::skip_value(p, end_);
        const char* reasoning = nullptr;
        bool named_already = false;
        const char* const stop =
            json::scan_object(p, end_, [&](std::string_view key, const char* value) {
                const char* const value_end = json::skip_value(value, end_);
                if (value_end == nullptr) return value_end;
                if (key == "tool_calls" && *value == '[' && !whole_) {
                    tool_calls = {value, static_cast<std::size_t>(value_end - value)};
                }
                if (key == "reasoning") reasoning = key.data();
                if (key == "reasoning_content") named_already = true;
                return value_end;
            });
        if (rename_reasoning_ && stop != nullptr && reasoning != nullptr && !named_already) {
            edits_.push_back({reasoning, reasoning + 9, "reasoning_content"});
        }
        return stop;
    }

    bool rename_reasoning_;
    bool whole_ = false;
    std::string_view text_;
    const char* end_ = nullptr;
    std::vector<detail::Edit> edits_;
    detail::ToolCalls tool_calls_;
    std::uint64_t seen_ = 0;  // choices seen in this call, one bit each
    std::uint64_t finished_ = 0;
};

}  // namespace bw::openai

// One look at a chunk of a stream or at a complete reply: what matters in it, and what has to
// change before it is handed on. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/bounds.hpp>
#include <bellwether/openai_compatible/edit.hpp>
#include <bellwether/openai_compatible/tool_calls.hpp>
#include <bellwether/openai_compatible/upstream_error.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::openai {

// What a text is to become.
enum class Form {
    chunk,   // one chunk of a stream, handed on as one
    folded,  // a chunk that is folded into a reply
    whole    // a complete reply
};

// How the answers to one call are read.
struct Reading {
    bool chat = true;               // choices have deltas and messages, and not texts
    bool rename_reasoning = false;  // hand on `reasoning` as `reasoning_content`
    std::uint64_t seed = 0;         // of the ids made up for tool calls
};

// Reads one JSON object in a single scan, which also proves it valid. Used again for every chunk of
// a call, so that it allocates nothing in the usual case, and remembers what was handed on. The
// views live as long as the text.
class ChunkReader {
  public:
    explicit ChunkReader(const Reading& how) : how_(how), tool_calls_(how.seed) {}

    // False if `text` is not one JSON object; then nothing of it is remembered. Only what is
    // handed on as a chunk loses its usage.
    bool read(std::string_view text, Form form) {
        text_ = text;
        form_ = form;
        end_ = text.data() + text.size();
        id = object = created = model = choices = usage = error = code = message = type = data = {};
        service_tier = x_groq = base_resp = {};
        has_choices = content_here_ = too_many_choices_ = false;
        tool_calls_.begin_text();
        choice_usages.clear();
        edits_.clear();
        choices_.clear();
        detail::MemberCuts cuts(edits_);
        const char* p = json::skip_space(text.data(), end_);
        p = json::scan_object(p, end_, [&](std::string_view key, const char* value) {
            return read_member(key, value, cuts);
        });
        if (p == nullptr || json::skip_space(p, end_) != end_) return false;
        has_content_ = has_content_ || content_here_;
        for (const Choice& choice : choices_) settle(choice);
        detail::sort_edits(edits_);
        return true;
    }

    // Raw values of top-level members; empty if missing or null.
    std::string_view id, object, created, model, choices, usage, error, code, message, type, data;
    std::string_view service_tier, x_groq, base_resp;
    // Moonshot's usage, which stands in a choice: whose, and what it says. It is handed on there.
    std::vector<std::pair<std::int64_t, std::string_view>> choice_usages;
    bool has_choices = false;  // `choices` is an array with something in it

    // True if the object says that something failed, whatever the HTTP status said. An error
    // without words is none.
    bool is_error() const {
        if (!detail::is_wordless(error)) return true;
        if (has_choices || !detail::is_hollow(data)) return false;
        if (!detail::is_good_code(json::Value(base_resp)["status_code"].raw())) return true;
        return !message.empty() && (!detail::is_good_code(code) || object == "\"error\"");
    }

    // All choices seen in this call are finished, and there was one.
    bool all_finished() const { return seen_ != 0 && (seen_ & ~finished_) == 0; }
    // Some choice of this call had more than a role.
    bool has_content() const { return has_content_; }

    // Why nobody could use the answer, as words that go on after a provider's name; nullptr:
    // nothing speaks against it.
    const char* excess() const {
        if (too_many_choices_) return k_too_many_choices;
        return tool_calls_.too_many() ? k_too_many_tool_calls : nullptr;
    }

    // True if `text` must not be handed on as it is.
    bool needs_edit() const { return !edits_.empty(); }
    // The text with `usage` taken out, reasoning renamed and tool calls mended.
    void edited(std::string& out) const { detail::apply_edits(text_, edits_, out); }

  private:
    // A member's key and value, as they stand in the text.
    struct Spot {
        std::string_view key;
        std::string_view value;
        bool found() const { return !value.empty(); }
        bool is_object() const { return found() && value.front() == '{'; }
    };
    // What one choice of the text at hand says.
    struct Choice {
        std::uint64_t index = 0;
        bool finished = false;
        std::string_view tool_calls = {};
        std::string_view function_call = {};
        detail::Edit role_cut{nullptr, nullptr, {}};  // to take its role out
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
            case 6: return key == "object" ? &object : key == "x_groq" ? &x_groq : nullptr;
            case 7:
                return key == "choices"   ? &choices
                       : key == "created" ? &created
                       : key == "message" ? &message
                                          : nullptr;
            case 9: return key == "base_resp" ? &base_resp : nullptr;
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
        // Clients take any error that is an object for one.
        const bool cut = said && ((out == &usage && form_ == Form::chunk) ||
                                  (out == &error && *value == '{' && detail::is_wordless(error)));
        cut ? cuts.cut(key.data() - 1, stop) : cuts.keep(key.data() - 1, stop);
        return stop;
    }

    const char* read_choice(const char* p) {
        has_choices = true;
        if (p == end_ || *p != '{') return json::skip_value(p, end_);
        if (choices_.size() == k_choices_max) {
            too_many_choices_ = true;
            return json::skip_value(p, end_);
        }
        Choice choice;
        Spot said;   // the delta of a chunk, the message of a reply
        Spot other;  // the other one
        std::string_view own_usage;
        const std::string_view wanted = form_ == Form::whole ? "message" : "delta";
        const char* const stop =
            json::scan_object(p, end_, [&](std::string_view key, const char* value) {
                const char* const value_end =
                    key == wanted ? read_message(value, choice) : json::skip_value(value, end_);
                if (value_end == nullptr) return value_end;
                const std::string_view raw(value, static_cast<std::size_t>(value_end - value));
                if (key == wanted) {
                    said = {key, raw};
                } else if (key == "delta" || key == "message") {
                    other = {key, raw};
                } else if (key == "index") {
                    choice.index =
                        static_cast<std::uint64_t>(json::Value(raw).integer().value_or(0));
                } else if (key == "finish_reason") {
                    choice.finished = *value == '"' && raw.size() > 2;
                } else if (key == "text") {
                    content_here_ = content_here_ || (*value == '"' && raw.size() > 2);
                } else if (key == "usage" && *value == '{') {
                    own_usage = raw;
                }
                return value_end;
            });
        if (stop == nullptr) return stop;
        if (how_.chat) plan_message(p, wanted, said, other, choice);
        if (!own_usage.empty()) {
            choice_usages.emplace_back(static_cast<std::int64_t>(choice.index), own_usage);
        }
        choices_.push_back(std::move(choice));
        return stop;
    }

    // What has the other's name gets its own, and each chunk a delta that is an object: clients
    // look into it without asking.
    void plan_message(const char* at, std::string_view wanted, const Spot& said, const Spot& other,
                      Choice& choice) {
        if (said.is_object()) return;
        if (!said.found() && other.is_object()) {
            edits_.push_back(
                {other.key.data(), other.key.data() + other.key.size(), std::string(wanted)});
            read_message(other.value.data(), choice);
        } else if (form_ == Form::chunk && said.found()) {
            const bool text = said.value.front() == '"';
            edits_.push_back({said.value.data(), said.value.data() + said.value.size(),
                              text ? "{\"content\":" + std::string(said.value) + "}" : "{}"});
            content_here_ = content_here_ || text;
        } else if (form_ == Form::whole) {
            plan_missing_message(at, said);
        } else if (form_ == Form::chunk) {
            const bool more = *json::skip_space(at + 1, end_) != '}';
            edits_.push_back({at + 1, at + 1, more ? "\"delta\":{}," : "\"delta\":{}"});
        }
    }

    // A reply's choice without a message has an empty one: clients look into it without asking.
    void plan_missing_message(const char* at, const Spot& said) {
        constexpr const char* k_empty = R"({"role":"assistant","content":null})";
        if (said.found()) {
            const char* const end = said.value.data() + said.value.size();
            if (said.value.front() == 'n') edits_.push_back({said.value.data(), end, k_empty});
            return;
        }
        const bool more = *json::skip_space(at + 1, end_) != '}';
        edits_.push_back(
            {at + 1, at + 1, std::string("\"message\":") + k_empty + (more ? "," : "")});
    }

    const char* read_message(const char* p, Choice& choice) {
        if (p == end_ || *p != '{') return json::skip_value(p, end_);
        const char* reasoning = nullptr;
        bool named_already = false;
        const char* previous_end = nullptr;  // of the member before
        bool role_first = false;
        const char* const stop =
            json::scan_object(p, end_, [&](std::string_view key, const char* value) {
                if (role_first) choice.role_cut.end = key.data() - 1;
                role_first = false;
                const char* const value_end = json::skip_value(value, end_);
                if (value_end == nullptr) return value_end;
                const std::string_view raw(value, static_cast<std::size_t>(value_end - value));
                if (key == "role") {
                    if (*value == '"' && raw.size() > 2) {
                        role_first = previous_end == nullptr;
                        choice.role_cut = {
                            role_first ? key.data() - 1 : previous_end, value_end, {}};
                    }
                } else if (*value != 'n' && *value != 'f' && raw.size() > 2) {
                    content_here_ = true;
                }
                if (key == "tool_calls" && *value == '[') choice.tool_calls = raw;
                if (key == "function_call" && *value == '{') choice.function_call = raw;
                if (key == "reasoning") reasoning = key.data();
                if (key == "reasoning_content") named_already = true;
                previous_end = value_end;
                return value_end;
            });
        if (how_.rename_reasoning && stop != nullptr && reasoning != nullptr && !named_already) {
            edits_.push_back({reasoning, reasoning + 9, "reasoning_content"});
        }
        return stop;
    }

    // Remembers what a choice says, and plans what depends on what was said before it.
    void settle(const Choice& choice) {
        // Sixty-three choices are told apart; those above share the last bit.
        const bool apart = choice.index < 63;
        const std::uint64_t bit = std::uint64_t{1} << (apart ? choice.index : 63);
        seen_ |= bit;
        if (choice.finished) finished_ |= bit;
        if (form_ != Form::whole && choice.role_cut.begin != nullptr && apart) {
            if ((roles_ & bit) != 0) edits_.push_back(choice.role_cut);
            roles_ |= bit;
        }
        const bool whole = form_ == Form::whole;
        if (!choice.tool_calls.empty()) {
            whole ? tool_calls_.plan_whole(choice.index, choice.tool_calls, edits_)
                  : tool_calls_.plan(choice.index, choice.tool_calls, edits_);
        }
        if (!choice.function_call.empty()) {
            tool_calls_.plan_function_call(choice.index, choice.function_call, whole, edits_);
        }
    }

    Reading how_;
    Form form_ = Form::chunk;
    std::string_view text_;
    const char* end_ = nullptr;
    std::vector<detail::Edit> edits_;
    std::vector<Choice> choices_;
    detail::ToolCalls tool_calls_;
    std::uint64_t seen_ = 0;  // choices seen in this call, one bit each
    std::uint64_t finished_ = 0;
    std::uint64_t roles_ = 0;  // those whose role was handed on
    bool has_content_ = false;
    bool content_here_ = false;  // in the text at hand
    bool too_many_choices_ = false;
};

}  // namespace bw::v1::openai

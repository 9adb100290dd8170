// Tool calls, mended. Clients add fragments up, some of them by joining every string that they
// find: so `id`, `type` and the function's name must come once and never empty, while some
// upstreams repeat them with each fragment, leave them out, or give every call the same index. Part
// of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/chat/tool_call_id.hpp>
#include <bellwether/json.hpp>
#include <bellwether/json/braces.hpp>
#include <bellwether/openai_compatible/bounds.hpp>
#include <bellwether/openai_compatible/edit.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::openai::detail {

using chat::made_up_id;

inline bool says(const json::Value& value) { return value && !value.equals(""); }
inline bool says_id(const json::Value& id) {
    return id.kind() == json::Kind::number || (id.kind() == json::Kind::string && !id.equals(""));
}
// As a JSON string, whatever it was: text of JSON for clients that parse it.
inline std::string as_text(const json::Value& value) { return json::quote(value.raw()); }

// What the tool calls of one answer have said so far.
class ToolCalls {
  public:
    explicit ToolCalls(std::uint64_t seed) : seed_(seed) {}

    // Another text is read.
    void begin_text() { in_text_ = 0; }
    // The text has more calls than any answer, or the answer has as many that it handed on as they
    // are. Of such a text not all is planned.
    bool too_many() const { return in_text_ > k_tool_calls_max || strays_ > k_tool_calls_max; }

    // Plans the edits of one chunk: `array` is the `tool_calls` of a delta of choice `choice`, and
    // lies, valid, within the text that the edits are for.
    void plan(std::uint64_t choice, std::string_view array, std::vector<Edit>& edits) {
        const json::Value fragments(array);
        const bool several = fragments.at(1).kind() != json::Kind::missing;
        std::int64_t position = 0;
        for (const json::Value& fragment : fragments.elements()) {
            ++in_text_;
            if (too_many()) return;
            if (fragment.kind() == json::Kind::object) {
                Call* const call = find(choice, fragment, several ? position : k_no_position);
                call != nullptr ? plan_fragment(*call, fragment, edits) : void(++strays_);
            }
            ++position;
        }
    }

    // The same of a complete message.
    void plan_whole(std::uint64_t choice, std::string_view array, std::vector<Edit>& edits) {
        std::int64_t index = 0;
        for (const json::Value& call : json::Value(array).elements()) {
            ++in_text_;
            if (too_many()) return;
            if (call.kind() == json::Kind::object) plan_call(choice, index, call, edits);
            ++index;
        }
    }

    // `function_call`, the older form, which each choice has one of.
    void plan_function_call(std::uint64_t choice, std::string_view object, bool whole,
                            std::vector<Edit>& edits) {
        if (whole) return plan_whole_function(json::Value(object), edits);
        Call* const call = at(choice, k_function_call, k_function_call);
        if (call != nullptr) plan_function(*call, json::Value(object), edits);
    }

  private:
    static constexpr std::int64_t k_no_position = -1;
    static constexpr std::int64_t k_none = -1;           // an index that was not given
    static constexpr std::int64_t k_function_call = -2;  // the index of what has none
    // No answer has as many; those above are handed on as they are.
    static constexpr std::size_t k_calls_max = 256;

    struct Call {
        std::uint64_t choice;
        std::int64_t given;      // its index at the upstream
        std::int64_t index;      // its index for the client
        std::string id;          // the upstream's own, as a JSON string; empty: none yet
        json::Braces arguments;  // of all fragments so far
        bool begun = false;      // a fragment was handed on
        bool typed = false;
        std::string name;  // of its function, as a JSON string; empty: none yet
    };

    static std::int64_t given_index(const json::Value& value) {
        std::optional<std::int64_t> index = value.integer();
        if (value.kind() == json::Kind::string) index = json::Value(value.string()).integer();
        return std::max(index.value_or(k_none), k_none);
    }

    static bool is_id(const std::string& known, const json::Value& id) {
        if (id.kind() == json::Kind::string) return known == id.raw();
        return known.size() == id.raw().size() + 2 &&
               known.compare(1, id.raw().size(), id.raw()) == 0;
    }

    // The call that a fragment belongs to; nullptr if there are too many.
    Call* find(std::uint64_t choice, const json::Value& fragment, std::int64_t position) {
        const std::int64_t given = given_index(fragment["index"]);
        const json::Value id = fragment["id"];
        Call* known = nullptr;  // the last of that index
        for (Call& call : calls_) {
            if (call.choice != choice || call.given == k_function_call) continue;
            const bool here = given == k_none || call.given == given ||
                              (call.given == k_none && call.index == given);
            if (here && says_id(id) && is_id(call.id, id)) return &call;
            const bool by_position = given == k_none && position != k_no_position;
            if (by_position ? call.index == position : here) known = &call;
        }
        if (known != nullptr && goes_on(*known, fragment, given)) return known;
        if (given != k_none) return at(choice, given, given);
        return at(choice, k_none, says_id(id) || known != nullptr ? k_none : position);
    }

    // False if the fragment begins another call, though its index is the same.
    static bool goes_on(const Call& call, const json::Value& fragment, std::int64_t given) {
        const json::Value function = fragment["function"];
        const json::Value name = function["name"];
        const bool names = says(name);
        const bool restarts =
            names && !call.name.empty() && call.arguments.complete() && says(function["arguments"]);
        if (restarts) return false;
        if (!says_id(fragment["id"])) return true;
        const bool renames = names && !call.name.empty() && call.name != name.raw();
        if (call.id.empty()) return !renames || call.arguments.within();  // its own comes late
        if (given == k_none) return false;
        // Some upstreams make up another id for every fragment.
        return !names && call.arguments.within();
    }

    // A new call, or the one of `function_call`.
    Call* at(std::uint64_t choice, std::int64_t given, std::int64_t wanted) {
        std::int64_t last = k_none;
        bool taken = wanted == k_none;
        for (Call& call : calls_) {
            if (call.choice != choice) continue;
            if (given == k_function_call && call.given == given) return &call;
            taken = taken || call.index == wanted;
            last = std::max(last, call.index);
        }
        if (calls_.size() == k_calls_max) return nullptr;
        if (taken) wanted = last == std::numeric_limits<std::int64_t>::max() ? 0 : last + 1;
        calls_.push_back({choice, given, wanted, {}, {}, false, false, {}});
        return &calls_.back();
    }

    void plan_fragment(Call& call, const json::Value& fragment, std::vector<Edit>& edits) const {
        const std::string_view raw = fragment.raw();
        const char* const end = raw.data() + raw.size();
        const std::string index = std::to_string(call.index);
        const bool begins = !std::exchange(call.begun, true);
        bool indexed = false;
        bool named = !begins;  // with an id
        MemberCuts cuts(edits);
        json::scan_object(raw.data(), end, [&](std::string_view key, const char* p) {
            const char* const stop = json::skip_value(p, end);
            if (stop == nullptr) return stop;
            const json::Value value(std::string_view(p, static_cast<std::size_t>(stop - p)));
            bool kept = true;
            if (key == "index") {
                if (value.raw() != index) edits.push_back({p, stop, index});
                indexed = true;
            } else if (key == "id") {
                kept = !named && says_id(value);
                named = named || kept;
                if (kept && value.kind() == json::Kind::number) {
                    edits.push_back({p, stop, as_text(value)});
                }
                if (call.id.empty() && says_id(value)) {
                    call.id = value.kind() == json::Kind::number ? as_text(value)
                                                                 : std::string(value.raw());
                }
            } else if (key == "type") {
                kept = !call.typed && says(value);
                call.typed = call.typed || kept;
            } else if (key == "function") {
                plan_function(call, value, edits);
            }
            kept ? cuts.keep(key.data() - 1, stop) : cuts.cut(key.data() - 1, stop);
            return stop;
        });
        cuts.finish();
        std::string missing;
        if (!indexed) missing += ",\"index\":" + index;
        if (!named) missing += ",\"id\":\"" + made_up_id(seed_, call.choice, call.index) + "\"";
        if (begins && !std::exchange(call.typed, true)) missing += type_of(fragment);
        insert(fragment, missing, cuts.any_kept(), edits);
    }

    static const char* type_of(const json::Value& call) {
        return call["custom"] ? ",\"type\":\"custom\"" : ",\"type\":\"function\"";
    }

    // Puts members, each with a comma before it, at the beginning of an object.
    static void insert(const json::Value& object, std::string members, bool more,
                       std::vector<Edit>& edits) {
        if (members.empty()) return;
        members.erase(0, 1);
        if (more) members += ',';
        const char* const at = object.raw().data() + 1;
        edits.push_back({at, at, std::move(members)});
    }

    static void plan_function(Call& call, const json::Value& function, std::vector<Edit>& edits) {
        if (function.kind() != json::Kind::object) return;
        MemberCuts cuts(edits);
        for (const json::Member& member : function.members()) {
            const json::Value& value = member.value();
            const char* const begin = member.raw_key().data() - 1;
            const char* const end = value.raw().data() + value.raw().size();
            bool kept = true;
            if (member.raw_key() == "name") {
                kept = call.name.empty() && says(value);
                if (kept) call.name = value.raw();
            } else if (member.raw_key() == "arguments") {
                take_arguments(call, value, edits);
            }
            kept ? cuts.keep(begin, end) : cuts.cut(begin, end);
        }
        cuts.finish();
    }

    static void take_arguments(Call& call, const json::Value& value, std::vector<Edit>& edits) {
        const std::string_view raw = value.raw();
        if (value.kind() == json::Kind::string) {
            call.arguments.feed_escaped(raw.substr(1, raw.size() - 2));
        } else if (value) {
            call.arguments.feed(raw);
            edits.push_back({raw.data(), raw.data() + raw.size(), as_text(value)});
        }
    }

    void plan_call(std::uint64_t choice, std::int64_t index, const json::Value& call,
                   std::vector<Edit>& edits) const {
        std::string missing;
        const auto need = [&](const json::Value& value, std::string_view name, std::string text) {
            const std::string_view raw = value.raw();
            if (value.kind() == json::Kind::missing) {
                missing.append(",\"").append(name).append("\":").append(text);
            } else {
                edits.push_back({raw.data(), raw.data() + raw.size(), std::move(text)});
            }
        };
        const json::Value id = call["id"];
        if (!says_id(id)) {
            need(id, "id", "\"" + made_up_id(seed_, choice, index) + "\"");
        } else if (id.kind() == json::Kind::number) {
            need(id, "id", as_text(id));
        }
        const json::Value type = call["type"];
        if (!says(type)) need(type, "type", call["custom"] ? "\"custom\"" : "\"function\"");
        insert(call, missing, has_members(call), edits);
        plan_whole_function(call["function"], edits);
    }

    static bool has_members(const json::Value& object) {
        return object.members().begin() != object.members().end();
    }

    static void plan_whole_function(const json::Value& function, std::vector<Edit>& edits) {
        if (function.kind() != json::Kind::object) return;
        const json::Value arguments = function["arguments"];
        const std::string_view raw = arguments.raw();
        if (arguments.kind() == json::Kind::missing) {
            insert(function, ",\"arguments\":\"{}\"", has_members(function), edits);
        } else if (arguments.kind() != json::Kind::string) {
            edits.push_back({raw.data(), raw.data() + raw.size(),
                             arguments ? as_text(arguments) : std::string("\"{}\"")});
        }
    }

    std::uint64_t seed_;
    std::vector<Call> calls_;
    std::size_t in_text_ = 0;  // calls or fragments in the text at hand
    std::size_t strays_ = 0;   // fragments that were handed on as they are
};

}  // namespace bw::v1::openai::detail

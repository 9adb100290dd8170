// Streamed tool calls, mended. Clients add fragments up, some of them by joining every string that
// they find: so `id`, `type` and the function's name must come once and never empty, while some
// upstreams repeat them with each fragment. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/edit.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace bw::openai::detail {

// What the tool calls of one stream have said so far.
class ToolCalls {
  public:
    // Plans the edits of one chunk: `array` is the `tool_calls` of a delta of choice `choice`, and
    // lies, valid, within the text that the edits are for.
    void plan(std::uint64_t choice, std::string_view array, std::vector<Edit>& edits) {
        const json::Value fragments(array);
        const bool several = fragments.at(1).kind() != json::Kind::missing;
        std::int64_t position = 0;
        for (const json::Value& fragment : fragments.elements()) {
            if (fragment.kind() == json::Kind::object) {
                Call* const call = find(choice, fragment, several ? position : k_no_position);
                if (call != nullptr) plan_fragment(*call, fragment, edits);
            }
            ++position;
        }
    }

  private:
    static constexpr std::int64_t k_no_position = -1;
    // No answer has as many; those above are handed on as they are.
    static constexpr std::size_t k_calls_max = 256;

    struct Call {
        std::uint64_t choice;
        std::int64_t index;
        std::string id;      // as it was handed on, raw; empty: not yet
        bool begun = false;  // a fragment was handed on
        bool typed = false;
        bool named = false;
    };

    static bool says(const json::Value& value) { return value && !value.equals(""); }
    // True for the first value that says something.
    static bool once(const json::Value& value, bool& said) {
        if (said || !says(value)) return false;
        return said = true;
    }

    Call* find(std::uint64_t choice, const json::Value& fragment, std::int64_t position) {
        const auto given = fragment["index"].integer();
        const std::int64_t index = given ? *given : guess(choice, fragment["id"], position);
        for (Call& call : calls_) {
            if (call.choice == choice && call.index == index) return &call;
        }
        if (calls_.size() == k_calls_max) return nullptr;
        calls_.push_back({choice, index, {}});
        return &calls_.back();
    }

    // The index of a fragment that has none: that of its id or, if the id is new, the next free
    // one. Without an id it is told by its position among several; one alone goes on with the last
    // call.
    std::int64_t guess(std::uint64_t choice, const json::Value& id, std::int64_t position) const {
        std::int64_t last = 0;
        std::int64_t next = 0;
        for (const Call& call : calls_) {
            if (call.choice != choice) continue;
            if (says(id) && call.id == id.raw()) return call.index;
            last = call.index;
            if (last < std::numeric_limits<std::int64_t>::max()) next = std::max(next, last + 1);
        }
        if (says(id)) return next;
        return position == k_no_position ? last : position;
    }

    static void plan_fragment(Call& call, const json::Value& fragment, std::vector<Edit>& edits) {
        const std::string_view raw = fragment.raw();
        const char* const end = raw.data() + raw.size();
        const std::string index = std::to_string(call.index);
        const bool begins = !call.begun;
        bool indexed = false;
        MemberCuts cuts(edits);
        json::scan_object(raw.data(), end, [&](std::string_view key, const char* p) {
            const char* const stop = json::skip_value(p, end);
            if (stop == nullptr) return stop;
            const json::Value value(std::string_view(p, static_cast<std::size_t>(stop - p)));
            bool kept = true;
            if (key == "index") {
                if (!value.integer()) edits.push_back({p, stop, index});
                indexed = true;
            } else if (key == "id") {
                kept = call.id.empty() && says(value);
                if (kept) call.id = value.raw();
            } else if (key == "type") {
                kept = once(value, call.typed);
            } else if (key == "function") {
                plan_function(call, value, edits);
            }
            kept ? cuts.keep(key.data() - 1, stop) : cuts.cut(key.data() - 1, stop);
            return stop;
        });
        cuts.finish();
        call.begun = true;
        std::string missing;
        if (!indexed) missing = "\"index\":" + index;
        if (begins && !call.typed) {
            missing += missing.empty() ? "\"type\":\"function\"" : ",\"type\":\"function\"";
            call.typed = true;
        }
        if (missing.empty()) return;
        if (cuts.any_kept()) missing += ',';
        edits.push_back({raw.data() + 1, raw.data() + 1, missing});
    }

    static void plan_function(Call& call, const json::Value& function, std::vector<Edit>& edits) {
        if (function.kind() != json::Kind::object) return;
        MemberCuts cuts(edits);
        for (const json::Member& member : function.members()) {
            const char* const begin = member.raw_key().data() - 1;
            const std::string_view value = member.value().raw();
            const char* const end = value.data() + value.size();
            const bool kept = member.raw_key() != "name" || once(member.value(), call.named);
            kept ? cuts.keep(begin, end) : cuts.cut(begin, end);
        }
        cuts.finish();
    }

    std::vector<Call> calls_;
};

}  // namespace bw::openai::detail

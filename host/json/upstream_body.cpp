#include "json/upstream_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "json/generation_limits.hpp"
#include "json/known_members.hpp"
#include "json/member_names.hpp"
#include "json/request.hpp"
#include "json/value.hpp"

namespace bellwether::json {
namespace {

// A part of the body, and the text that replaces it for the upstream.
struct Edit {
    BodySpan old;
    std::string text;
};

// The body has been checked, so that only white space can follow its last brace.
std::size_t end_of_members(std::string_view body) { return body.rfind('}'); }

Edit asking_for_usage(const Call& call) {
    constexpr std::string_view k_asking = R"({"include_usage":true})";
    const std::string_view body = call.body;
    const BodySpan old = call.asked.stream_options_value;
    if (old.length == 0) {
        return {{end_of_members(body), 0}, fmt::format(R"(,"stream_options":{})", k_asking)};
    }
    const Value options(body.substr(old.offset, old.length));
    if (options.kind() != Kind::object) return {old, std::string(k_asking)};
    return {old, with_member(options.raw(), "include_usage", "true")};
}

std::size_t place_of(const Edit& edit) { return edit.old.offset; }

// `edits` are in the order of their places. An edit with neither an old nor a new text changes
// nothing.
std::string edited(std::string_view body, std::span<const Edit> edits) {
    std::size_t more = 0;
    for (const Edit& edit : edits) more += edit.text.size();
    std::string out;
    out.reserve(body.size() + more);
    std::size_t copied = 0;
    for (const Edit& edit : edits) {
        out.append(body, copied, edit.old.offset - copied).append(edit.text);
        copied = edit.old.offset + edit.old.length;
    }
    return out.append(body, copied);
}

bool is_limit_of_answer(std::string_view name) {
    const KnownMember* const known = find_member(name);
    return known != nullptr && known->name == name && known->means == MemberRole::answer;
}

bool is_same(std::string_view one, std::string_view other) {
    return one == other || (is_limit_of_answer(one) && is_limit_of_answer(other));
}

// Finds what a target's changes come to in one body, which has been checked.
class ChangeWalk {
  public:
    ChangeWalk(std::string_view body, const BodyChanges& changes) : body_(body), changes_(changes) {
        const char* const end = body.data() + body.size();
        scan_object(skip_space(body.data(), end), end,
                    [this, end](std::string_view key, const char* value) {
                        const char* const stop = skip_value(value, end, k_depth_max - 1);
                        if (stop != nullptr) member(key, stop);
                        return stop;
                    });
        add_what_is_missing();
    }

    std::vector<Edit> take_edits() { return std::move(edits_); }

  private:
    void member(std::string_view raw_key, const char* stop) {
        const bool escaped = raw_key.find('\\') != std::string_view::npos;
        const std::string unescaped = escaped ? unescape(raw_key) : std::string();
        const std::string_view name = escaped ? std::string_view(unescaped) : raw_key;
        const char* const begin = raw_key.data() - 1;
        const bool dropped = std::ranges::find(changes_.drop, name) != changes_.drop.end();
        if (dropped) return drop(begin, stop);
        if (kept_end_ == nullptr && !edits_.empty()) extend_to(begin);
        kept_end_ = stop;
        dropping_ = false;
        for (const AddedMember& added : changes_.set) {
            if (is_same(added.name, name)) there_.push_back(added.name);
        }
    }

    // A member goes with the comma before it. If no member before it stays, it goes with the comma
    // after it.
    void drop(const char* begin, const char* stop) {
        if (std::exchange(dropping_, true)) return extend_to(stop);
        const char* const from = kept_end_ != nullptr ? kept_end_ : begin;
        edits_.push_back({{static_cast<std::size_t>(from - body_.data()), 0}, {}});
        extend_to(stop);
    }

    void extend_to(const char* stop) {
        BodySpan& old = edits_.back().old;
        old.length = static_cast<std::size_t>(stop - body_.data()) - old.offset;
    }

    // The member `model` always stays, so that there is one to follow.
    void add_what_is_missing() {
        std::string text;
        for (const AddedMember& added : changes_.set) {
            if (std::ranges::find(there_, added.name) != there_.end()) continue;
            text.append(",").append(quote(added.name)).append(":").append(added.json);
        }
        if (!text.empty()) edits_.push_back({{end_of_members(body_), 0}, std::move(text)});
    }

    std::string_view body_;
    const BodyChanges& changes_;
    std::vector<Edit> edits_;
    std::vector<std::string_view> there_;  // the members of `set` that are not added
    const char* kept_end_ = nullptr;       // the end of the last member that stays
    bool dropping_ = false;                // the member before this one is dropped
};

// Why nobody but the host and the client says what this member is; empty: a target may.
std::string fault_of_name(std::string_view name) {
    if (name.empty()) return "is no name of a member";
    if (name.find('\0') != std::string_view::npos) return "contains a NUL character";
    const KnownMember* const known = find_member(folded_name(name));
    if (known == nullptr) return {};
    switch (known->means) {
        case MemberRole::model:
        case MemberRole::stream:
        case MemberRole::stream_options: return "is written by the host itself";
        case MemberRole::prompt: return "is the prompt, which stays as the client wrote it";
        default: break;
    }
    if (known->spelling == Spelling::once && name != known->name) {
        return fmt::format("is written \"{}\"", known->name);
    }
    return {};
}

}  // namespace

std::string fault_of_set(std::string_view name, std::string_view json) {
    if (auto fault = fault_of_name(name); !fault.empty()) return fault;
    if (!valid(json, k_depth_max - 1)) return "has a value that is no JSON or is nested too deep";
    AskedInBody asked;
    const KnownMember* const known = find_member(folded_name(name));
    if (known != nullptr) read_generation_limit(asked, *known, Value(json));
    if (asked.invalid_limit.empty()) return {};
    return asked.invalid_limit == name
               ? "must be a whole number of at least 1"
               : fmt::format("has \"{}\", which must be a whole number", asked.invalid_limit);
}

std::string fault_of_drop(std::string_view name) { return fault_of_name(name); }

std::string upstream_body(const Call& call, std::string_view model, const BodyChanges& changes) {
    const bool renames = model != call.model;
    const bool of_openai = facts_of(call.operation).dialect == Dialect::openai;
    const bool asks_usage = of_openai && call.stream && !call.asked.usage;
    if (!renames && !asks_usage && changes.empty()) return {};
    Edit rename = renames ? Edit{call.asked.model_value, quote(model)} : Edit{};
    Edit ask_usage = asks_usage ? asking_for_usage(call) : Edit{};
    if (changes.empty()) {
        std::array<Edit, 2> both{std::move(rename), std::move(ask_usage)};
        if (place_of(both[1]) < place_of(both[0])) std::swap(both[0], both[1]);
        return edited(call.body, both);
    }
    std::vector<Edit> edits = ChangeWalk(call.body, changes).take_edits();
    if (!renames && !asks_usage && edits.empty()) return {};
    edits.push_back(std::move(rename));
    edits.push_back(std::move(ask_usage));
    std::ranges::stable_sort(edits, {}, place_of);
    return edited(call.body, edits);
}

Call with_changes(const Call& call, const BodyChanges& changes) {
    const std::vector<Edit> edits = ChangeWalk(call.body, changes).take_edits();
    Call changed;
    changed.operation = call.operation;
    changed.body = edited(call.body, edits);
    // What is added has been checked (fault_of_set), and the rest was read before.
    if (read_request(changed)) return changed;
    changed.body = call.body;
    changed.asked = call.asked;
    changed.stream = call.stream;
    return changed;
}

}  // namespace bellwether::json

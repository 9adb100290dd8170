// bellwether/json.hpp - reads and rewrites JSON text in place: a strict RFC 8259 scanner without a
// DOM, without recursion and without allocation. A chat request is looked at in two or three places
// and otherwise passed on as it came, so nothing here builds a tree.
//
// Three layers, each on top of the one before:
//   skip_*, scan_*   primitives on [p, end): give the end of what begins at p, nullptr if malformed
//   Value            a view on one value: kind, members, elements, conversions
//   with_member ...  a changed copy of an object's text, every other byte as it was
//
// Everything is a pure function of its arguments and may be used on any thread. Views live as long
// as the text that they were made from.
#pragma once

#include <bellwether/version.hpp>

#include <string>
#include <string_view>

#include <bellwether/json/scan.hpp>
#include <bellwether/json/text.hpp>
#include <bellwether/json/value.hpp>

namespace bw::v1::json {

inline std::string without_member(std::string_view object, std::string_view key);

// A copy of `object` whose member `key` is `raw_value`, itself JSON: replaced where it stands, or
// else added at the end. Several of that name become one, at the end. Text that is no object is
// copied unchanged.
inline std::string with_member(std::string_view object, std::string_view key,
                               std::string_view raw_value) {
    const Value whole(object);
    if (whole.kind() != Kind::object) return std::string(object);
    std::string out;
    out.reserve(object.size() + key.size() + raw_value.size() + 4);
    const char* copied = object.data();
    bool empty = true;
    bool replaced = false;
    for (const Member& member : whole.members()) {
        empty = false;
        if (!member.key_is(key)) continue;
        if (replaced) return with_member(without_member(object, key), key, raw_value);
        const std::string_view old = member.value().raw();
        out.append(copied, old.data()).append(raw_value);
        copied = old.data() + old.size();
        replaced = true;
    }
    const char* const brace = whole.raw().data() + whole.raw().size() - 1;
    if (!replaced && *brace == '}') {
        out.append(copied, brace);
        if (!empty) out += ',';
        out.append(quote(key)).append(":").append(raw_value);
        copied = brace;
    }
    return out.append(copied, object.data() + object.size());
}

// A copy of `object` without its member `key`, all of them if there are several. Text that is no
// object is copied unchanged.
inline std::string without_member(std::string_view object, std::string_view key) {
    std::string out;
    out.reserve(object.size());
    const char* copied = object.data();
    const char* kept_end = nullptr;  // the end of the last member that stays
    bool cut_to_next = false;        // a member went and none before it stayed
    for (const Member& member : Value(object).members()) {
        const char* const begin = member.raw_key().data() - 1;
        const std::string_view value = member.value().raw();
        if (cut_to_next) copied = begin;
        cut_to_next = false;
        if (!member.key_is(key)) {
            kept_end = value.data() + value.size();
            continue;
        }
        // With the comma before it, or, if nothing before it stays, the comma after it.
        const char* const from = kept_end != nullptr ? kept_end : begin;
        if (from > copied) out.append(copied, from);
        copied = value.data() + value.size();
        cut_to_next = kept_end == nullptr;
    }
    return out.append(copied, object.data() + object.size());
}

}  // namespace bw::v1::json

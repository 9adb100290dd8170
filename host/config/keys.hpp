// The keys of a section as data. Each stands once, in one table: its name, how its value is
// written, which member it is for and what it means. Reading, the messages about wrong and unknown
// keys, /admin/config, the schema and the reference come from these tables. The default of a key is
// what its member has in a new value.
#pragma once

#include <chrono>
#include <concepts>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "config/section.hpp"
#include "json/writer.hpp"

namespace bw::config {

struct Flag {};

// A value below `min` is what counts without the key: no limit.
struct Whole {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

struct Choice {
    std::span<const std::string_view> names;
    Section::Meant meant = nullptr;
};

// One table, one for each name, or [[an array of them]]; of another section's keys.
struct Tables {
    enum class Number { one, named, many };
    std::string_view section;
    Number number = Number::one;
};

// What a function of its own reads.
struct Worded {
    std::string_view type;    // as the reference says it
    std::string_view schema;  // members of a JSON schema
    std::string_view range = {};
};

using Form = std::variant<Flag, Whole, Quantity, Choice, Tables, Worded>;

// A value between the file and its member: a quantity in its smallest unit, a choice by its place
// in the list. Nothing: the key is left out.
using Value =
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

// What the default is of a key that has to be there.
inline constexpr std::string_view k_required = "required";

struct KeyFacts {
    std::string_view name;
    Form form;
    std::string_view meaning;     // a sentence, without the capital and the full stop
    std::string_view usual = {};  // the default in words; empty: it is the member's
};

template <typename Owner>
struct KeyOf {
    using Read = void (*)(Section&, std::string_view key, Owner&);
    using Get = Value (*)(const Owner&);

    KeyFacts facts;
    Read read = nullptr;  // null: by the form with `set`, or by the section's reader afterwards
    void (*set)(Owner&, const Value&) = nullptr;
    Get get = nullptr;                                           // of what the page shows
    void (*write)(json::PrettyWriter&, const Owner&) = nullptr;  // what is more than a Value
    bool (*means_something)(const Owner&) = nullptr;             // beside the others; null: always
};

namespace detail {

template <typename Owner, typename Member>
Owner owner_of(Member Owner::*);

template <typename T>
inline constexpr bool k_is_duration = false;
template <typename Count, typename Period>
inline constexpr bool k_is_duration<std::chrono::duration<Count, Period>> = true;

template <typename T>
inline constexpr bool k_is_optional = false;
template <typename T>
inline constexpr bool k_is_optional<std::optional<T>> = true;

template <typename Member>
Value value_of(const Member& member) {
    if constexpr (k_is_optional<Member>) {
        return member ? value_of(*member) : Value();
    } else if constexpr (std::same_as<Member, bool>) {
        return member;
    } else if constexpr (k_is_duration<Member>) {
        return std::int64_t{std::chrono::duration_cast<milliseconds>(member).count()};
    } else if constexpr (std::same_as<Member, std::filesystem::path>) {
        return member.string();
    } else if constexpr (std::is_enum_v<Member> || std::integral<Member>) {
        return static_cast<std::int64_t>(member);
    } else {
        return member;
    }
}

template <typename Member>
void assign(Member& member, const Value& value) {
    if constexpr (k_is_optional<Member>) {
        assign(member.emplace(), value);
    } else if constexpr (std::same_as<Member, bool>) {
        const auto* number = std::get_if<std::int64_t>(&value);  // the second of two names
        member = number != nullptr ? *number != 0 : std::get<bool>(value);
    } else if constexpr (k_is_duration<Member>) {
        member = std::chrono::duration_cast<Member>(milliseconds(std::get<std::int64_t>(value)));
    } else if constexpr (std::is_enum_v<Member> || std::integral<Member>) {
        member = static_cast<Member>(std::get<std::int64_t>(value));
    }
}

// A member of an owner, or of a member of it.
template <auto first, auto... rest>
struct MemberPath {
    using Owner = decltype(owner_of(first));
    static void set(Owner& owner, const Value& value) { assign(of(owner), value); }
    static Value get(const Owner& owner) { return value_of(of(owner)); }

  private:
    static auto& of(auto& owner) { return ((owner.*first).*....*rest); }
};

// Reads what needs no function of its own. Nothing: it is absent or wrong.
std::optional<Value> read_value(Section& section, const KeyFacts& key);
void write_value(json::PrettyWriter& writer, const KeyFacts& key, const Value& value);

}  // namespace detail

// A key that is read by its form into a member, or a member of a member.
template <auto... path>
constexpr auto key(std::string_view name, Form form, std::string_view meaning,
                   std::string_view usual = {}) {
    using MemberPath = detail::MemberPath<path...>;
    return KeyOf<typename MemberPath::Owner>{
        .facts = {name, form, meaning, usual}, .set = MemberPath::set, .get = MemberPath::get};
}

// A key with a reader of its own, for a member.
template <auto... path>
constexpr auto key(std::string_view name, Form form, std::string_view meaning,
                   typename KeyOf<typename detail::MemberPath<path...>::Owner>::Read read,
                   std::string_view usual = {}) {
    using MemberPath = detail::MemberPath<path...>;
    return KeyOf<typename MemberPath::Owner>{
        .facts = {name, form, meaning, usual}, .read = read, .get = MemberPath::get};
}

// A key that is no member as it stands. Without `read` the section's reader takes it after the
// table, and without `get` the page is written by hand.
template <typename Owner>
constexpr KeyOf<Owner> key(std::string_view name, Form form, std::string_view meaning,
                           std::type_identity_t<typename KeyOf<Owner>::Read> read = nullptr,
                           std::type_identity_t<typename KeyOf<Owner>::Get> get = nullptr,
                           std::string_view usual = {}) {
    return {.facts = {name, form, meaning, usual}, .read = read, .get = get};
}

// Makes all keys of the table known to the section, in its order, and reads those that say how.
template <typename Owner>
void read_keys(Section& section, std::span<const KeyOf<Owner>> keys, Owner& owner) {
    for (const auto& one : keys) section.find(one.facts.name);
    for (const auto& one : keys) {
        if (one.read != nullptr) one.read(section, one.facts.name, owner);
        if (one.set == nullptr) continue;
        if (const auto value = detail::read_value(section, one.facts)) one.set(owner, *value);
    }
}

// The table `name`, whole; nothing: it is not there.
template <typename Owner>
std::optional<Section> read_table(Section& owner_section, std::string_view name,
                                  std::span<const KeyOf<Owner>> keys, Owner& owner) {
    auto section = owner_section.table(name);
    if (!section) return std::nullopt;
    read_keys(*section, keys, owner);
    section->finish();
    return section;
}

// The members of a JSON object.
template <typename Owner>
void write_keys(json::PrettyWriter& writer, std::span<const KeyOf<Owner>> keys,
                const Owner& owner) {
    for (const auto& one : keys) {
        if (one.means_something != nullptr && !one.means_something(owner)) continue;
        if (one.write != nullptr) one.write(writer, owner);
        if (one.get != nullptr) detail::write_value(writer, one.facts, one.get(owner));
    }
}

template <typename Owner>
void write_table(json::PrettyWriter& writer, std::string_view name,
                 std::span<const KeyOf<Owner>> keys, const Owner& owner) {
    writer.key(name).begin_object();
    write_keys(writer, keys, owner);
    writer.end_object();
}

// A key and its default.
struct Row {
    KeyFacts facts;
    Value usual{};           // nothing: there is none, or it is said in words
    bool elsewhere = false;  // the reference has it in another section
};

template <typename Owner>
std::vector<Row> rows_of(std::span<const KeyOf<Owner>> keys) {
    std::vector<Row> rows;
    for (const auto& one : keys) {
        const bool in_words = !one.facts.usual.empty() || one.get == nullptr;
        rows.push_back({one.facts, in_words ? Value() : one.get(Owner())});
    }
    return rows;
}

// A section as the schema and the reference have it.
struct SectionFacts {
    std::string_view name;     // of its definition in the schema
    std::string_view heading;  // of its table of keys in docs/configuration.md
    std::string_view meaning;
    std::vector<Row> rows;
    bool is_open = false;  // there may be other keys, which the host does not know
};

}  // namespace bw::config

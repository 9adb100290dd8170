// The keys of a section as data. A section has one table, with one row for each key: its name, the
// form of its value, the member that it sets and what it means. Reading, the messages about wrong
// and unknown keys, /admin/config, the schema and the reference come from these tables. The default
// of a key is the value of its member in a new object.
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

namespace bellwether::config {

struct Flag {};

// A whole number from `min` to `max`. A default below `min` means that there is no limit, or what
// `word` says.
struct Whole {
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::string_view word = {};  // may stand for `min` - 1; empty: there is no such word
};

// An amount of money, in millionths of a US dollar.
struct Amount {};

struct Choice {
    std::span<const std::string_view> names;
    Section::Meant meant = nullptr;
};

// One of `words`, or `timed`, a colon and a duration from 1 ms to `max`: "queue:10s".
struct Timed {
    std::span<const std::string_view> words;
    std::string_view timed;
    milliseconds max;
};

// The value is a table, a table for each name, or an array of tables. `section` is the name of the
// section that lists the keys of these tables.
struct Tables {
    enum class Number { one, named, many };
    std::string_view section;
    Number number = Number::one;
};

// How many elements a value may have, and how many bytes each of them; 0: the form does not say.
struct Most {
    std::size_t number = 0;
    std::size_t bytes = 0;
};

// A value that only a function of its own can read. The texts describe it, and the function takes
// its limits from here.
struct Worded {
    std::string_view type;    // what the reference says of it
    std::string_view schema;  // members of a JSON schema
    Most most = {};
};

using Form = std::variant<Flag, Whole, Quantity, Amount, Choice, Timed, Tables, Worded>;

// A value on its way between the file and its member. A quantity is counted in its smallest unit, a
// choice is an index in its list. Nothing (monostate): the key is left out.
using Value =
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

// Stands in `KeyFacts::usual` for a key that the file must have.
inline constexpr std::string_view k_required = "required";

struct KeyFacts {
    std::string_view name;
    Form form;
    std::string_view meaning;     // a sentence, without the capital and the full stop
    std::string_view usual = {};  // the default in words; empty: the member has it
    bool needs_restart = false;   // a reload does not change it
};

template <typename Owner>
struct KeyOf {
    using Read = void (*)(Section&, std::string_view key, Owner&);
    using Get = Value (*)(const Owner&);

    KeyFacts facts;
    Read read = nullptr;  // null: the form and `set`, or the section's reader, do it
    void (*set)(Owner&, const Value&) = nullptr;
    Get get = nullptr;                                           // what /admin/config shows
    void (*write)(json::PrettyWriter&, const Owner&) = nullptr;  // writes what no Value can hold
    bool (*is_shown)(const Owner&) = nullptr;                    // false: not shown; null: shown
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
        const auto* number = std::get_if<std::int64_t>(&value);  // of a choice: 1 is true
        member = number != nullptr ? *number != 0 : std::get<bool>(value);
    } else if constexpr (k_is_duration<Member>) {
        member = std::chrono::duration_cast<Member>(milliseconds(std::get<std::int64_t>(value)));
    } else {
        static_assert(std::is_enum_v<Member> || std::integral<Member>,
                      "a member that no form sets: the key needs a function that reads it");
        member = static_cast<Member>(std::get<std::int64_t>(value));
    }
}

// Access to a member of an owner, or to a member of that member.
template <auto first, auto... rest>
struct MemberPath {
    using Owner = decltype(owner_of(first));
    static void set(Owner& owner, const Value& value) { assign(of(owner), value); }
    static Value get(const Owner& owner) { return value_of(of(owner)); }

  private:
    static auto& of(auto& owner) { return ((owner.*first).*....*rest); }
};

// Reads a key by its form. Nothing: the key is absent or wrong, or has a form that only a function
// of its own can read.
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

// A key that a function of its own reads into a member.
template <auto... path>
constexpr auto key(std::string_view name, Form form, std::string_view meaning,
                   typename KeyOf<typename detail::MemberPath<path...>::Owner>::Read read,
                   std::string_view usual = {}) {
    using MemberPath = detail::MemberPath<path...>;
    return KeyOf<typename MemberPath::Owner>{
        .facts = {name, form, meaning, usual}, .read = read, .get = MemberPath::get};
}

// A key that does not match one member. Without `read` the section's reader reads it after the
// table; without `get` the section's writer writes it.
template <typename Owner>
constexpr KeyOf<Owner> key(std::string_view name, Form form, std::string_view meaning,
                           std::type_identity_t<typename KeyOf<Owner>::Read> read = nullptr,
                           std::type_identity_t<typename KeyOf<Owner>::Get> get = nullptr,
                           std::string_view usual = {}) {
    return {.facts = {name, form, meaning, usual}, .read = read, .get = get};
}

// The same key, which a reload does not change.
template <typename Owner>
constexpr KeyOf<Owner> until_restart(KeyOf<Owner> key) {
    key.facts.needs_restart = true;
    return key;
}

// Makes all keys of the table known to the section, in the table's order, and reads each key that
// has a `read` or a `set`.
template <typename Owner>
void read_keys(Section& section, std::span<const KeyOf<Owner>> keys, Owner& owner) {
    for (const auto& one : keys) section.find(one.facts.name);
    for (const auto& one : keys) {
        if (one.read != nullptr) one.read(section, one.facts.name, owner);
        if (one.set == nullptr) continue;
        if (const auto value = detail::read_value(section, one.facts)) one.set(owner, *value);
    }
}

// Reads the whole table `name`; nothing: the file does not have it.
template <typename Owner>
std::optional<Section> read_table(Section& owner_section, std::string_view name,
                                  std::span<const KeyOf<Owner>> keys, Owner& owner) {
    auto section = owner_section.table(name);
    if (!section) return std::nullopt;
    read_keys(*section, keys, owner);
    section->finish();
    return section;
}

// Writes the keys as members of a JSON object that is open already.
template <typename Owner>
void write_keys(json::PrettyWriter& writer, std::span<const KeyOf<Owner>> keys,
                const Owner& owner) {
    for (const auto& one : keys) {
        if (one.is_shown != nullptr && !one.is_shown(owner)) continue;
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
    Value usual{};           // nothing: there is none, or `facts.usual` says it
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

// What the schema and the reference say of a section.
struct SectionFacts {
    std::string_view name;     // of its definition in the schema
    std::string_view heading;  // of its table of keys in docs/configuration.md
    std::string_view meaning;
    std::vector<Row> rows;
    bool is_open = false;  // there may be other keys, which the host does not know
};

}  // namespace bellwether::config

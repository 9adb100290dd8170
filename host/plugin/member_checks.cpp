#include "plugin/member_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/nearest.hpp"

namespace bellwether::plugin {
namespace {

using json::Kind;
using json::Value;

constexpr std::size_t k_line_bytes_max = 512;  // a summary, a help text
constexpr std::size_t k_shown_bytes_max = 60;

}  // namespace

const char* name_of(Kind kind) {
    switch (kind) {
        case Kind::null: return "null";
        case Kind::boolean: return "a boolean";
        case Kind::number: return "a number";
        case Kind::string: return "a string";
        case Kind::array: return "an array";
        case Kind::object: return "an object";
        default: return "missing";
    }
}

std::string shown(const Value& value) {
    const std::string_view raw = value.raw();
    return raw.size() <= k_shown_bytes_max
               ? std::string(raw)
               : fmt::format("{}...", json::Value(raw).kind() == Kind::string
                                          ? value.string().substr(0, k_shown_bytes_max)
                                          : name_of(value.kind()));
}

bool is_variable(std::string_view name) {
    const auto letter = [](char c) { return is_alpha(c) || c == '_'; };
    return !name.empty() && letter(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || is_digit(c); });
}

void MemberChecks::wrong(std::string_view where, const Value& value, std::string_view expected) {
    mistake(fmt::format("\"{}\" is {}, not {}", where, shown(value), expected));
}

bool MemberChecks::is(const Value& value, Kind kind, std::string_view where) {
    if (!given(value)) return false;
    if (value.kind() == kind) return true;
    mistake(fmt::format("\"{}\" is {}, not {}", where, name_of(value.kind()), name_of(kind)));
    return false;
}

void MemberChecks::line(const Value& value, std::string_view where) {
    if (!text(value, where)) return;
    const std::string words = value.string();
    if (words.size() > k_line_bytes_max) {
        mistake(fmt::format("\"{}\" is longer than {} bytes", where, k_line_bytes_max));
    }
    if (std::ranges::any_of(words, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
        mistake(fmt::format("\"{}\" has a line end or another control character", where));
    }
}

void MemberChecks::variable(const Value& value, std::string_view where) {
    if (!text(value, where) || value.string().empty()) return;
    if (!is_variable(value.string())) wrong(where, value, "the name of an environment variable");
}

void MemberChecks::name(const Value& value, const std::string& where,
                        std::set<std::string>& names) {
    if (!given(value)) return mistake(fmt::format("\"{}\" is missing", where));
    if (!text(value, where)) return;
    const std::string given_name = value.string();
    if (given_name.empty()) return mistake(fmt::format("\"{}\" is empty", where));
    if (given_name.size() > k_name_bytes_max) {
        return mistake(fmt::format("\"{}\" is longer than {} bytes", where, k_name_bytes_max));
    }
    if (!names.insert(given_name).second) {
        mistake(fmt::format("\"{}\" is {}, as one before it is", where, shown(value)));
    }
}

void MemberChecks::members(const Value& object, std::string_view where,
                           const std::vector<std::string>& known) {
    std::set<std::string> seen;
    for (const auto& member : object.members()) {
        const std::string key = member.key();
        if (!seen.insert(key).second) {
            mistake(fmt::format("\"{}{}\" is given twice", where, key));
        } else if (std::ranges::find(known, key) == known.end()) {
            unknown(where, key, known);
        }
    }
}

void MemberChecks::unknown(std::string_view where, const std::string& key,
                           const std::vector<std::string>& known) {
    std::string said = fmt::format("\"{}{}\" is unknown", where, key);
    if (const auto near = nearest(key, known)) {
        said += fmt::format("; did you mean \"{}\"?", *near);
        findings_.misspelt.push_back(said);
    }
    findings_.doubts.push_back(std::move(said));
}

void MemberChecks::objects(const Value& array, const std::string& where, const Each& each) {
    if (!is(array, Kind::array, where)) return;
    std::size_t index = 0;
    for (const auto& element : array.elements()) {
        const std::string at = fmt::format("{}[{}]", where, index++);
        if (!is(element, Kind::object, at)) {
            if (!given(element)) mistake(fmt::format("\"{}\" is null, not an object", at));
            continue;
        }
        each(element, at + ".");
    }
}

}  // namespace bellwether::plugin

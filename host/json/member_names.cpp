#include "json/member_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "json/value.hpp"

namespace bellwether::json {
namespace {

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

std::unexpected<Error> refuse_member(std::string message, std::string_view name) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid, .message = std::move(message), .param = std::string(name)});
}

}  // namespace

std::string folded_name(std::string_view key) {
    std::string out;
    for (std::size_t i = 0; i < key.size(); ++i) {
        if (key.substr(i, 2) == "\xC5\xBF") {
            out += 's';
            i += 1;
        } else if (key.substr(i, 3) == "\xE2\x84\xAA") {
            out += 'k';
            i += 2;
        } else {
            out += lower(key[i]);
        }
    }
    return out;
}

const KnownMember* meaning_of(std::string_view raw_key) {
    if (std::ranges::all_of(raw_key, is_plain)) return find_member(raw_key);
    return find_member(folded_name(unescape(raw_key)));
}

Result<const KnownMember*> MemberNames::take(std::string_view raw_key) {
    if (std::ranges::all_of(raw_key, is_plain)) {
        const KnownMember* const known = find_member(raw_key);
        return known == nullptr ? known : take_known(*known, raw_key);
    }
    const std::string key = unescape(raw_key);
    // A reader that uses C strings would see only what is before the NUL.
    if (key.find('\0') != std::string::npos) {
        return refuse_member("a member's name contains a NUL character", {});
    }
    const KnownMember* const known = find_member(folded_name(key));
    return known == nullptr ? known : take_known(*known, key);
}

Result<const KnownMember*> MemberNames::take_known(const KnownMember& known, std::string_view key) {
    const bool same = key == known.name;
    if (known.spelling == Spelling::any || (known.spelling == Spelling::exact && same)) {
        return &known;
    }
    if (known.spelling == Spelling::exact) return nullptr;
    if (!same) {
        return refuse_member(
            fmt::format("a member's name differs from \"{}\" in case only, and some "
                        "providers ignore case; write it as \"{}\"",
                        known.name, known.name),
            known.name);
    }
    const auto bit = std::uint32_t{1} << known.once;
    if ((seen_ & bit) != 0) {
        return refuse_member(fmt::format("\"{}\" appears more than once; send it once", known.name),
                             known.name);
    }
    seen_ |= bit;
    return &known;
}

}  // namespace bellwether::json

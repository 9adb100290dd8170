// Checks the names of a request's members that the host or a plugin acts on. A member with
// Spelling::once may be there once, and in its own spelling only: of two members with one name some
// readers take the first and others the last, and some ignore case, so one request could mean one
// thing here and another upstream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "json/known_members.hpp"

namespace bellwether::json {

// The key in lower case. The long s and the Kelvin sign, which are not ASCII, become s and k, as
// they do for readers that ignore case.
std::string folded_name(std::string_view key);

// What the member with the key `raw_key` means, in any case; null: it is not known.
const KnownMember* meaning_of(std::string_view raw_key);

class MemberNames {
  public:
    // Takes the next member; `raw_key` is its well-formed key as it stands between the quotes.
    // Gives what is known of the name, or null. The error: a member that may be there once is
    // repeated, or spelt in another case, or the name has a NUL character.
    Result<const KnownMember*> take(std::string_view raw_key);

  private:
    Result<const KnownMember*> take_known(const KnownMember& known, std::string_view key);

    std::uint32_t seen_ = 0;  // one bit for each name
    static_assert(k_once_max == 32);
};

}  // namespace bellwether::json

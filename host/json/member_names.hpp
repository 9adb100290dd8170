// The names of a request's members that the host or a plugin acts on. Each may be there once, and
// in its own spelling only: readers differ in which of two they take (the first or the last), and
// some ignore case, so that one request could mean one thing here and another upstream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "json/known_members.hpp"

namespace bw::json {

// In lower case, with the two characters beyond ASCII that readers who ignore case take for a
// letter of it: the long s and the sign of the kelvin.
std::string folded_name(std::string_view key);

// What a member means whose key is `raw_key`, in any case; null: nothing that is known.
const KnownMember* meaning_of(std::string_view raw_key);

class MemberNames {
  public:
    // `raw_key` as it stands between the quotes, well-formed. Gives what is known of that name, or
    // null, and an error for a second one or one that is nearly the same.
    Result<const KnownMember*> take(std::string_view raw_key);

  private:
    Result<const KnownMember*> take_known(const KnownMember& known, std::string_view key);

    std::uint32_t seen_ = 0;  // one bit a name
    static_assert(k_once_max == 32);
};

}  // namespace bw::json

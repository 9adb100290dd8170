// The names of a request's members that the host or a plugin acts on. Each may be there once, and
// in its own spelling only: readers differ in which of two they take (the first or the last), and
// some ignore case, so that one request could mean one thing here and another upstream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace bw::json {

// In lower case, with the two characters beyond ASCII that readers who ignore case take for a
// letter of it: the long s and the sign of the kelvin.
std::string folded_name(std::string_view key);

class MemberNames {
  public:
    // `raw_key` as it stands between the quotes, well-formed. Gives the name if it is one of those,
    // an empty text for any other, and an error for a second one or one that is nearly the same.
    Result<std::string_view> take(std::string_view raw_key);

  private:
    std::uint32_t seen_ = 0;  // one bit a name
};

}  // namespace bw::json

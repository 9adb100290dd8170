// Calls that the ledger does not count: a line in the log, once a minute, and the client's error
// unless they pass.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace bw::policy {

// It cannot say.
Result<void> uncounted(bool passes, std::string_view reason);
// It has no room for a counter that is new.
Result<void> uncounted_for_room(bool passes, std::string_view reason);

}  // namespace bw::policy

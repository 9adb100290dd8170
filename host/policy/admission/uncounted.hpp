// Handles a call that the ledger does not count: warns in the log, at most once a minute, and gives
// the client's error unless the call passes. Any thread.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace bellwether::policy {

// The ledger cannot say whether there is room, or cannot write the hold.
Result<void> uncounted(bool passes, std::string_view reason);
// The ledger has no room for another counter.
Result<void> uncounted_for_room(bool passes, std::string_view reason);

}  // namespace bellwether::policy

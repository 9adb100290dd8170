// Calls that the ledger does not count: a line in the log, and the client's error unless they pass.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace bw::policy {

// It cannot say.
Result<void> uncounted(bool passes, std::string_view reason);
// It has no room for a counter that is new. Clients can bring this about by inventing users, so the
// log tells of it once a minute only.
Result<void> uncounted_for_room(bool passes, std::string_view reason);

}  // namespace bw::policy

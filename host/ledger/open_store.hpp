// Opens the store that the configuration names.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "ledger/local_store.hpp"

namespace bellwether::ledger {

// Returns null if the configuration asks for no store. Reads the password from the environment or
// the file that the configuration names. `moved`: another host has let go of this store.
Result<std::unique_ptr<Store>> open_store(const config::Ledger& ledger,
                                          std::optional<MovedStore> moved = std::nullopt);

// Finds out what open_store() would come to, and changes nothing: neither a file nor what a server
// keeps. The error is that of open_store(); the text is what somebody should know of a store that
// would be opened all the same, or empty.
Result<std::string> try_store(const config::Ledger& ledger);

}  // namespace bellwether::ledger

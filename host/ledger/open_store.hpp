// The store that the configuration names.
#pragma once

#include <memory>

#include "base/error.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"

namespace bw::ledger {

// Null: the configuration asks for none. Resolves the password.
Result<std::unique_ptr<Store>> open_store(const config::Ledger& ledger);

}  // namespace bw::ledger

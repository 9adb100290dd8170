// A store by its URL: `memory:` or `sqlite:/path/of/the/file`.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "ledger/ledger.hpp"

namespace bw::ledger {

Result<std::unique_ptr<Store>> open_store(std::string_view url);

}  // namespace bw::ledger

// Where a ledger is, out of its URL. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bw::config {

// "memory:", "sqlite:PATH" (the path as it is written), "redis://[user@]host[:port][/database]" or
// "rediss://", encrypted. The error continues "ledger.url ..." and repeats nothing of the text,
// which may hold a password.
std::expected<Ledger, std::string> parse_store_address(std::string_view text);

}  // namespace bw::config

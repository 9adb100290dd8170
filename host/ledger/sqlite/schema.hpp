// The tables of a ledger's file. A file says which version of the schema it has. An older file is
// migrated step by step; a new file is made by the same steps.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "ledger/sqlite/database.hpp"

namespace bellwether::ledger {

inline constexpr int k_schema_version = 2;

// The columns of a usage row. The tables `usage` and `holds` both have them.
inline constexpr int k_usage_columns = 20;
inline constexpr std::string_view k_usage_column_names =
    "time_us, request_id, key, user, team, route, model, provider, upstream_model, input_tokens, "
    "output_tokens, cached_input_tokens, reasoning_tokens, usage_source, cost_micro_usd, "
    "list_cost_micro_usd, duration_us, first_token_us, status, error";

// Returns the version of the file's schema; 0 if the file is empty. Refuses a file that is not a
// ledger, or that a newer version of the program has written.
Result<int> schema_version(Database& database);
// Makes the tables of a new file, or migrates those of an older one.
Result<void> migrate(Database& database);

}  // namespace bellwether::ledger

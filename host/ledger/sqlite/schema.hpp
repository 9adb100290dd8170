// The tables of a ledger's file. A file says which version it has; an older one is brought up step
// by step, and a new one is made by the same steps.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "ledger/sqlite/database.hpp"

namespace bw::ledger {

inline constexpr int k_schema_version = 2;

// The columns of a usage row, of the tables `usage` and `holds` alike.
inline constexpr int k_usage_columns = 20;
inline constexpr std::string_view k_usage_column_names =
    "time_us, request_id, key, user, team, route, model, provider, upstream_model, input_tokens, "
    "output_tokens, cached_input_tokens, reasoning_tokens, usage_source, cost_micro_usd, "
    "list_cost_micro_usd, duration_us, first_token_us, status, error";

// Refuses what is not a ledger, or one of a newer version.
Result<int> schema_version(Database& database);
// Makes the tables, or brings them up.
Result<void> migrate(Database& database);

}  // namespace bw::ledger

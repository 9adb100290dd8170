// Turns the ledger's values into the arguments of its scripts, and the scripts' answers into
// values. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/redis/lua.hpp"
#include "ledger/redis/reply.hpp"

namespace bellwether::ledger {

using Words = std::vector<std::string>;

// The arguments of `hold`. The script gives the hold only if `epoch` is still the present one;
// `how` is k_hold_first or k_hold_again. Numbers that Lua cannot hold exactly are clamped to its
// range.
Words hold_words(const Hold& hold, std::string_view epoch, std::string_view how = k_hold_first);
// The arguments of `settle`. `how` is a k_settle_* constant; `epoch` is that of the hold.
Words settle_words(const Settlement& settlement, std::string_view how, std::string_view epoch);
// The rule's name with ':' and '%' escaped, so that `rule:value` can be split again.
std::string escaped_rule(std::string_view rule);

Verdict to_verdict(const RedisReply& reply);
std::vector<StoredCounter> to_counters(const RedisReply& reply);
// Reads one entry of the stream `usage`: the names and values of its fields in turn.
UsageRow to_usage_row(const RedisReply& fields);

}  // namespace bellwether::ledger

// The ledger's values as the words that its scripts take and give. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/redis/lua.hpp"
#include "ledger/redis/reply.hpp"

namespace bw::ledger {

using Words = std::vector<std::string>;

// Numbers that the scripts cannot tell exactly are brought to the nearest that they can. A hold is
// given in that epoch or not at all; `how`: for the first time, or again.
Words hold_words(const Hold& hold, std::string_view epoch, std::string_view how = k_hold_first);
// The epoch is the one that its hold was given in.
Words settle_words(const Settlement& settlement, std::string_view how, std::string_view epoch);
// What keeps `rule:value` apart whatever the rule is called.
std::string escaped_rule(std::string_view rule);

Verdict to_verdict(const RedisReply& reply);
std::vector<StoredCounter> to_counters(const RedisReply& reply);
// Of what a stream keeps: names and values in turn.
UsageRow to_usage_row(const RedisReply& fields);

}  // namespace bw::ledger

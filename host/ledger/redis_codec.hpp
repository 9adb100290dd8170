// The ledger's values as the words that its scripts take and give. Pure.
#pragma once

#include <string>
#include <vector>

#include "ledger/ledger.hpp"
#include "ledger/redis_reply.hpp"

namespace bw::ledger {

using Words = std::vector<std::string>;

// Numbers that the scripts cannot tell exactly are brought to the nearest that they can.
Words hold_words(const Hold& hold);
Words settle_words(const Settlement& settlement, std::string_view how);
// What keeps `rule:value` apart whatever the rule is called.
std::string escaped_rule(std::string_view rule);

Verdict to_verdict(const RedisReply& reply);
std::vector<Counter> to_counters(const RedisReply& reply);
// Of what a stream keeps: names and values in turn.
UsageRow to_usage_row(const RedisReply& fields);

}  // namespace bw::ledger

// The keys of `retry`, which stand at three places of the file: `[retry]` for all calls, `retry` of
// a provider, and `retry` of a route.
#pragma once

#include <string_view>
#include <vector>

#include "config/keys.hpp"

namespace bellwether::config {

// The keys that one table `retry` has. What it leaves out is that of the place around it.
class RetryKeys {
  public:
    RetryKeys() = default;  // a table without keys
    RetryKeys(Section& owner, std::string_view key);

    Retry over(Retry wider) const;

  private:
    std::vector<Value> values_;  // one a key, in the order of their table; nothing: left out
};

// Writes `retry` as a member of a JSON object that is open already.
void write_retry(json::PrettyWriter& writer, const Retry& retry);

// Warns if the table has a first wait or time that is longer than the longest one.
void check_first(Section& section, milliseconds first, milliseconds longest);

}  // namespace bellwether::config

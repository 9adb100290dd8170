// Which budgets and limits would count a call, in the words of `explain`.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "json/writer.hpp"
#include "policy/limits/rules.hpp"
#include "route/explain.hpp"

namespace bw::pages {

// Who asks; empty: nobody is named.
struct Caller {
    std::string_view key;  // the name of a client's key
    std::string_view team;
    std::string_view user;
};

// One that counts it.
struct ExplainedCount {
    std::string name;                 // of the budget or the limit
    std::string counts;               // "10 USD a day, hard", "100/min requests", "5 at once"
    std::string each;                 // "user"; empty: a single counter counts all
    std::vector<std::string> values;  // whose counters; none: nobody was named
    int line = 0;                     // of the file; 0: a provider's max_concurrent
};

std::vector<ExplainedCount> explain_counts(const config::Config& config,
                                           const route::Explanation& explanation,
                                           const Caller& caller);

std::string counts_text(const std::vector<ExplainedCount>& counts);
std::string counts_json(const std::vector<ExplainedCount>& counts);

}  // namespace bw::pages

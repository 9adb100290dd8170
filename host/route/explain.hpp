// Why a model name is served as it is: the rules that led to its targets, and what is known of each
// target, without asking anybody. A pure function of what the host was started with; the command
// line and the admin listener show the same value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/registry.hpp"
#include "route/prices.hpp"

namespace bw::route {

// A rule that a name fell on. The last one has the targets; those before it are aliases.
struct ExplainedRule {
    std::string name;   // what was looked up
    std::string model;  // the rule's own name or pattern
    std::string place;  // file:line
    std::string alias;  // looked up next; empty: none
};

struct ExplainedCredential {
    std::string name;
    std::string reference;  // "env:NAME" or "file:/path", never the value
    bool set = false;
};

struct ExplainedTarget {
    std::string provider;
    std::string model;  // as the provider calls it
    std::uint32_t weight = 1;
    unsigned share_permille = 0;  // of the calls that try it first
    std::string unavailable;      // why it cannot serve; else empty
    std::string plugin;           // its id
    std::string version;
    std::string abi;
    std::string file;
    std::string sha256;
    std::string origin;  // of base_url; empty: it needs no upstream
    std::vector<ExplainedCredential> credentials;
    config::Timeouts timeouts;
    const config::Price* price = nullptr;  // null: not known
    std::int64_t context = 0;              // tokens; 0: not known
    std::int64_t max_output = 0;           // tokens; 0: not known
    std::vector<Operation> operations;
};

// A rule that matches as well, and lost.
struct ExplainedRival {
    std::string model;
    std::string place;
    std::string why;
};

struct Explanation {
    std::string model;
    std::vector<ExplainedRule> rules;
    config::Strategy strategy = config::Strategy::ordered;
    std::vector<ExplainedTarget> targets;  // in the order of the file
    std::vector<ExplainedRival> rivals;    // of the last rule
    std::size_t without_match = 0;         // the other rules
};

// Nothing: no rule serves the model. `prices` belong to `config`, which must outlive the result.
std::optional<Explanation> explain(const config::Config& config, const plugin::Registry& registry,
                                   const Prices& prices, std::string_view model);

// What others know of such a call, as JSON.
struct ExplainedBeside {
    std::string counted_by = {};  // the budgets and limits that would count it; empty: not asked
    std::string key = {};         // what a client key may do; empty: none was named
};
std::string to_json(const Explanation& explanation, const ExplainedBeside& beside = {});
std::string to_text(const Explanation& explanation);

}  // namespace bw::route

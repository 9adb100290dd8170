// Explains how a model name is served, without a call to an upstream: the routes that lead to its
// targets, what is known of each target, how it stands if the host runs, which rules would count
// the call, and whether a client key may use it. The command line and the admin listener show the
// same value.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/registry.hpp"
#include "policy/keys/key_ring.hpp"
#include "report/live_target.hpp"
#include "route/catalogue.hpp"
#include "route/table.hpp"

namespace bellwether::report {

struct ExplainQuestion {
    std::string_view model;
    std::string_view key = {};   // a client key's name or public id; empty: none
    std::string_view user = {};  // as a client names it; empty: nobody
};

// The parts of a host that an explanation is made from. `config` must outlive the explanation.
struct ExplainSources {
    const config::Config& config;
    const plugin::Registry& registry;
    const route::Table& routes;
    const route::Catalogue& catalogue;
    const policy::KeyRing& keys;
    const route::TargetStates* states = nullptr;  // null: the host does not run
};

// A route that a name matches. The last one has the targets; those before it are aliases.
struct ExplainedRule {
    std::string name;   // the name that was looked up
    std::string model;  // the route's own name or pattern
    std::string place;  // file:line
    std::string alias;  // the name to look up next; empty: none
};

struct ExplainedCredential {
    std::string name;
    std::string reference;  // "env:NAME" or "file:/path", never the value
    bool set = false;
};

struct ExplainedTarget {
    std::string provider;
    std::string model;  // as the provider calls it
    const config::Target* target = nullptr;
    config::Strategy strategy = config::Strategy::ordered;  // of its tier
    // Of 1000 calls for which its tier's turn has come, how many try it first; nothing: that
    // depends on what is known at that moment.
    std::optional<unsigned> share_permille;
    std::string unavailable;  // why it cannot serve; empty: it can
    std::string plugin;       // its id
    std::string version;
    std::string abi;
    std::string file;
    std::string sha256;
    std::string origin;  // of base_url; empty: it needs no upstream
    std::vector<ExplainedCredential> credentials;
    const config::Price* price = nullptr;  // null: not known
    std::int64_t context = 0;              // tokens; 0: not known
    std::int64_t max_output = 0;           // tokens; 0: not known
    std::vector<Operation> operations;
    std::optional<LiveTarget> live;  // nothing: the host does not run
};

// A route that matches as well, but is less specific.
struct ExplainedRival {
    std::string model;
    std::string place;
    std::string why;
};

// A budget or a limit that would count the call.
struct ExplainedCount {
    std::string name;
    std::string counts;               // "10 USD a day, hard", "100/min requests", "5 at once"
    std::string each;                 // "user"; empty: there is a single counter
    std::vector<std::string> values;  // whose counters count; empty: nobody is named
    config::Position at{};            // line 0: a provider's max_concurrent
    std::string file{};               // of that position
};

struct ExplainedKey {
    const config::Key* key = nullptr;
    std::string refusal;  // why the key may not use the model; empty: it may
};

struct Explanation {
    std::string model;
    std::vector<ExplainedRule> rules;
    const config::Route* route = nullptr;  // the last rule's
    std::vector<ExplainedTarget> targets;  // of the route itself, in the order of the file
    std::vector<ExplainedTarget> on_context_length;  // likewise of its chains
    std::vector<ExplainedTarget> on_content_filter;
    std::vector<ExplainedTarget> on_budget;
    std::optional<ExplainedTarget> shadow;
    std::vector<ExplainedRival> rivals;  // that also match the last name
    std::size_t without_match = 0;       // how many routes do not match
    std::vector<ExplainedCount> counted_by;
    std::optional<ExplainedKey> key;  // the one in the question
    // How many client keys there are; nothing: every caller may use every model.
    std::optional<std::size_t> keys{};
};

struct NotExplained {
    std::string message;
    std::optional<std::string> model;  // the one that nothing serves; nothing: the key is unknown
    std::vector<std::string> models;   // all that clients can ask for
};

std::expected<Explanation, NotExplained> explain(const ExplainSources& sources,
                                                 const ExplainQuestion& question);

// The names of the chains, as the file has them.
struct ExplainedChain {
    std::string_view name;
    std::string_view when;
    std::vector<ExplainedTarget> Explanation::*targets;
};
inline constexpr ExplainedChain k_chains[] = {
    {"on_context_length", "if the prompt is too long for those above",
     &Explanation::on_context_length},
    {"on_content_filter", "if those above refuse the content", &Explanation::on_content_filter},
    {"on_budget", "if a budget refuses the call at those above", &Explanation::on_budget},
};

// Writes how a route chooses among its targets into the object that is open.
void write_choosing(json::PrettyWriter& writer, const config::Route& route);

std::string to_json(const Explanation& explanation);
std::string to_json(const NotExplained& reason);
std::string to_text(const Explanation& explanation);

}  // namespace bellwether::report

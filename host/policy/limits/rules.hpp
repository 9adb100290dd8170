// Applies the budgets and limits of the configuration to calls: which of them count a call, what
// the call claims of each before it is sent, and what it has used of each at its end.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/usage.hpp"
#include "calendar/zone.hpp"
#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "policy/attempts/failed_attempt.hpp"
#include "policy/estimate/estimate.hpp"
#include "policy/limits/rule_match.hpp"
#include "route/table.hpp"
#include "route/target_states.hpp"

namespace bellwether::policy {

// One of the targets that a call may be sent to, and what it may use there.
struct Prospect {
    std::string_view provider;  // the name of the target's provider
    route::Candidate target = {};
    Estimate estimate = {};
    std::string_view service_tier = {};           // that the call asks for; empty: none
    bool searches = false;                        // the call asks for searches on the web
    bool text_only = false;                       // the prompt has no pictures, sound or files
    route::Service service = route::Service::in;  // as of when the targets were put in order
};

// At how many targets at once a call may be tried.
enum class Legs : std::uint8_t { one, two };

// The most that a call may use at this target.
Usage estimated_usage(const Prospect& prospect);

enum class Counts : std::uint8_t { requests, concurrent, input, output, total, micro_usd };

// One thing that is counted: a budget, or one of the up to three parts of a limit (requests,
// tokens, calls at once).
struct Rule {
    std::string name;  // of its counters: "everyone", "fair/requests"
    const config::Scope* scope = nullptr;
    const config::Budget* budget = nullptr;  // null if the rule is of a limit
    const config::Limit* limit = nullptr;
    Counts counts = Counts::total;
    calendar::Zone zone;
    calendar::Window window;  // a budget's, as of the last call
    std::string window_end;   // the window's end in RFC 3339; empty: it never ends

    // True if the rule, or its counter for `value`, counts what the provider serves.
    bool counts_provider(std::string_view provider, std::string_view value) const;
};

// A call's claim of one counter, and the rule behind it.
struct Asked {
    const Rule* rule;
    ledger::Claim claim;
};

// A rule that counts a call, and the values of those of its counters that count it.
struct Counting {
    const Rule* rule;
    std::vector<std::string> values;  // one empty text if the rule has a single counter
};

// What a call has used, at which providers.
struct Used {
    std::string_view provider;              // of the last attempt; empty: there was none
    std::span<const FailedAttempt> failed;  // the attempts before the last one
    Usage usage;                            // of the last attempt; source `none`: nothing was used
    const config::Price* price = nullptr;
};

// All rules of the configuration, which must outlive them. Each worker has its own, on its thread
// only.
class Rules {
  public:
    explicit Rules(const config::Config& config);

    // Gives a claim on every counter that counts the call. The provider in `facts` is ignored.
    // Fails if a limit that the client sent is no usable number (Call::invalid_limit), or if a
    // budget that refuses counts money and the call asks for something without a price.
    Result<std::vector<Asked>> apply(const Facts& facts, std::string_view invalid_limit,
                                     std::span<const Prospect> prospects, std::int64_t now_us,
                                     Legs legs = Legs::one);

    // The rules that would count a call which tries these providers in this order. The provider in
    // `facts` is ignored, and no amount is looked at.
    std::vector<Counting> counting(Facts facts, std::span<const std::string> providers) const;

  private:
    void add(const config::Limit& limit);
    Result<void> add(std::vector<Asked>& all, Rule& rule, Facts facts,
                     std::span<const Prospect> prospects, std::int64_t now_us, Legs legs);

    std::deque<config::Limit> own_limits_;  // made from the providers' max_concurrent
    std::vector<Rule> rules_;
};

// How much the call has used of what the claim's rule counts, in the claim's unit. 0 for calls at
// once: the place is given back.
std::int64_t used_of(const Asked& asked, const Used& used);

}  // namespace bellwether::policy

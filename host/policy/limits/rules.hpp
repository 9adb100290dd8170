// The budgets and limits of the configuration, applied to calls: which of them count a call, what
// it claims of each before it is sent, and what it has used of each at its end.
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

namespace bw::policy {

// One of the targets that a call may be sent to, and what it may use there.
struct Prospect {
    std::string_view provider;  // the name of the target's
    route::Candidate target = {};
    Estimate estimate = {};
    std::string_view service_tier = {};  // as the call asks for it; empty: it does not
    bool searches = false;               // as the call asks for them, too
    bool text_only = false;              // neither sound nor pictures are sent
};

// The most that a call may use there.
Usage estimated_usage(const Prospect& prospect);

enum class Counts : std::uint8_t { requests, concurrent, input, output, total, micro_usd };

// One thing that is counted: a budget, or one of the up to three numbers of a limit.
struct Rule {
    std::string name;  // of its counters: "everyone", "fair/requests"
    const config::Scope* scope = nullptr;
    const config::Budget* budget = nullptr;  // one of the two
    const config::Limit* limit = nullptr;
    Counts counts = Counts::total;
    calendar::Zone zone;
    calendar::Window window;  // the one that was last asked for
    std::string window_end;   // of it, as the zone's clock shows it; empty: never

    // True if the rule, or its counter for `value`, counts what the provider serves.
    bool counts_provider(std::string_view provider, std::string_view value) const;
};

// A call's claim of one counter, and the rule behind it.
struct Asked {
    const Rule* rule;
    ledger::Claim claim;
};

// A rule that counts a call, and whom its counters are for: one for each that counts it.
struct Counting {
    const Rule* rule;
    std::vector<std::string> values;  // empty texts where the rule has a single counter
};

// What a call has come to.
struct Used {
    std::string_view provider;              // who served it; empty: nobody was asked
    std::span<const FailedAttempt> failed;  // who was asked before, in vain
    Usage usage;                            // of the one who served; with a source if any
    const config::Price* price = nullptr;
};

// One worker's; the configuration must outlive it.
class Rules {
  public:
    explicit Rules(const config::Config& config);

    // Every counter that counts the call; `facts` but for the provider. An error: what the call
    // says of its limits cannot be counted with (Call::unsound_limit), or a budget of money would
    // have to count what has no price.
    Result<std::vector<Asked>> apply(const Facts& facts, std::string_view unsound_limit,
                                     std::span<const Prospect> prospects, std::int64_t now_us);

    // The rules that would count a call which may be sent to these providers, in this order;
    // `facts` but for the provider. No amount is looked at.
    std::vector<Counting> counting(Facts facts, std::span<const std::string> providers) const;

  private:
    void add(const config::Limit& limit);
    Result<void> add(std::vector<Asked>& all, Rule& rule, Facts facts,
                     std::span<const Prospect> prospects, std::int64_t now_us);

    std::deque<config::Limit> own_limits_;  // of providers
    std::vector<Rule> rules_;
};

// What of its claim the call has used, in the claim's unit.
std::int64_t used_of(const Asked& asked, const Used& used);

}  // namespace bw::policy

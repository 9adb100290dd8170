// How often the things happen in a simulation that its rules are about. A rule about something that
// never happens says nothing, so a run of some length in which it never does has failed as well.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace bellwether::simulator {

enum class Happening : std::uint8_t {
    answered,    // calls, as their clients see them
    refused,     // with an error before anything else
    broken_off,  // with an error after the head of a stream
    left,        // by their clients
    tries,
    repeats,              // at a place where the call was tried before
    after_a_pause,        // of these
    hedges,               // tries that began while another one of the call ran
    hedges_first,         // the try that was there first had content, and the other was closed
    hedges_second,        // the other way round
    length_chains,        // tries at targets of `on_context_length`
    filter_chains,        // of `on_content_filter`
    budget_chains,        // of `on_budget`
    over_out,             // first tries that passed a target that was out of service
    over_full,            // first tries that passed one without room
    loyal,                // first tries of a sticky route at the home of their user
    ejections,            // targets that went out of service
    trials,               // tries that were to show whether a target is well again
    returns,              // targets that came back into service
    limit_waits,          // moments at which calls stood in the line of a limit
    upstream_waits,       // the same of a provider
    unaffordable,         // repetitions that the retry budget refused
    not_held,             // holds that the ledger did not give
    by_default,           // tries of calls that no route but `default_to` serves
    changed,              // requests in which a target has set or dropped something
    keys_refused,         // answers that refuse a key
    other_keys,           // tries at the same target with another key
    keys_of_last_resort,  // tries with a key that is set aside, as none is left
    continued,            // tries for the rest of an answer
    given_up,             // calls that ended with an error though they were tried
    past_deadline,        // calls that ended after their clients' own deadline
    k_end,
};

class Tally {
  public:
    void count(Happening what, std::uint64_t times = 1) { counts_[index(what)] += times; }
    std::uint64_t of(Happening what) const { return counts_[index(what)]; }
    void print() const;
    // Everything has happened that happens in so many calls.
    void check(std::uint64_t calls) const;

  private:
    static std::size_t index(Happening what) { return static_cast<std::size_t>(what); }

    std::array<std::uint64_t, static_cast<std::size_t>(Happening::k_end)> counts_{};
};

}  // namespace bellwether::simulator

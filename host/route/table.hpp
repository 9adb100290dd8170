// Finds, for the model name that a client gave, the providers to try, in order. Built once from a
// valid configuration, constant afterwards, shared by all workers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "route/matcher.hpp"
#include "route/prices.hpp"

namespace bw::route {

// For which failures alone a candidate is tried.
enum class Chain : std::uint8_t {
    none,  // it is one of the route's own targets
    context_length,
    content_filter,
    budget,
};

struct Candidate {
    std::size_t provider = 0;  // index into Config::providers
    std::string model;         // as the provider calls it
    std::uint32_t weight = 1;
    const config::Price* price = nullptr;    // null: not known
    const config::Target* target = nullptr;  // as configured; null: nothing is configured for it
    std::size_t id = 0;          // of the target, for what is remembered of it (TargetStates)
    std::size_t credential = 0;  // which one of the provider's
    Chain chain = Chain::none;
};

struct Match {
    const config::Route* route = nullptr;   // the one with the targets, at the end of the aliases
    std::vector<std::string_view> aliases;  // the names that the client's name led to, in order
    std::vector<Candidate> candidates;      // never empty; the first is to be tried first
};

class Table {
  public:
    // The routes and prices of `config` must outlive the table and every Match. They stay where
    // they are when `config` is moved, but not in a copy of it.
    explicit Table(const config::Config& config);

    // The route of a model and its candidates; nothing: no route serves the model. `random` chooses
    // the first candidate of a weighted route, so each value of 64 bits must be as likely as any
    // other.
    std::optional<Match> match(std::string_view model, std::uint64_t random) const;
    const Prices& prices() const { return prices_; }

  private:
    Matcher matcher_;
    Prices prices_;
    std::size_t aliases_max_;
};

}  // namespace bw::route

// Finds, for the model name that a client gave, the providers to try, in order. Built once from a
// valid configuration, constant afterwards, shared by all workers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "route/matcher.hpp"
#include "route/prices.hpp"

namespace bellwether::route {

using config::Chain;

struct Candidate {
    std::size_t provider = 0;  // index into Config::providers
    std::string model;         // as the provider calls it
    std::uint32_t weight = 1;
    const config::Price* price = nullptr;    // null: not known
    const config::Target* target = nullptr;  // as configured; null: nothing is configured for it
    std::size_t id = 0;          // of the target, for what is remembered of it (TargetStates)
    std::size_t credential = 0;  // which one of the provider's
    bool last_resort = false;    // its credential has been refused, and is set aside
    Chain chain = Chain::none;
};

struct Match {
    const config::Route* route = nullptr;   // the one with the targets, at the end of the aliases
    std::vector<std::string_view> aliases;  // the names that the client's name led to, in order
    // In the order of the file, those of the route itself first; it has at least one.
    std::vector<Candidate> candidates;
    std::optional<Candidate>
        shadow;  // where the route's copies go, whether or not this call has one
};

// What an id stands for.
struct TargetName {
    std::size_t provider = 0;  // index into Config::providers
    std::string model;         // as configured; empty: whatever the clients of its route ask for
    std::string route;         // the model of that route; empty where `model` is not
};

class Table {
  public:
    // The routes and prices of `config` must outlive the table and every Match. They stay where
    // they are when `config` is moved, but not in a copy of it.
    explicit Table(const config::Config& config);

    // The route of a model and its candidates; nothing: no route serves the model.
    std::optional<Match> match(std::string_view model) const;
    const Prices& prices() const { return prices_; }

    // All targets, by their ids. Targets with the same provider and the same configured model have
    // one id, wherever they stand; one without a model shares its id only within its route.
    const std::vector<TargetName>& targets() const { return targets_; }
    // The ids of a route's targets: of `to`, of each chain in the order of `Chain`, of the shadow.
    std::span<const std::size_t> ids_of(const config::Route& route) const;

  private:
    void number_targets(const config::Config& config);
    Candidate candidate(const config::Target& target, std::size_t id, std::string_view model) const;

    Matcher matcher_;
    Prices prices_;
    const config::Route* routes_;
    std::size_t aliases_max_;
    std::vector<TargetName> targets_;
    std::vector<std::vector<std::size_t>> ids_;  // of each route's targets
};

}  // namespace bellwether::route

// Finds the price of a provider's model. An entry of the config itself comes before those of price
// files; then an exact name comes before a glob, and the most specific glob before the others, as
// for routes. Constant once built, shared by all workers.
#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.hpp"

namespace bellwether::route {

class Prices {
  public:
    // Keeps pointers to the prices of `config`.
    explicit Prices(const config::Config& config);

    // `provider`: index into Config::providers; `model` as the provider calls it. Null: no price.
    const config::Price* find(std::size_t provider, std::string_view model) const;

  private:
    struct PriceBook {
        std::unordered_map<std::string_view, const config::Price*> exact;
        std::vector<const config::Price*> globs;  // the most specific first

        void add(const config::Price& price);
        void sort();
        const config::Price* find(std::string_view model) const;
    };
    struct PriceBooks {
        PriceBook own;
        PriceBook files;
    };

    std::vector<PriceBooks> books_;  // one a provider
};

}  // namespace bellwether::route

// The one source of chance of a simulation: everything random comes from its seed, in one order.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace bellwether::simulator {

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}

    // From 0 to below `end`.
    std::uint64_t below(std::uint64_t end) { return engine_() % end; }
    std::int64_t between(std::int64_t first, std::int64_t last) {
        return first +
               static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first + 1)));
    }
    bool in(std::uint64_t how_many) { return below(how_many) == 0; }  // once in so many
    std::chrono::milliseconds wait(std::int64_t least_ms, std::int64_t most_ms) {
        return std::chrono::milliseconds(between(least_ms, most_ms));
    }
    std::mt19937_64& engine() { return engine_; }

  private:
    std::mt19937_64 engine_;
};

}  // namespace bellwether::simulator

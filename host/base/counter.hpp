// Numbers that one thread counts and any thread may read, without a lock and without a locked
// instruction. Only the owner writes, so a plain load and store is enough; a reader may see a value
// that is a moment old.
#pragma once

#include <atomic>
#include <cstdint>

namespace bellwether {

class Counter {
  public:
    void add(std::uint64_t amount = 1) {
        count_.store(count_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    std::uint64_t value() const { return count_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> count_{0};
};

class Gauge {
  public:
    void add(std::int64_t amount) {
        level_.store(level_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    std::int64_t value() const { return level_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> level_{0};
};

}  // namespace bellwether

// `CounterRow` is a row of counters that grows with the index: what is counted gets further names
// while the host runs, and a scrape must not wait for that. Only its owner's thread counts; any
// thread may read.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/counter.hpp"

namespace bellwether::observe {

class CounterRow {
  public:
    CounterRow() = default;
    CounterRow(const CounterRow&) = delete;
    CounterRow& operator=(const CounterRow&) = delete;
    ~CounterRow() {
        for (auto& block : blocks_) delete[] block.load(std::memory_order_relaxed);
    }

    void add(std::size_t index) {
        const Place place = place_of(index);
        Counter* block = blocks_[place.block].load(std::memory_order_relaxed);
        if (block == nullptr) {
            block = new Counter[k_first << place.block];
            blocks_[place.block].store(block, std::memory_order_release);
        }
        block[place.offset].add();
    }
    std::uint64_t value(std::size_t index) const {
        const Place place = place_of(index);
        const Counter* const block = blocks_[place.block].load(std::memory_order_acquire);
        return block == nullptr ? 0 : block[place.offset].value();
    }

  private:
    // Each block is twice as long as the one before, so the row never moves.
    static constexpr std::size_t k_first = 64;
    static constexpr std::size_t k_blocks = 24;

    struct Place {
        std::size_t block;
        std::size_t offset;
    };
    static Place place_of(std::size_t index) {
        const std::size_t number = index + k_first;
        const auto block =
            static_cast<std::size_t>(std::bit_width(number) - std::bit_width(k_first));
        return {block, number - (k_first << block)};
    }

    std::array<std::atomic<Counter*>, k_blocks> blocks_{};
};

}  // namespace bellwether::observe

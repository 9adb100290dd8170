// What is counted for one combination of route, provider and model on one worker, and the table of
// these combinations. Written by the worker's thread, read by a scrape from any other.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/usage.hpp"
#include "observe/histogram.hpp"

namespace bellwether::observe {

// Indices into the MetricNames.
struct SeriesKey {
    std::uint16_t route = 0;
    std::uint16_t provider = 0;
    std::uint16_t model = 0;
    auto operator<=>(const SeriesKey&) const = default;
};

// Requests by status and error. There are so few of these pairs that a linear search is enough.
class Results {
  public:
    struct ResultCount {
        int code = 0;  // HTTP status; 0: other
        std::size_t error = 0;
        std::uint64_t count = 0;
    };
    static constexpr std::size_t k_results_max = 64;

    void add(int code, std::size_t error, std::uint64_t count = 1);
    void add(const Results& other);
    ResultCount at(std::size_t index) const;  // count 0: there are no more

  private:
    struct Slot {
        std::atomic<std::uint32_t> key{0};  // 0: free
        Counter count;
    };
    std::array<Slot, k_results_max> slots_;
};

enum class TokenType { input, output, cached, reasoning };
inline constexpr std::size_t k_token_types = 4;
inline constexpr std::size_t k_usage_sources = 4;

struct Series {
    Results results;
    Histogram duration{k_duration_bounds};
    Histogram overhead{k_overhead_bounds};
    Histogram first_token{k_first_token_bounds};
    Histogram between_tokens{k_between_token_bounds};
    std::array<std::array<Counter, k_token_types>, k_usage_sources> tokens;
    Counter cost_micro_usd;

    void count_tokens(const Usage& usage);
    void add(const Series& other);
};

// The combinations that have occurred. The table is bounded, however many the configuration allows:
// a combination that finds no slot is counted without its names.
class SeriesTable {
  public:
    static constexpr std::size_t k_series_max = 1024;

    Series& at(SeriesKey key);

    template <typename Visit>  // visit(SeriesKey, const Series&); from any thread
    void each(Visit visit) const {
        for (const Slot& slot : slots_) {
            const Series* series = slot.published.load(std::memory_order_acquire);
            if (series != nullptr) visit(slot.key, *series);
        }
    }

  private:
    struct Slot {
        SeriesKey key;  // constant once published
        std::unique_ptr<Series> series;
        std::atomic<const Series*> published{nullptr};
    };

    std::array<Slot, k_series_max> slots_;
    std::size_t used_ = 0;
};

}  // namespace bellwether::observe

// `Counters` are what one provider's plugin counts for the operator: those that its manifest names,
// each by label. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"

namespace bellwether::plugin {

struct CounterSpec {
    std::string name;
    std::string help;
};

class Counters {
  public:
    explicit Counters(std::vector<CounterSpec> specs)
        : specs_(std::move(specs)), values_(specs_.size()) {}

    // Adds to a counter. Nothing happens if there is none of that name or `amount` is not positive.
    // `label`: may be empty; from the k_labels_max-th on all new labels of a counter count as
    // "other".
    void add(std::string_view name, std::string_view label, std::int64_t amount);

    struct Reading {
        const CounterSpec* counter;
        std::string label;
        std::uint64_t value;
    };
    std::vector<Reading> read() const;

    static constexpr std::size_t k_labels_max = 100;
    static constexpr std::size_t k_label_bytes_max = 128;

  private:
    const std::vector<CounterSpec> specs_;
    mutable Mutex mutex_;
    // By label, for each of the specs.
    std::vector<std::map<std::string, std::uint64_t, std::less<>>> values_ GUARDED_BY(mutex_);
};

}  // namespace bellwether::plugin

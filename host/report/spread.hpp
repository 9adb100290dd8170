// How a number of durations are spread: their sum, their average and their percentiles, in memory
// that is bounded however many there are. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace bw::report {

class Spread {
  public:
    void add(std::int64_t us);  // less than zero counts as zero
    void add(const Spread& other);

    std::int64_t count() const { return count_; }
    std::int64_t sum_us() const { return sum_us_; }
    std::int64_t average_us() const;  // -1: there are none
    // What that share of them, in hundredths, does not exceed: off by at most a thirtieth. -1:
    // there are none.
    std::int64_t percentile_us(int hundredths) const;

  private:
    struct Bucket {
        std::uint16_t number;
        std::int64_t count;
    };
    void add(std::uint16_t number, std::int64_t count);

    // By number, only those that hold something: sixteen for each doubling, so below a thousand.
    std::vector<Bucket> buckets_;
    std::int64_t count_ = 0;
    std::int64_t sum_us_ = 0;
    std::int64_t least_us_ = 0;
    std::int64_t greatest_us_ = 0;
};

}  // namespace bw::report

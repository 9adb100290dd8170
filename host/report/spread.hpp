// `Spread` collects durations and gives their sum, average and percentiles. Its memory is bounded,
// however many durations there are. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace bellwether::report {

class Spread {
  public:
    void add(std::int64_t us);  // less than zero counts as zero
    void add(const Spread& other);

    std::int64_t count() const { return count_; }
    std::int64_t sum_us() const { return sum_us_; }
    std::int64_t average_us() const;  // -1: there are none
    // The duration that `hundredths` of a hundred durations do not exceed, with an error of at most
    // a thirtieth. -1: there are no durations.
    std::int64_t percentile_us(int hundredths) const;

  private:
    struct Bucket {
        std::uint16_t number;
        std::int64_t count;
    };
    void add(std::uint16_t number, std::int64_t count);

    // Sorted by number, without empty ones. Each doubling of a duration has sixteen buckets, so
    // there are fewer than a thousand.
    std::vector<Bucket> buckets_;
    std::int64_t count_ = 0;
    std::int64_t sum_us_ = 0;
    std::int64_t least_us_ = 0;
    std::int64_t greatest_us_ = 0;
};

}  // namespace bellwether::report

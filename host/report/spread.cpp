#include "report/spread.hpp"

#include <algorithm>
#include <bit>

#include "ledger/amount.hpp"

namespace bellwether::report {
namespace {

using ledger::add_clamped;

constexpr int k_split_bits = 4;  // each doubling is split into sixteen
constexpr std::int64_t k_split = std::int64_t{1} << k_split_bits;

// The bucket of a duration. Below 32 each number has a bucket; above, numbers with equally many
// bits share one if their five highest bits are equal.
std::uint16_t bucket_of(std::int64_t us) {
    const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(us)));
    const int shift = std::max(0, bits - k_split_bits - 1);
    return static_cast<std::uint16_t>(shift * k_split + (us >> shift));
}

// The middle of a bucket.
std::int64_t middle_of(std::uint16_t number) {
    const std::int64_t shift = std::max<std::int64_t>(0, number / k_split - 1);
    const std::int64_t first = (number - shift * k_split) << shift;
    return first + ((std::int64_t{1} << shift) - 1) / 2;
}

}  // namespace

void Spread::add(std::int64_t us) {
    us = std::max<std::int64_t>(us, 0);
    least_us_ = count_ == 0 ? us : std::min(least_us_, us);
    greatest_us_ = std::max(greatest_us_, us);
    add(bucket_of(us), 1);
    sum_us_ = add_clamped(sum_us_, us);
}

void Spread::add(const Spread& other) {
    if (other.count_ == 0) return;
    least_us_ = count_ == 0 ? other.least_us_ : std::min(least_us_, other.least_us_);
    greatest_us_ = std::max(greatest_us_, other.greatest_us_);
    for (const Bucket& bucket : other.buckets_) add(bucket.number, bucket.count);
    sum_us_ = add_clamped(sum_us_, other.sum_us_);
}

void Spread::add(std::uint16_t number, std::int64_t count) {
    const auto at = std::ranges::lower_bound(buckets_, number, {}, &Bucket::number);
    if (at != buckets_.end() && at->number == number) {
        at->count += count;
    } else {
        buckets_.insert(at, {number, count});
    }
    count_ += count;
}

std::int64_t Spread::average_us() const { return count_ == 0 ? -1 : sum_us_ / count_; }

std::int64_t Spread::percentile_us(int hundredths) const {
    if (count_ == 0) return -1;
    // The rank of the duration that is asked for, from 1.
    const auto rank = static_cast<std::int64_t>((ledger::Wide{count_} * hundredths + 99) / 100);
    std::int64_t passed = 0;
    for (const Bucket& bucket : buckets_) {
        passed += bucket.count;
        if (passed >= rank) {
            return std::clamp(middle_of(bucket.number), least_us_, greatest_us_);
        }
    }
    return greatest_us_;
}

}  // namespace bellwether::report

#include "route/try_window.hpp"

#include <algorithm>

namespace bellwether::route {
namespace {

constexpr int k_count_bits = 18;
constexpr std::uint64_t k_number_mask = (std::uint64_t{1} << 28) - 1;
constexpr std::uint64_t k_one_success = 1;
constexpr std::uint64_t k_one_failure = std::uint64_t{1} << k_count_bits;

std::uint64_t number_of(std::uint64_t word) { return word >> (2 * k_count_bits); }
std::uint64_t failures_of(std::uint64_t word) {
    return (word >> k_count_bits) & TryWindow::k_bucket_count_max;
}
std::uint64_t successes_of(std::uint64_t word) { return word & TryWindow::k_bucket_count_max; }

std::uint64_t word_of(std::uint64_t number, std::uint64_t failures, std::uint64_t successes) {
    return (number << (2 * k_count_bits)) | (failures << k_count_bits) | successes;
}

}  // namespace

TryWindow::TryWindow(Clock::duration window)
    : bucket_time_(std::max(window / k_buckets, Clock::duration(1))) {}

void TryWindow::succeeded(Clock::time_point now) { count(now, k_one_success); }

void TryWindow::failed(Clock::time_point now) { count(now, k_one_failure); }

std::uint64_t TryWindow::number_at(Clock::time_point now) const {
    return static_cast<std::uint64_t>(now.time_since_epoch() / bucket_time_) & k_number_mask;
}

void TryWindow::count(Clock::time_point now, Word one) {
    const std::uint64_t number = number_at(now);
    std::atomic<Word>& bucket = buckets_[number % k_buckets];
    Word before = bucket.load(std::memory_order_relaxed);
    Word after = 0;
    do {
        after = number_of(before) == number ? before : word_of(number, 0, 0);
        if (std::max(failures_of(after), successes_of(after)) == k_bucket_count_max) {
            after = word_of(number, failures_of(after) / 2, successes_of(after) / 2);
        }
        after += one;
    } while (!bucket.compare_exchange_weak(before, after, std::memory_order_relaxed));
}

TryWindow::Tries TryWindow::counted(Clock::time_point now) const {
    const std::uint64_t number = number_at(now);
    Tries tries;
    for (const auto& bucket : buckets_) {
        const Word word = bucket.load(std::memory_order_relaxed);
        if (((number - number_of(word)) & k_number_mask) >= k_buckets) continue;
        tries.failed += failures_of(word);
        tries.all += failures_of(word) + successes_of(word);
    }
    return tries;
}

void TryWindow::clear() {
    for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
}

}  // namespace bellwether::route

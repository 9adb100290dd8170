#include "policy/upstreams/retry_budget.hpp"

#include <chrono>

namespace bellwether::policy {
namespace {

std::int64_t second_of(Clock::time_point now) {
    return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

// Where a second begins, what another thread counts at this moment may be lost. That is a call or a
// repetition of very many.
SharedRetryBudget::Second& SharedRetryBudget::at(Clock::time_point now) {
    const std::int64_t number = second_of(now);
    Second& second = seconds_[static_cast<std::size_t>(number % k_seconds)];
    std::int64_t known = second.number.load(std::memory_order_relaxed);
    if (known < number && second.number.compare_exchange_strong(known, number)) {
        second.calls.store(0, std::memory_order_relaxed);
        second.repeats.store(0, std::memory_order_relaxed);
    }
    return second;
}

void SharedRetryBudget::call(Clock::time_point now) {
    at(now).calls.fetch_add(1, std::memory_order_relaxed);
}

bool SharedRetryBudget::has_room(Clock::time_point now) const {
    const std::int64_t first = second_of(now) - k_seconds + 1;
    std::uint64_t calls = 0;
    std::uint64_t repeats = 0;
    for (const Second& second : seconds_) {
        if (second.number.load(std::memory_order_relaxed) < first) continue;
        calls += second.calls.load(std::memory_order_relaxed);
        repeats += second.repeats.load(std::memory_order_relaxed);
    }
    const std::uint64_t allowed =
        calls * budget_.percent / 100 + std::uint64_t{budget_.per_second} * k_seconds;
    return repeats < allowed;
}

Repeats SharedRetryBudget::repeats(Clock::time_point now) const {
    if (budget_.percent == 0 && budget_.per_second == 0) return Repeats::off;
    return has_room(now) ? Repeats::allowed : Repeats::spent;
}

bool SharedRetryBudget::take(Clock::time_point now) {
    const Lock lock(taking_);
    if (!has_room(now)) return false;
    at(now).repeats.fetch_add(1, std::memory_order_relaxed);
    taken_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

}  // namespace bellwether::policy

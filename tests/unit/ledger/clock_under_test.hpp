// A clock that moves when a test says so.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "ledger/clock.hpp"

namespace bellwether::ledger {

class ClockUnderTest {
  public:
    void advance(std::chrono::microseconds time) { *now_us_ += time.count(); }
    Clock clock() const {
        return [now_us = now_us_] { return now_us->load(); };
    }

  private:
    std::shared_ptr<std::atomic<std::int64_t>> now_us_ =
        std::make_shared<std::atomic<std::int64_t>>(1'790'000'000'000'000);
};

}  // namespace bellwether::ledger

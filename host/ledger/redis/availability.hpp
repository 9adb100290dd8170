// Two helpers that tell whether the Redis server is there: `Announcement` to the thread that starts
// the host, `AwayNotice` to whoever reads the log.
#pragma once

#include <cstdint>
#include <string>

#include "base/mutex.hpp"
#include "observe/seldom.hpp"

namespace bellwether::ledger {

// An event that happens once, and that other threads wait for. Any thread may call anything.
class Announcement {
  public:
    // Announces `what`. Only the first call counts.
    void make(std::string what = {});

    // Waits for the announcement and returns its `what`.
    std::string wait();
    // Returns false if nothing was announced by then.
    bool wait_until(Condition::Time end);

  private:
    Mutex mutex_;
    Condition changed_;
    bool made_ GUARDED_BY(mutex_) = false;
    std::string what_ GUARDED_BY(mutex_);
};

// Decides what the log says about a server that comes and goes: that it is away, at most once a
// minute; and that it is back, only if the log said that it was away. One thread at a time.
class AwayNotice {
  public:
    enum class Tell : std::uint8_t { nothing, away, back };

    Tell changed(bool away, observe::Seldom::Clock::time_point now);

  private:
    bool away_ = false;
    bool told_ = false;
    observe::Seldom lines_{std::chrono::minutes(1)};
};

}  // namespace bellwether::ledger

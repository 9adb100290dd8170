// Whether the server is there, as who starts a host and who reads its log want to know it.
#pragma once

#include <cstdint>
#include <string>

#include "base/mutex.hpp"
#include "observe/seldom.hpp"

namespace bw::ledger {

// Something that happens once and that another thread waits for. Any thread.
class Announcement {
  public:
    // Only the first counts.
    void make(std::string what = {});

    std::string wait();
    // False: it was not made in time.
    bool wait_until(Condition::Time end);

  private:
    Mutex mutex_;
    Condition changed_;
    bool made_ GUARDED_BY(mutex_) = false;
    std::string what_ GUARDED_BY(mutex_);
};

// What to tell of a server that comes and goes: once a minute that it is away, and that it is there
// again if the last was told. One thread at a time.
class AwayNotice {
  public:
    enum class Tell : std::uint8_t { nothing, away, back };

    Tell changed(bool away, observe::Seldom::Clock::time_point now);

  private:
    bool away_ = false;
    bool told_ = false;
    observe::Seldom lines_{std::chrono::minutes(1)};
};

}  // namespace bw::ledger

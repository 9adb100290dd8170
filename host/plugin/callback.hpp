// A call into a plugin: whoever runs is known, so that a crash can name it, and how long it took is
// looked at, because all of a worker waits meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "observe/seldom.hpp"

namespace bw::plugin {

struct LoadedProvider;

// Counted for one provider, on all workers.
struct SlowCallbacks {
    std::atomic<std::uint64_t> count = 0;
    observe::Seldom logs{std::chrono::minutes(1)};
};

// While it lives, this thread is in `function` of that provider's plugin. It outlives nothing.
class Callback {
  public:
    using Clock = bw::Clock;

    Callback(const LoadedProvider& provider, const char* function);
    ~Callback();
    Callback(const Callback&) = delete;
    Callback& operator=(const Callback&) = delete;

  private:
    const LoadedProvider& provider_;
    const char* function_;
    Clock::time_point begun_;
};

// Calls one function of a plugin's table.
template <typename Function, typename... Arguments>
auto call(const LoadedProvider& provider, const char* name, Function function,
          Arguments... arguments) {
    const Callback running(provider, name);
    return function(arguments...);
}

}  // namespace bw::plugin

// A call into a plugin. While it runs, the thread is marked as being in that plugin, so that a
// crash report can name it. A call that takes too long is counted, and logged at most once a
// minute, because the whole worker waits for it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "observe/seldom.hpp"

namespace bellwether::plugin {

struct LoadedProvider;

// The calls into one provider's plugin that took too long, on all workers.
struct SlowCallbacks {
    std::atomic<std::uint64_t> count = 0;
    observe::Seldom logs{std::chrono::minutes(1)};
};

// How long a function of a plugin may take.
enum class Pace : std::uint8_t { loop, slow };  // a few milliseconds; as long as it likes

// Marks this thread, while it lives, as being in `function` of the provider's plugin. The
// arguments must outlive it.
class Callback {
  public:
    using Clock = bellwether::Clock;

    Callback(const LoadedProvider& provider, const char* function, Pace pace);
    ~Callback();
    Callback(const Callback&) = delete;
    Callback& operator=(const Callback&) = delete;

  private:
    const LoadedProvider& provider_;
    const char* function_;
    const Pace pace_;
    Clock::time_point begun_;
};

// Calls one function of a plugin's table, from a worker's loop. An exception that leaves it, which
// the table's types forbid, ends the process here: it must not unwind through the host.
template <typename Function, typename... Arguments>
auto call(const LoadedProvider& provider, const char* name, Function function,
          Arguments... arguments) noexcept {
    const Callback running(provider, name, Pace::loop);
    return function(arguments...);
}

// The same from a thread on which blocking is allowed.
template <typename Function, typename... Arguments>
auto call_slow(const LoadedProvider& provider, const char* name, Function function,
               Arguments... arguments) noexcept {
    const Callback running(provider, name, Pace::slow);
    return function(arguments...);
}

}  // namespace bellwether::plugin

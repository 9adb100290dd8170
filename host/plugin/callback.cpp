#include "plugin/callback.hpp"

#include "observe/log.hpp"
#include "plugin/crash_report.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {
namespace {

// Ten times the 5 ms that a plugin may take, because the machine may have been busy.
constexpr std::chrono::milliseconds k_slow{50};

void tell(const LoadedProvider& provider, const char* function, Callback::Clock::duration took,
          Callback::Clock::time_point now) {
    const auto count = provider.slow_callbacks->count.fetch_add(1, std::memory_order_relaxed) + 1;
    if (!provider.slow_callbacks->logs.may(now)) return;
    observe::warn(
        "provider \"{}\": {} of its plugin took {} ms, and all calls of this worker waited; it "
        "must "
        "return within 5 ms ({} such so far)",
        provider.name, function,
        std::chrono::duration_cast<std::chrono::milliseconds>(took).count(), count);
}

}  // namespace

Callback::Callback(const LoadedProvider& provider, const char* function, Pace pace)
    : provider_(provider), function_(function), pace_(pace), begun_(Clock::coarse()) {
    enter_plugin({.function = function,
                  .provider = provider.name.c_str(),
                  .file = provider.library ? provider.library->file().c_str() : "",
                  .version = provider.library ? provider.library->table().version : ""});
}

Callback::~Callback() {
    leave_plugin();
    if (pace_ == Pace::slow) return;
    const auto now = Clock::coarse();
    if (now - begun_ > k_slow) tell(provider_, function_, now - begun_, now);
}

}  // namespace bellwether::plugin

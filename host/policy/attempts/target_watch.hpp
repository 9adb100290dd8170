// Tells what is remembered of a target about one try there: that it runs, when its first content
// came, and how it ended. While a new version of the plugin is tried, its canary hears of the end,
// too. On the worker's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "plugin/canary.hpp"
#include "route/target_states.hpp"

namespace bellwether::policy {

// Whether a try that ended so speaks for its target, against it, or neither: a refusal that any
// target would give, a rate limit and a client's own time limit are no failures of the target.
route::TryEnd end_for_target(const Result<void>& result);

// Whether the plugin or its upstream refused: that speaks neither for the target nor against it,
// but a new version of the plugin that refuses more than the old one does something wrong.
bool is_refusal(const Result<void>& result);

// Whether a target that answered nothing at all for so long counts as failing, even if it was not
// waited for any longer. `usual`: how long its first content takes; nothing: not known. `least`:
// a shorter silence says nothing.
bool is_silent_for_too_long(std::chrono::nanoseconds silence,
                            std::optional<std::chrono::nanoseconds> usual,
                            std::chrono::nanoseconds least);

// Whether a failure says something new of the target, or the same call has failed there before.
enum class Evidence : std::uint8_t { fresh, known };

class TargetWatch {
  public:
    // The states and `count` must outlive the watch. `count`: of the plugin's version; null: the
    // provider has no canary.
    TargetWatch(route::TargetStates& states, std::size_t target, route::AnswerForm answer,
                plugin::VersionCount* count = nullptr);
    // If nobody said how the try ended, as when the client hangs up, it counts neither for the
    // target nor against it, unless the target was silent for too long.
    ~TargetWatch();
    TargetWatch(const TargetWatch&) = delete;
    TargetWatch& operator=(const TargetWatch&) = delete;

    // Something of an answer came, be it an error.
    void answered() { answered_ = true; }
    void content();  // the first one
    void end(const Result<void>& result, Evidence evidence);
    // Another target answered sooner: this one takes at least so long.
    void lost();

  private:
    bool is_silent(std::chrono::nanoseconds least) const;
    void count() const;

    route::TargetStates& states_;
    const std::size_t target_;
    const route::AnswerForm answer_;
    plugin::VersionCount* const count_;
    const Clock::time_point began_ = Clock::now();
    route::TryEnd end_ = route::TryEnd::neutral;
    bool refused_ = false;
    bool answered_ = false;
    bool silent_ = false;  // for too long, when another target answered
};

}  // namespace bellwether::policy

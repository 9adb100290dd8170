// Tells what is remembered of a target about one try there: that it runs, when its first content
// came, and how it ended. If nobody says how, as when the client hangs up, it counts neither for
// the target nor against it. On the worker's thread.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/error.hpp"
#include "route/target_states.hpp"

namespace bw::policy {

// Whether a try that ended so speaks for its target, against it, or neither: a refusal that any
// target would give, a rate limit and a client's own deadline are no failures of the target.
route::TryEnd end_for_target(const Result<void>& result);

class TargetWatch {
  public:
    // The states must outlive the watch.
    TargetWatch(route::TargetStates& states, std::size_t target);
    ~TargetWatch();
    TargetWatch(const TargetWatch&) = delete;
    TargetWatch& operator=(const TargetWatch&) = delete;

    void content_after(std::chrono::nanoseconds time);
    void end(const Result<void>& result) { end_ = end_for_target(result); }

  private:
    route::TargetStates& states_;
    const std::size_t target_;
    route::TryEnd end_ = route::TryEnd::neutral;
};

}  // namespace bw::policy

// Says when an upstream has room for the next call of one model, from what the upstream has said of
// its limits and from the calls under way. A value without a clock or a lock: the caller gives the
// time, and `UpstreamLimits` holds the lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/said_limits.hpp"

namespace bellwether::policy {

class UpstreamMeter {
  public:
    using Clock = bellwether::Clock;

    // How long a call of so many tokens has to wait; zero: there is room now, as far as is known.
    Clock::duration wait(std::int64_t tokens, Clock::time_point now) const;

    // The share that is left of the limits, of the one with less: 0 to 1. 1 if they are not known.
    double share_left(Clock::time_point now) const;

    // A call is reported by sent(), then perhaps answered() and told(), then perhaps served() or
    // refused(), then over().
    void sent(std::int64_t tokens, Clock::time_point now);
    // The head of a response has come. Only if sent() was called for this call.
    void answered(std::int64_t tokens);
    // The upstream has said what its limits are, with an answer that has been reported.
    void told(const SaidLimits& said, Clock::time_point now);
    void served();
    // An upstream's rate limit has refused a call. `retry_after`: the wait that the upstream asked
    // for, if it did; `sent`: when the call was sent; `under_way`: calls of all models to this
    // upstream. Returns how long to wait: as asked for or, if that is missing or zero, the
    // back-off.
    std::chrono::milliseconds refused(std::optional<std::chrono::milliseconds> retry_after,
                                      Clock::time_point sent, std::int64_t under_way,
                                      Clock::time_point now);
    // The call has ended. Only for one that sent() was called for; `answered`: answered() was, too.
    void over(std::int64_t tokens, bool answered);

    // True if the meter knows nothing that still matters, so that it may be forgotten.
    bool idle(Clock::time_point now) const;

  private:
    // What is left of one limit, of requests or of tokens. What was taken comes back evenly.
    struct Allowance {
        std::int64_t limit = 0;      // 0: not known
        std::int64_t remaining = 0;  // below 0: more was sent than there was
        Clock::time_point at;
        Clock::time_point full;
        Clock::time_point believed_until;  // from then on one call tries, whatever was said

        void set(const ReportedLimit& said, std::int64_t unanswered, Clock::time_point now);
        void take(std::int64_t amount, Clock::time_point now);
        void give_back(std::int64_t amount);
        Clock::duration wait(std::int64_t amount, Clock::time_point now) const;
        double share_left(Clock::time_point now) const;
    };

    bool wary(Clock::time_point now) const;

    Allowance requests_;
    Allowance tokens_;
    Clock::time_point closed_until_{};
    std::optional<Clock::time_point> refused_at_;  // the last time
    std::chrono::milliseconds back_off_{0};        // the last wait not asked for by the upstream
    std::int64_t window_ = 0;                      // the most calls under way at once, while wary
    std::int64_t under_way_ = 0;
    std::int64_t unanswered_ = 0;
    std::int64_t unanswered_tokens_ = 0;
};

}  // namespace bellwether::policy

// What one upstream has said of its limits for one model, and what is under way to it: when it has
// room for the next call. A pure value: the time is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "policy/upstreams/limit_headers.hpp"

namespace bw::policy {

class UpstreamMeter {
  public:
    using Clock = bw::Clock;

    // Zero: there is room now, as far as is known.
    Clock::duration wait(std::int64_t tokens, Clock::time_point now) const;

    // A call's way: sent, then perhaps answered, then served or refused, then over.
    void sent(std::int64_t tokens, Clock::time_point now);
    // The head of a response is there. `counted`: of a call that sent() was told of.
    void answered(const SaidLimits& said, std::int64_t tokens, bool counted, Clock::time_point now);
    void served();
    // `retry_after`: as the upstream asked for, if it did. `sent`: when the refused call was sent;
    // `under_way`: calls of all models to this upstream.
    // Returns how long to wait: as asked for or, where nothing sensible was, as the back-off says.
    std::chrono::milliseconds refused(std::optional<std::chrono::milliseconds> retry_after,
                                      Clock::time_point sent, std::int64_t under_way,
                                      Clock::time_point now);
    // Of a call that sent() was told of. `answered`: answered() was, too.
    void over(std::int64_t tokens, bool answered);

    // Nothing is known that still matters.
    bool idle(Clock::time_point now) const;

  private:
    // What is left of an amount that comes back evenly.
    struct Allowance {
        std::int64_t limit = 0;      // 0: not known
        std::int64_t remaining = 0;  // below 0: more was sent than there was
        Clock::time_point at;
        Clock::time_point full;
        Clock::time_point believed_until;  // then one call tries, whatever was said

        void set(const SaidLimit& said, std::int64_t unanswered, Clock::time_point now);
        void take(std::int64_t amount, Clock::time_point now);
        void give_back(std::int64_t amount);
        Clock::duration wait(std::int64_t amount, Clock::time_point now) const;
    };

    bool wary(Clock::time_point now) const;

    Allowance requests_;
    Allowance tokens_;
    Clock::time_point closed_until_{};
    std::optional<Clock::time_point> refused_at_;  // the last time
    std::chrono::milliseconds back_off_{0};        // the last wait that nobody asked for
    std::int64_t window_ = 0;                      // calls under way at once, while wary
    std::int64_t under_way_ = 0;
    std::int64_t unanswered_ = 0;
    std::int64_t unanswered_tokens_ = 0;
};

}  // namespace bw::policy

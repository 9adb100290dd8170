// The time-outs of one attempt: for its first byte, for silence after that, and in total.
// (Connecting has a time-out in net.) Each attempt has one timer: it sleeps until the earliest
// moment that could matter, looks at what has come in the meantime, and sleeps again, so that a
// chunk costs no timer call. On the worker's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string_view>

#include "base/call.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "net/alarm.hpp"
#include "plugin/attempt.hpp"

namespace bellwether::policy {

struct TimeLimits {
    std::chrono::milliseconds first_byte{0};  // zero: no limit, as in the next two
    std::chrono::milliseconds idle{0};
    std::chrono::milliseconds total{0};
    // The client's own deadline, which all attempts of the call share.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};
TimeLimits limits_of(const config::Timeouts& timeouts, bool stream);

// The time-outs of a target, each made as short as the client wants it at most.
config::Timeouts shortened(config::Timeouts timeouts, const ClientLimits& client);
// True if an attempt that failed with the time-out `code` would have had more time if the client
// had not limited it. `timeouts`: those of the target.
bool is_clients_limit(std::string_view code, const config::Timeouts& timeouts,
                      const ClientLimits& client);

// How long an attempt that starts at `now` may take; zero: there is no limit.
std::chrono::milliseconds time_left(const TimeLimits& limits,
                                    std::chrono::steady_clock::time_point now);

// What judge() looks at: how far an attempt has come.
struct Progress {
    std::chrono::steady_clock::time_point started;
    std::chrono::steady_clock::time_point last_alive;  // since when it is silent
    // When its last exchange was asked for, if it has several; else it may be left out.
    std::chrono::steady_clock::time_point asked{};
    bool body_begun = false;
    bool paused = false;  // the client reads slowly: that is not the upstream's silence
};

struct TimeCheck {
    const char* expired = nullptr;  // the error code of the limit that has passed, or nullptr
    std::chrono::milliseconds limit{0};
    std::chrono::steady_clock::time_point look_again;  // max: never
};
// Says which limit, if any, has passed at `now`, and when to look again. Pure.
TimeCheck judge(const TimeLimits& limits, const Progress& progress,
                std::chrono::steady_clock::time_point now);

// The error code of a call whose client's own deadline has passed, and the error.
inline constexpr const char* k_deadline_exceeded = "deadline_exceeded";
Error past_deadline();

class Deadlines {
  public:
    using Observe = std::function<Progress()>;
    using Expired = std::function<void(Error)>;

    Deadlines(boost::asio::io_context& loop, TimeLimits limits, Observe observe, Expired expired);

    void start();

  private:
    void look();

    net::Alarm alarm_;
    TimeLimits limits_;
    Observe observe_;
    Expired expired_;
};

}  // namespace bellwether::policy

// `Context` is what the sessions of one worker share while one configuration is in effect: the
// host's constant parts (`Host`), what the threads share (`Running`), and the worker's own engine.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>

#include "front/host.hpp"
#include "front/running.hpp"
#include "front/surface.hpp"
#include "http/limits.hpp"
#include "observe/access_log.hpp"
#include "policy/admission/books.hpp"
#include "policy/attempts/attempts.hpp"

namespace bellwether::front {

class DrainedCalls;
class ShadowCalls;

struct Context {
    const Host& host;
    policy::AttemptServices engine;
    policy::Books& books;
    DrainedCalls& drained_calls;
    const Running& running;
    observe::WorkerMetrics& metrics;  // the worker's own
    observe::AccessLog& access_log;
    std::mt19937_64& random;
    http::MessageLimits http_limits;
    ShadowCalls* shadow_calls = nullptr;  // null: no call has a copy
    Surface surface{};
    std::uint64_t generation = 1;  // the number of the configuration
    bool draining = false;         // finish what runs
    // Whether the host has been told to end, even if it still takes calls for a time; another one
    // is not there yet.
    bool is_ending() const {
        return (draining || running.process.draining) && !running.process.followed;
    }
    // Whether each answer shall be the last one of its connection.
    bool sends_clients_away() const { return is_ending() || running.process.followed; }
    // Whether new calls are refused. Those that come to a host that another one follows come over
    // connections whose clients know nothing of it.
    bool refuses_calls() const { return draining && !running.process.followed; }
    // Keeps the context alive while it is locked; empty: it outlives all calls anyway.
    std::weak_ptr<Context> self{};
    std::array<char, 64u << 10>
        scratch{};  // for one read, never for longer than a turn of the loop
};

}  // namespace bellwether::front

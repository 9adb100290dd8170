// `Context` is what the sessions of one worker share: the host's constant parts (`Host`), what the
// threads share (`Running`), and the worker's own engine. Each worker has its own.
#pragma once

#include <array>
#include <cstdint>
#include <random>

#include "config/config.hpp"
#include "front/running.hpp"
#include "http/limits.hpp"
#include "observe/access_log.hpp"
#include "policy/admission/books.hpp"
#include "policy/attempts/attempts.hpp"
#include "policy/keys/key_ring.hpp"
#include "policy/notices/webhooks.hpp"
#include "route/catalogue.hpp"
#include "route/table.hpp"

namespace bellwether::front {

// Built once at start-up, constant afterwards, shared by all workers. `routes` and `keys` point
// into `config`, whose routes and keys stay where they are when a Host is moved.
struct Host {
    config::Config config;
    plugin::Registry registry;
    route::Table routes;
    route::Catalogue catalogue;
    std::int64_t started_unix = 0;  // seconds
    policy::KeyRing keys;
    std::vector<policy::WebhookTarget> webhooks;
    std::vector<std::string> kept_headers;  // of clients' requests; incoming_call.hpp
};

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
    bool draining = false;                // finish what runs, take nothing new
    std::array<char, 64u << 10>
        scratch{};  // for one read, never for longer than a turn of the loop
};

}  // namespace bellwether::front

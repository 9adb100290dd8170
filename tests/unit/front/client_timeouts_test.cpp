// How long a client is waited for: a body may be long, but it must neither pause nor trickle.
#include "front/client_timeouts.hpp"

#include <gtest/gtest.h>

namespace bellwether::front {
namespace {

using namespace std::chrono_literals;

config::Front limits() {
    config::Front limits;
    limits.header_timeout = 10s;
    limits.body_timeout = 30s;
    limits.body_rate_min = 100;
    limits.idle_timeout = 75s;
    limits.write_timeout = 60s;
    return limits;
}

constexpr ClientTimeouts::Time k_start{1h};

TEST(Patience, HasATimeForEachThing) {
    const config::Front given = limits();
    const ClientTimeouts timeouts(given);
    EXPECT_EQ(timeouts.for_request(k_start), k_start + 75s);
    EXPECT_EQ(timeouts.for_head(k_start), k_start + 10s);
    EXPECT_EQ(timeouts.for_write(k_start), k_start + 60s);
    EXPECT_EQ(ClientTimeouts::for_lingering(k_start), k_start + 2s);
}

TEST(Patience, ABodyMustNotPause) {
    const config::Front given = limits();
    ClientTimeouts timeouts(given);
    timeouts.body_begins(k_start);
    EXPECT_EQ(timeouts.for_body(1'000'000, k_start), k_start + 30s);
    EXPECT_EQ(timeouts.for_body(1'000'000, k_start + 20s), k_start + 50s);
}

TEST(Patience, ABodyMustNotTrickle) {
    const config::Front given = limits();
    ClientTimeouts timeouts(given);
    timeouts.body_begins(k_start);
    EXPECT_EQ(timeouts.for_body(1, k_start + 29s), k_start + 30s + 10ms);
    EXPECT_EQ(timeouts.for_body(99, k_start + 30s), k_start + 31s);
    EXPECT_EQ(timeouts.for_body(100, k_start + 31s), k_start + 32s);
}

TEST(Patience, CountsEachBodyByItself) {
    const config::Front given = limits();
    ClientTimeouts timeouts(given);
    timeouts.body_begins(k_start);
    timeouts.for_body(1'000'000, k_start);
    timeouts.body_begins(k_start + 60s);
    EXPECT_EQ(timeouts.for_body(0, k_start + 80s), k_start + 90s);
}

}  // namespace
}  // namespace bellwether::front

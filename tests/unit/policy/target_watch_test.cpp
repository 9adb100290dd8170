// What a try says of its target.
#include "policy/attempts/target_watch.hpp"

#include <gtest/gtest.h>

namespace bw::policy {
namespace {

using route::TryEnd;

Result<void> ended(ErrorKind kind, std::string code = {}) {
    return std::unexpected(Error{.kind = kind, .code = std::move(code)});
}

TEST(EndForTarget, FailuresAreWhatTheTargetCouldHaveDoneBetter) {
    EXPECT_EQ(end_for_target({}), TryEnd::ok);
    for (const ErrorKind kind : {ErrorKind::upstream, ErrorKind::protocol, ErrorKind::unreachable,
                                 ErrorKind::timeout, ErrorKind::internal}) {
        EXPECT_EQ(end_for_target(ended(kind)), TryEnd::failed);
    }
    for (const ErrorKind kind : {ErrorKind::invalid, ErrorKind::unsupported, ErrorKind::auth,
                                 ErrorKind::quota, ErrorKind::rate, ErrorKind::not_found,
                                 ErrorKind::context_length, ErrorKind::content_filter,
                                 ErrorKind::unavailable, ErrorKind::budget, ErrorKind::cancelled}) {
        EXPECT_EQ(end_for_target(ended(kind)), TryEnd::neutral);
    }
}

TEST(EndForTarget, AClientsOwnLimitIsNoFaultOfTheTarget) {
    const Error own{.kind = ErrorKind::timeout, .code = "idle_timeout", .by_client = true};
    EXPECT_EQ(end_for_target(std::unexpected(own)), TryEnd::neutral);
    EXPECT_EQ(end_for_target(ended(ErrorKind::timeout, "idle_timeout")), TryEnd::failed);
}

TEST(TargetWatch, TheTryIsUnderWayUntilTheWatchEnds) {
    route::TargetStates states({.failures = 1}, 1);
    {
        TargetWatch watch(states, 0);
        EXPECT_EQ(states.under_way(0), 1U);
        watch.end(ended(ErrorKind::upstream));
    }
    EXPECT_EQ(states.under_way(0), 0U);
    EXPECT_TRUE(states.is_failing(0, Clock::now()));
}

TEST(TargetWatch, ATryThatNobodyEndsSaysNothing) {
    route::TargetStates states({.failures = 1}, 1);
    { TargetWatch watch(states, 0); }
    EXPECT_EQ(states.under_way(0), 0U);
    EXPECT_FALSE(states.is_failing(0, Clock::now()));
}

}  // namespace
}  // namespace bw::policy

// What a try says of its target.
#include "policy/attempts/target_watch.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
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
        TargetWatch watch(states, 0, route::AnswerForm::plain);
        EXPECT_EQ(states.under_way(0), 1U);
        watch.end(ended(ErrorKind::upstream), Evidence::fresh);
    }
    EXPECT_EQ(states.under_way(0), 0U);
    EXPECT_EQ(states.service(0, Clock::now()), route::Service::out);
}

TEST(TargetWatch, ATryThatNobodyEndsSaysNothing) {
    route::TargetStates states({.failures = 1}, 1);
    { TargetWatch watch(states, 0, route::AnswerForm::plain); }
    EXPECT_EQ(states.under_way(0), 0U);
    EXPECT_EQ(states.service(0, Clock::now()), route::Service::in);
}

TEST(TargetWatch, ARequestThatFailsEachTimeCountsOnce) {
    route::TargetStates states({.failures = 2}, 1);
    for (const Evidence evidence : {Evidence::fresh, Evidence::known, Evidence::known}) {
        TargetWatch watch(states, 0, route::AnswerForm::plain);
        watch.end(ended(ErrorKind::upstream), evidence);
    }
    EXPECT_EQ(states.service(0, Clock::now()), route::Service::in);
}

TEST(TargetWatch, ABlackHoleFailsEvenIfItsClientsDoNotWaitForTheEnd) {
    using namespace std::chrono_literals;
    EXPECT_FALSE(is_silent_for_too_long(60s, {}, 5s)) << "nobody knows how long it takes";
    EXPECT_FALSE(is_silent_for_too_long(4s, 10ms, 5s));
    EXPECT_TRUE(is_silent_for_too_long(5s, 10ms, 5s));
    EXPECT_FALSE(is_silent_for_too_long(60s, 6s, 5s));
    EXPECT_TRUE(is_silent_for_too_long(61s, 6s, 5s));
}

TEST(TargetWatch, AVersionIsToldOfRefusalsApartFromFailures) {
    using plugin::VersionEnd;
    route::TargetStates states({.failures = 9}, 1);
    plugin::VersionCount count;
    const auto ends = [&](const Result<void>& result, Evidence evidence = Evidence::fresh) {
        TargetWatch watch(states, 0, route::AnswerForm::plain, &count);
        watch.end(result, evidence);
    };
    ends({});
    for (const ErrorKind kind : {ErrorKind::invalid, ErrorKind::unsupported, ErrorKind::auth,
                                 ErrorKind::quota, ErrorKind::rate, ErrorKind::not_found,
                                 ErrorKind::context_length, ErrorKind::content_filter}) {
        ends(ended(kind));
    }
    ends(ended(ErrorKind::protocol));
    ends(ended(ErrorKind::protocol), Evidence::known);
    for (const ErrorKind kind : {ErrorKind::unavailable, ErrorKind::budget, ErrorKind::cancelled}) {
        ends(ended(kind));
    }
    ends(std::unexpected(Error{.kind = ErrorKind::timeout, .by_client = true}));
    EXPECT_EQ(count.of(VersionEnd::ok), 1U);
    EXPECT_EQ(count.of(VersionEnd::refused), 8U);
    EXPECT_EQ(count.of(VersionEnd::failed), 1U);
    EXPECT_EQ(count.all(), 10U);
}

}  // namespace
}  // namespace bellwether::policy

// Which requests that failed are given to libcurl again, and how.
#include "net/trip.hpp"

#include <gtest/gtest.h>

#include "net/lookups.hpp"

namespace bellwether::net::test {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr nanoseconds k_at_once{0};

Trip over_kept_connection() { return {.sends = 1, .reused = true}; }

}  // namespace

TEST(TripTest, AKeptConnectionThatHadEndedIsFollowedByANewOne) {
    for (const CURLcode code : {CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING}) {
        const auto next = next_trip(over_kept_connection(), code, k_at_once);
        ASSERT_TRUE(next) << code;
        EXPECT_EQ(next->connections, ConnectionChoice::fresh);
        EXPECT_EQ(next->number, 1u);
        EXPECT_EQ(next->sends, 0u);
    }
}

TEST(TripTest, ANewConnectionThatEndedMayHaveDoneTheWork) {
    EXPECT_FALSE(next_trip({.sends = 1}, CURLE_GOT_NOTHING, k_at_once));
    EXPECT_FALSE(next_trip({.sends = 1}, CURLE_SEND_ERROR, k_at_once));
}

TEST(TripTest, SoMayAKeptOneThatEndedLater) {
    const auto trip = over_kept_connection();
    EXPECT_TRUE(next_trip(trip, CURLE_GOT_NOTHING, milliseconds(999)));
    EXPECT_FALSE(next_trip(trip, CURLE_GOT_NOTHING, milliseconds(1001)));
}

TEST(TripTest, WhatLibcurlHasSentAgainByItselfIsNotSentAThirdTime) {
    for (const CURLcode code : {CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING}) {
        EXPECT_FALSE(next_trip({.sends = 2, .reused = true}, code, k_at_once)) << code;
    }
}

TEST(TripTest, ARequestThatTheUpstreamHasNotLookedAtIsSentAgainWheneverThatIs) {
    const Trip refused{.sends = 1, .stream = Http2Stream::refused};
    const auto next = next_trip(refused, CURLE_HTTP2, std::chrono::minutes(1));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->connections, ConnectionChoice::fresh);
}

TEST(TripTest, AStreamThatWasCutIsNotSentAgain) {
    EXPECT_FALSE(
        next_trip({.sends = 1, .stream = Http2Stream::cut}, CURLE_HTTP2_STREAM, k_at_once));
    EXPECT_FALSE(next_trip({.sends = 1, .reused = true}, CURLE_PARTIAL_FILE, k_at_once));
}

TEST(TripTest, ASoiledConnectionIsFollowedByANewOne) {
    const auto next =
        next_trip({.refusal = TurnedDown::unread_bytes}, CURLE_ABORTED_BY_CALLBACK, k_at_once);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->connections, ConnectionChoice::fresh);
}

TEST(TripTest, PlainHttp2IsJoinedWhereItIsSpokenAndBegunWhereItIsNot) {
    const auto joins =
        next_trip({.refusal = TurnedDown::wrong_mode}, CURLE_ABORTED_BY_CALLBACK, {});
    ASSERT_TRUE(joins);
    EXPECT_EQ(joins->plain_http2, PlainHttp2::join);
    EXPECT_EQ(joins->connections, ConnectionChoice::any);
    Trip gone = *joins;
    gone.refusal = TurnedDown::wrong_mode;
    const auto begins = next_trip(gone, CURLE_ABORTED_BY_CALLBACK, {});
    ASSERT_TRUE(begins);
    EXPECT_EQ(begins->plain_http2, PlainHttp2::begin);
    EXPECT_EQ(begins->connections, ConnectionChoice::fresh);
}

TEST(TripTest, AnUpstreamThatRefusesForEverIsGivenUp) {
    std::optional<Trip> trip = Trip{};
    int trips = 0;
    while (trip) {
        ++trips;
        trip->stream = Http2Stream::refused;
        trip = next_trip(*trip, CURLE_HTTP2, k_at_once);
    }
    EXPECT_EQ(trips, 6);
    EXPECT_FALSE(
        next_trip({.sends = 6, .stream = Http2Stream::refused}, CURLE_SEND_ERROR, k_at_once));
}

TEST(TripTest, OnlyARequestThatWentAsNearlyAllGoLeavesItsHandleClean) {
    EXPECT_TRUE((Trip{.sends = 1}.clean()));
    EXPECT_TRUE(over_kept_connection().clean());
    EXPECT_FALSE((Trip{.sends = 2}.clean()));
    EXPECT_FALSE((Trip{.number = 1, .sends = 1}.clean()));
}

TEST(LookupsTest, ANameIsLookedUpAnewOnlyOnceItIsDoubted) {
    Lookups lookups;
    const Lookups::Time now = std::chrono::steady_clock::now();
    EXPECT_FALSE(lookups.take(now));
    lookups.doubt();
    EXPECT_TRUE(lookups.take(now));
    EXPECT_FALSE(lookups.take(now + std::chrono::hours(1)));
}

TEST(LookupsTest, AnUpstreamThatIsAwayMakesNoStorm) {
    Lookups lookups;
    const Lookups::Time start = std::chrono::steady_clock::now();
    int lookups_made = 0;
    for (int i = 0; i < 10'000; ++i) {  // ten seconds of refused calls
        lookups.doubt();
        if (lookups.take(start + milliseconds(i))) ++lookups_made;
    }
    EXPECT_EQ(lookups_made, 10);
}

}  // namespace bellwether::net::test

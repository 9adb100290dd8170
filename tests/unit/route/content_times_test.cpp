#include "route/content_times.hpp"

#include <gtest/gtest.h>

namespace bellwether::route {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

void add(ContentTimes& times, int count, milliseconds each) {
    for (int i = 0; i < count; ++i) times.add(each);
}

TEST(ContentTimes, NothingIsKnownAtFirst) {
    const ContentTimes times;
    EXPECT_FALSE(times.mean());
    EXPECT_FALSE(times.percentile(50));
}

TEST(ContentTimes, TheFirstTimeIsTheMeanAndEachNewOneCountsForAFifth) {
    ContentTimes times;
    times.add(milliseconds(100));
    EXPECT_EQ(times.mean(), milliseconds(100));
    times.add(milliseconds(200));
    EXPECT_EQ(times.mean(), milliseconds(120));
    times.add(milliseconds(20));
    EXPECT_EQ(times.mean(), milliseconds(100));
}

TEST(ContentTimes, APercentileNeedsTwentyTimes) {
    ContentTimes times;
    add(times, 19, milliseconds(10));
    EXPECT_FALSE(times.percentile(95));
    add(times, 1, milliseconds(10));
    EXPECT_TRUE(times.percentile(95));
}

// A hedge is never sent earlier than its percentile says, and not much later.
TEST(ContentTimes, APercentileIsAtMostAQuarterTooLong) {
    for (nanoseconds time = microseconds(17); time < hours(19); time = time * 9 / 8) {
        ContentTimes times;
        for (int i = 0; i < 20; ++i) times.add(time);
        const auto found = times.percentile(50);
        ASSERT_TRUE(found);
        ASSERT_GE(*found, time);
        ASSERT_LE(*found, time * 5 / 4);
    }
}

TEST(ContentTimes, TellsThePercentilesApart) {
    ContentTimes times;
    add(times, 90, milliseconds(10));
    add(times, 9, milliseconds(100));
    add(times, 1, milliseconds(1000));
    EXPECT_LT(times.percentile(50), milliseconds(13));
    EXPECT_LT(times.percentile(90), milliseconds(13));
    EXPECT_GE(times.percentile(91), milliseconds(100));
    EXPECT_LT(times.percentile(99), milliseconds(126));
    EXPECT_GE(times.percentile(100), milliseconds(1000));
}

TEST(ContentTimes, TakesAnyTime) {
    ContentTimes times;
    for (int i = 0; i < 10; ++i) {
        times.add(nanoseconds(-1));
        times.add(nanoseconds::max());
    }
    EXPECT_LT(times.percentile(50), microseconds(100));
    EXPECT_GT(times.percentile(51), hours(19));
    EXPECT_GT(times.mean(), nanoseconds(0));
}

TEST(ContentTimes, APercentileForgets) {
    ContentTimes times;
    add(times, 5000, milliseconds(10));
    EXPECT_LT(times.percentile(90), milliseconds(13));
    add(times, 1500, milliseconds(100));
    EXPECT_GE(times.percentile(50), milliseconds(100)) << "the newer times are the larger part";
}

}  // namespace
}  // namespace bellwether::route

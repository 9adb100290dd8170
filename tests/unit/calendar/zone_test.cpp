// The system's zones.
#include "calendar/zone.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace bellwether::calendar {
namespace {

TEST(Zone, IsFoundByItsName) {
    EXPECT_EQ(Zone::find("Asia/Bangkok")->span_at(1'774'000'000).offset, 7 * 3'600);
    EXPECT_EQ(Zone::find("America/New_York")->span_at(1'774'000'000).offset, -4 * 3'600);
    EXPECT_EQ(Zone::find("UTC")->span_at(1'774'000'000).offset, 0);
}

TEST(Zone, KnowsNoOthers) {
    for (const char* name : {"", "Bangkok", "Asia/bangkok", "Asia", "/etc/passwd",
                             "../zoneinfo/UTC", "posixrules", "zone.tab", "Asia/Bangkok\n"}) {
        EXPECT_FALSE(Zone::find(name)) << name;
    }
}

TEST(Zone, NamesAreSorted) {
    const auto names = zone_names();
    EXPECT_TRUE(std::ranges::is_sorted(names));
    EXPECT_GT(names.size(), 300u);
    EXPECT_TRUE(std::ranges::binary_search(names, "Asia/Bangkok"));
    EXPECT_EQ(std::ranges::count(names, "UTC"), 1);
}

TEST(Zone, AnInstantIsTheFirstThatShowsTheTime) {
    const Zone zone = *Zone::find("America/New_York");
    const std::int64_t gap = 1'772'953'200;   // 8 March 2026, 2:00 becomes 3:00
    const std::int64_t fold = 1'793'512'800;  // 1 November 2026, 2:00 becomes 1:00
    EXPECT_EQ(zone.instant_of(gap - 5 * 3'600), gap) << "2:00 is left out";
    EXPECT_EQ(zone.instant_of(gap - 5 * 3'600 + 1'800), gap);
    EXPECT_EQ(zone.instant_of(fold - 5 * 3'600), fold - 3'600) << "1:00 comes twice";
    EXPECT_EQ(zone.span_at(fold - 1).end, fold);
    EXPECT_EQ(zone.span_at(fold).begin, fold);
}

TEST(Zone, IsReadByManyThreadsAtOnce) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([] {
            for (const char* name : {"Europe/Berlin", "Asia/Tokyo", "America/Lima"}) {
                EXPECT_TRUE(Zone::find(name)) << name;
            }
        });
    }
}

}  // namespace
}  // namespace bellwether::calendar

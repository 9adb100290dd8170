#include "credentials/utc.hpp"

#include <gtest/gtest.h>

namespace bellwether::credentials {
namespace {

using namespace std::chrono_literals;

TEST(Utc, ATimeIsReadAndWritten) {
    EXPECT_EQ(compact_time(*read_rfc3339("2024-02-29T23:59:58Z")), "20240229T235958Z");
    EXPECT_EQ(unix_seconds(*read_rfc3339("1970-01-01T00:01:00Z")), 60);
    EXPECT_EQ(read_rfc3339("2026-07-01T12:00:00.123456Z"), read_rfc3339("2026-07-01T12:00:00Z"));
    EXPECT_EQ(read_rfc3339("2026-07-01T12:00:00+07:00"), read_rfc3339("2026-07-01T05:00:00Z"));
    EXPECT_EQ(read_rfc3339("2026-07-01T12:00:00-00:30"), read_rfc3339("2026-07-01T12:30:00Z"));
}

TEST(Utc, WhatIsNoTimeIsToldFromOne) {
    for (const char* text :
         {"", "2026", "2026-07-01", "2026-07-01T12:00:00", "2026-13-01T12:00:00Z",
          "2026-02-30T12:00:00Z", "2026-07-01T25:00:00Z", "2026-07-01T12:00:00Zx",
          "2026-07-01T12:00:00.Z", "x026-07-01T12:00:00Z", "2026-07-01T12:00:00+7"}) {
        EXPECT_FALSE(read_rfc3339(text)) << text;
    }
}

TEST(Utc, AYearThatTheClockDoesNotHaveIsRefused) {
    EXPECT_FALSE(read_rfc3339("1013-02-25T06:03:31Z"));
    EXPECT_FALSE(read_rfc3339("9999-12-31T23:59:59Z"));
    EXPECT_TRUE(read_rfc3339("1970-01-01T00:00:00+14:00"));
    EXPECT_TRUE(read_rfc3339("2261-12-31T23:59:59-14:00"));
}

}  // namespace
}  // namespace bellwether::credentials

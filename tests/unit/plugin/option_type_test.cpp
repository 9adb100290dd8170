// A plugin's durations are read as the config's are.
#include "plugin/option_type.hpp"

#include <gtest/gtest.h>

namespace bellwether::plugin {
namespace {

TEST(MillisecondsOf, TakesAWholeNumberAndItsUnit) {
    EXPECT_EQ(milliseconds_of("250ms"), 250);
    EXPECT_EQ(milliseconds_of("30s"), 30'000);
    EXPECT_EQ(milliseconds_of("2m"), 120'000);
    EXPECT_EQ(milliseconds_of("24h"), 86'400'000);
    EXPECT_EQ(milliseconds_of("0s"), 0);
    EXPECT_EQ(milliseconds_of("86400000h"), 311'040'000'000'000);
}

TEST(MillisecondsOf, TakesNothingElse) {
    for (const char* text : {"", "soon", "30", "s", "-1s", "+1s", "1.5s", "30 s", " 30s", "30S",
                             "30d", "1m30s", "86400001h", "99999999999999999999ms"}) {
        EXPECT_FALSE(milliseconds_of(text)) << text;
    }
}

}  // namespace
}  // namespace bellwether::plugin

// Who gets how many descriptors.
#include "serve/descriptors.hpp"

#include <gtest/gtest.h>

namespace bellwether::serve {
namespace {

TEST(ConnectionRoom, IsAsWishedWhereThereAreEnough) {
    const ConnectionRoom room = connection_room(1u << 16, 10'000);
    EXPECT_EQ(room.served, 10'000u);
    EXPECT_EQ(room.refused, 256u);
}

// Clients' connections, refusals among them, leave one for the call of each.
TEST(ConnectionRoom, LeavesWhatCallsNeed) {
    for (std::size_t limit = 8; limit < 40'000; limit += limit / 8 + 1) {
        const ConnectionRoom room = connection_room(limit, 10'000);
        EXPECT_GE(room.served, 1u) << limit;
        EXPECT_GE(room.refused, 1u) << limit;
        const std::size_t beside = limit < 200 ? 0 : 100;  // the host's own
        EXPECT_LE(2 * room.served + room.refused + beside, limit) << limit;
    }
    EXPECT_EQ(connection_room(300, 100).served, 91u);
    EXPECT_EQ(connection_room(300, 20).served, 20u);
}

}  // namespace
}  // namespace bellwether::serve

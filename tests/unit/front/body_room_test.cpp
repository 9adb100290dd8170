// What all request bodies take together: never more than there is, never counted twice, always
// given back.
#include "front/body_room.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace bellwether::front {
namespace {

TEST(BodyRoom, IsFullWhenItIsFull) {
    BodyRoom room(100);
    HeldBody first, second;
    EXPECT_TRUE(first.set(room, 60));
    EXPECT_FALSE(second.set(room, 41));
    EXPECT_EQ(room.held(), 60u);
    EXPECT_TRUE(second.set(room, 40));
    EXPECT_EQ(room.held(), 100u);
    EXPECT_FALSE(second.set(room, 41));
    EXPECT_EQ(room.held(), 100u);
    EXPECT_EQ(room.refused(), 2u);
}

TEST(BodyRoom, NoNumberIsTooLarge) {
    BodyRoom room(100);
    HeldBody body;
    EXPECT_TRUE(body.set(room, 1));
    EXPECT_FALSE(body.set(room, SIZE_MAX));
    EXPECT_EQ(room.held(), 1u);
}

TEST(BodyRoom, LeavesHalfOfTheRoomToThoseWhoNeedIt) {
    BodyRoom room(100);
    HeldBody copy, needed;
    EXPECT_FALSE(copy.take_spare(room, 51));
    EXPECT_TRUE(needed.set(room, 30));
    EXPECT_FALSE(copy.take_spare(room, 21));
    EXPECT_FALSE(copy.take_spare(room, SIZE_MAX));
    EXPECT_TRUE(copy.take_spare(room, 20));
    EXPECT_EQ(room.held(), 50u);
    EXPECT_TRUE(needed.set(room, 80));
    EXPECT_EQ(room.refused(), 0u) << "no client was refused";
    copy.release();
    EXPECT_EQ(room.held(), 80u);
}

TEST(HeldBody, CountsOnceHoweverOftenItIsSet) {
    BodyRoom room(100);
    HeldBody body;
    for (const std::size_t bytes : {10, 10, 30, 30, 20}) {
        EXPECT_TRUE(body.set(room, bytes));
        EXPECT_EQ(room.held(), bytes);
    }
    body.release();
    body.release();
    EXPECT_EQ(room.held(), 0u);
}

TEST(HeldBody, GoesWithTheOneThatHasIt) {
    BodyRoom room(100);
    HeldBody session;
    EXPECT_TRUE(session.set(room, 10));
    {
        const HeldBody drained(std::move(session));
        session.release();
        EXPECT_EQ(room.held(), 10u);
        EXPECT_TRUE(session.set(room, 5));
        EXPECT_EQ(room.held(), 15u);
    }
    EXPECT_EQ(room.held(), 5u);
    session = HeldBody();
    EXPECT_EQ(room.held(), 0u);
}

TEST(BodyRoom, IsSharedByAllWorkers) {
    constexpr std::size_t k_most = 1'000;
    BodyRoom room(k_most);
    std::atomic<bool> beyond = false;
    std::vector<std::thread> workers;
    for (int worker = 0; worker < 4; ++worker) {
        workers.emplace_back([&] {
            for (std::size_t i = 0; i < 20'000; ++i) {
                HeldBody body;
                body.set(room, i % 700);
                if (room.held() > k_most) beyond = true;
                body.set(room, i % 300);
            }
        });
    }
    for (auto& worker : workers) worker.join();
    EXPECT_FALSE(beyond);
    EXPECT_EQ(room.held(), 0u);
}

}  // namespace
}  // namespace bellwether::front

// Calls in queue: in order, the keys in turn, no more than there is room for, and nobody waits for
// one who has left.
#include "policy/admission/queues.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace bellwether::policy {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

class LinesTest : public testing::Test {
  protected:
    using Pointer = std::unique_ptr<Queues::Place>;

    // A call that is let through at its first turn.
    void enter(const std::string& key, const std::string& name, microseconds wait = {}) {
        const std::size_t number = places.size();
        places.push_back(nullptr);
        places[number] = queues.enter("c", key, 100, wait, [this, number, name] {
            served += name + " ";
            places[number].reset();
        });
        ASSERT_NE(places[number], nullptr);
    }

    boost::asio::io_context loop;
    Queues queues{loop};
    std::vector<Pointer> places;
    std::string served;
};

TEST_F(LinesTest, OneKeysCallsAreServedInOrder) {
    for (const char* name : {"1", "2", "3"}) enter("a", name);
    EXPECT_EQ(queues.length("c"), 3U);
    loop.run();
    EXPECT_EQ(served, "1 2 3 ");
    EXPECT_EQ(queues.length("c"), 0U);
}

TEST_F(LinesTest, KeysTakeTurns) {
    for (const char* name : {"a1", "a2", "a3", "a4"}) enter("a", name);
    enter("b", "b1");
    enter("c", "c1");
    enter("b", "b2");
    loop.run();
    EXPECT_EQ(served, "a1 b1 c1 a2 b2 a3 a4 ");
}

TEST_F(LinesTest, ALineHasAnEnd) {
    const Pointer first = queues.enter("c", "a", 2, hours(1), [] {});
    Pointer second = queues.enter("c", "b", 2, hours(1), [] {});
    EXPECT_NE(second, nullptr);
    EXPECT_EQ(queues.enter("c", "d", 2, hours(1), [] {}), nullptr);
    EXPECT_NE(queues.enter("another", "d", 2, hours(1), [] {}), nullptr);
    second.reset();
    EXPECT_NE(queues.enter("c", "d", 2, hours(1), [] {}), nullptr);
}

TEST_F(LinesTest, WhoLeavesFromTheFrontLetsTheNextOneTryAtOnce) {
    Pointer first = queues.enter("c", "a", 2, hours(1), [] { FAIL() << "it is gone"; });
    enter("b", "next");
    first.reset();
    loop.run();
    EXPECT_EQ(served, "next ");
}

TEST_F(LinesTest, WhoLeavesFromTheMiddleIsMissedByNobody) {
    enter("a", "1");
    Pointer middle = queues.enter("c", "a", 9, hours(1), [] { FAIL() << "it is gone"; });
    enter("a", "3");
    middle.reset();
    loop.run();
    EXPECT_EQ(served, "1 3 ");
}

TEST_F(LinesTest, WhoLeavesFromTheMiddleTakesNoTurnFromItsKey) {
    enter("a", "a1");
    Pointer middle = queues.enter("c", "a", 9, hours(1), [] { FAIL() << "it is gone"; });
    enter("b", "b1");
    middle.reset();
    loop.run();
    EXPECT_EQ(served, "a1 b1 ");
}

// Whoever stands in front waits for what was said to it, whatever those behind it do.
TEST_F(LinesTest, TheFirstIsNotCalledForWhatHappensBehindIt) {
    enter("a", "first", hours(1));
    Pointer second = queues.enter("c", "b", 9, microseconds(0), [] {});
    loop.poll();
    EXPECT_EQ(served, "");
    second->try_again(microseconds(0));
    loop.poll();
    EXPECT_EQ(served, "");
    second.reset();
    loop.poll();
    EXPECT_EQ(served, "");
    queues.wake_first("c");
    loop.poll();
    EXPECT_EQ(served, "first ");
}

TEST_F(LinesTest, ATurnThatCameToNothingComesAgain) {
    int turns = 0;
    Pointer place;
    place = queues.enter("c", "a", 9, microseconds(0), [&] {
        if (++turns < 3) return place->try_again(microseconds(10));
        place.reset();
    });
    enter("b", "next");
    loop.run();
    EXPECT_EQ(turns, 3);
    EXPECT_EQ(served, "next ");
}

TEST_F(LinesTest, WhatComesBackIsTriedAtOnce) {
    enter("a", "1", hours(1));
    queues.wake_first("c");
    queues.wake_first("nobody waits for this");
    loop.run();
    EXPECT_EQ(served, "1 ");
}

}  // namespace
}  // namespace bellwether::policy

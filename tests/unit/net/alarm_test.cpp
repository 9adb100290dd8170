// An alarm never rings after its owner has let go of it, even when it was due already.
#include "net/alarm.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace bellwether::net {
namespace {

using namespace std::chrono_literals;

TEST(Alarm, RingsOnceWhenItIsTime) {
    boost::asio::io_context loop;
    Alarm alarm(loop);
    int rung = 0;
    alarm.set(Alarm::Clock::now() + 1ms, [&rung] { ++rung; });
    loop.run();
    EXPECT_EQ(rung, 1);
}

TEST(Alarm, ANewTimeReplacesTheOld) {
    boost::asio::io_context loop;
    Alarm alarm(loop);
    std::string rung;
    alarm.set(Alarm::Clock::now(), [&rung] { rung += "old"; });
    alarm.set(Alarm::Clock::now() + 1ms, [&rung] { rung += "new"; });
    loop.run();
    EXPECT_EQ(rung, "new");
}

// Both are due in the same turn of the loop: the first one's handler destroys the second.
TEST(Alarm, DueAndDestroyedItDoesNotRing) {
    boost::asio::io_context loop;
    Alarm first(loop);
    std::optional<Alarm> second(std::in_place, loop);
    bool rung = false;
    const auto due = Alarm::Clock::now() - 1ms;
    first.set(due, [&second] { second.reset(); });
    second->set(due + 1us, [&rung] { rung = true; });
    loop.run();
    EXPECT_FALSE(rung);
}

TEST(Alarm, MaySetItselfAgainOrEndItselfWhileRinging) {
    boost::asio::io_context loop;
    std::optional<Alarm> alarm(std::in_place, loop);
    int rung = 0;
    alarm->set(Alarm::Clock::now(), [&alarm, &rung] {
        ++rung;
        alarm->set(Alarm::Clock::now(), [&alarm, &rung] {
            ++rung;
            alarm.reset();
        });
    });
    loop.run();
    EXPECT_EQ(rung, 2);
}

}  // namespace
}  // namespace bellwether::net

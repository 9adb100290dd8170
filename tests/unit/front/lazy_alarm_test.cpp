// The alarm whose time mostly moves later.
#include "front/lazy_alarm.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace bellwether::front {
namespace {

using namespace std::chrono_literals;
using Clock = LazyAlarm::Clock;

TEST(LazyAlarm, RingsOnceWhenItIsDue) {
    boost::asio::io_context loop;
    int rings = 0;
    LazyAlarm alarm(loop, [&] { ++rings; });
    const auto due = Clock::now() + 5ms;
    alarm.set(due);
    loop.run();
    EXPECT_EQ(rings, 1);
    EXPECT_GE(Clock::now(), due);
}

TEST(LazyAlarm, MovesLaterAndEarlier) {
    boost::asio::io_context loop;
    int rings = 0;
    LazyAlarm alarm(loop, [&] { ++rings; });
    alarm.set(Clock::now() + 1ms);
    const auto later = Clock::now() + 20ms;
    alarm.set(later);
    loop.run();
    EXPECT_EQ(rings, 1);
    EXPECT_GE(Clock::now(), later);
    loop.restart();
    alarm.set(Clock::now() + 1h);
    alarm.set(Clock::now() + 1ms);
    loop.run();
    EXPECT_EQ(rings, 2);
}

TEST(LazyAlarm, IsSilentOnceCleared) {
    boost::asio::io_context loop;
    int rings = 0;
    LazyAlarm alarm(loop, [&] { ++rings; });
    alarm.set(Clock::now() + 1ms);
    alarm.clear();
    loop.run();
    EXPECT_EQ(rings, 0);
}

TEST(LazyAlarm, MayBeDestroyedByItsRing) {
    boost::asio::io_context loop;
    int rings = 0;
    std::unique_ptr<LazyAlarm> alarm;
    alarm = std::make_unique<LazyAlarm>(loop, [&] {
        alarm.reset();
        ++rings;
    });
    alarm->set(Clock::now());
    loop.run();
    EXPECT_EQ(rings, 1);
}

}  // namespace
}  // namespace bellwether::front

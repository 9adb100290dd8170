// The parts of the keeper that decide something by themselves, without a server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "ledger/redis/keeper.hpp"

namespace bellwether::ledger {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

Condition::Time soon() { return std::chrono::steady_clock::now() + 20s; }
Condition::Time now() { return std::chrono::steady_clock::now(); }

TEST(RedisOutbox, NotesOneSettlementForEachHold) {
    RedisOutbox outbox;
    const auto task = outbox.note({1, 1}, {"words"});
    ASSERT_TRUE(task);
    EXPECT_FALSE(outbox.note({1, 1}, {"others"})) << "a call is settled once";
    EXPECT_TRUE(outbox.note({1, 2}, {}));
    EXPECT_EQ(outbox.size(), 2u);
    outbox.confirm(*task);
    outbox.confirm(*task);
    EXPECT_EQ(outbox.size(), 1u);
    EXPECT_TRUE(outbox.note({1, 1}, {})) << "it has left";
}

TEST(RedisOutbox, TellsTheKeeperOnceOfAllThatIsHandedOver) {
    RedisOutbox outbox;
    const auto first = outbox.note({1, 1}, {});
    const auto second = outbox.note({1, 2}, {});
    EXPECT_TRUE(outbox.hand_over(first));
    EXPECT_FALSE(outbox.hand_over(second)) << "the keeper is told already";
    EXPECT_THAT(outbox.take(), ElementsAre(first, second));
    EXPECT_THAT(outbox.take(), ElementsAre());
    outbox.hand_over_all();
    EXPECT_THAT(outbox.take(), ElementsAre(first, second)) << "also those that others send";
}

TEST(RedisOutbox, WaitsForThoseThatThereAreAndNoLonger) {
    RedisOutbox outbox;
    EXPECT_TRUE(outbox.wait_until(now()));
    const auto first = outbox.note({1, 1}, {});
    EXPECT_FALSE(outbox.wait_until(now()));
    std::thread other([&] {
        outbox.note({1, 2}, {});
        outbox.confirm(*first);
    });
    other.join();
    EXPECT_FALSE(outbox.wait_until(now())) << "the second was there, too";
    std::thread later([&] { outbox.confirm({{}, {1, 2}, 2}); });
    EXPECT_TRUE(outbox.wait_until(soon()));
    later.join();
}

std::vector<RedisOutbox::TaskPointer> tasks(std::size_t count) {
    RedisOutbox outbox;
    for (std::uint64_t i = 1; i <= count; ++i) outbox.note({1, i}, {});
    outbox.hand_over_all();
    return outbox.take();
}

TEST(SendQueue, HasABoundedNumberInFlightAndRefillsItAtHalf) {
    SendQueue queue;
    queue.add(tasks(SendQueue::k_in_flight_max + 1));
    std::size_t sent = 0;
    while (queue.next()) ++sent;
    EXPECT_EQ(sent, SendQueue::k_in_flight_max);
    for (std::size_t i = 0; i < sent / 2; ++i) queue.answered();
    EXPECT_FALSE(queue.wants_more());
    queue.answered();
    EXPECT_TRUE(queue.wants_more());
    EXPECT_TRUE(queue.next());
    EXPECT_FALSE(queue.next()) << "there is no more";
}

TEST(SendQueue, SendsAgainBehindAllOthers) {
    SendQueue queue;
    const auto two = tasks(2);
    queue.add(two);
    const auto first = queue.next();
    queue.answered();
    queue.add_again(first);
    EXPECT_EQ(queue.next(), two[1]);
    EXPECT_EQ(queue.next(), two[0]);
}

TEST(SendQueue, SendsNothingWhileItIsPaused) {
    SendQueue queue;
    queue.add(tasks(1));
    EXPECT_TRUE(queue.pause());
    EXPECT_FALSE(queue.pause()) << "its end is set already";
    EXPECT_FALSE(queue.next());
    queue.resume();
    EXPECT_TRUE(queue.next());
}

TEST(RedisSettler, KnowsWhatBecameOfASettlement) {
    const auto number = [](std::int64_t value) {
        return RedisReply{.kind = RedisReply::Kind::integer, .integer = value};
    };
    EXPECT_EQ(sent(number(1)), Sent::confirmed);
    EXPECT_EQ(sent(number(0)), Sent::confirmed) << "it was settled before";
    EXPECT_EQ(sent(number(k_settle_lost)), Sent::lost);
    EXPECT_EQ(sent(RedisReply{.kind = RedisReply::Kind::error, .text = "OOM"}), Sent::refused);
    EXPECT_EQ(sent(std::unexpected(RedisFailure{})), Sent::unknown);
}

TEST(ServerClock, IsThisHostsUntilTheServerHasSaidItsTime) {
    ServerClock clock(5'000'000, 1'000);
    EXPECT_EQ(clock.at(3'000), 5'002'000);
    clock.heard(9'000'000, 2'000, 4'000);
    EXPECT_EQ(clock.at(3'000), 9'000'000) << "it said so between question and answer";
    EXPECT_EQ(clock.at(3'500), 9'000'500);
}

TEST(RedisLease, ReadsWhatARenewalTells) {
    const auto number = [](std::int64_t value) {
        return RedisReply{.kind = RedisReply::Kind::integer, .integer = value};
    };
    RedisReply reply{.kind = RedisReply::Kind::array};
    reply.elements = {number(7), {.kind = RedisReply::Kind::text, .text = "epoch"}, number(3)};
    const auto renewal = to_renewal(reply);
    ASSERT_TRUE(renewal);
    EXPECT_EQ(renewal->server_us, 7);
    EXPECT_EQ(renewal->epoch, "epoch");
    EXPECT_EQ(renewal->looks, 3);
    EXPECT_EQ(to_renewal(number(7)).error(), "its answer makes no sense");
    EXPECT_EQ(to_renewal({.kind = RedisReply::Kind::error, .text = "NOPERM"}).error(), "NOPERM");
}

TEST(Announcement, OnlyTheFirstCounts) {
    Announcement announcement;
    EXPECT_FALSE(announcement.wait_until(now()));
    std::thread other([&] {
        announcement.make("first");
        announcement.make("second");
    });
    EXPECT_EQ(announcement.wait(), "first");
    EXPECT_TRUE(announcement.wait_until(soon()));
    other.join();
}

TEST(AwayNotice, TellsOnceAMinuteAndOnlyTheEndOfWhatItTold) {
    using Tell = AwayNotice::Tell;
    AwayNotice notice;
    const auto start = now();
    EXPECT_EQ(notice.changed(false, start), Tell::nothing) << "it was never away";
    EXPECT_EQ(notice.changed(true, start), Tell::away);
    EXPECT_EQ(notice.changed(true, start + 2min), Tell::nothing) << "it still is";
    EXPECT_EQ(notice.changed(false, start + 2min), Tell::back);
    EXPECT_EQ(notice.changed(true, start + 2min), Tell::away);
    EXPECT_EQ(notice.changed(false, start + 2min), Tell::back);
    EXPECT_EQ(notice.changed(true, start + 2min + 59s), Tell::nothing) << "one a minute";
    EXPECT_EQ(notice.changed(false, start + 2min + 59s), Tell::nothing);
}

}  // namespace
}  // namespace bellwether::ledger

// What of the book no store shows: what it forgets, what it tells its journal.
#include "ledger/book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_suite.hpp"

namespace bellwether::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t k_now_us = 1'790'000'000'000'000;
constexpr std::int64_t k_second_us = 1'000'000;
constexpr std::int64_t k_hour_us = 3'600 * k_second_us;

struct Heard final : Journal {
    std::uint64_t held(std::shared_ptr<const HeldCall>, std::vector<Mark> marks) override {
        lines.push_back("held" + text(marks));
        return lines.size();
    }
    void settled(std::shared_ptr<const HeldCall>, Settlement, std::vector<Mark> marks) override {
        lines.push_back("settled" + text(marks));
    }
    void reset(std::vector<Mark> marks) override { lines.push_back("reset" + text(marks)); }
    void forgotten(std::uint64_t tally) override {
        lines.push_back("forgotten " + std::to_string(tally));
    }
    std::string text(const std::vector<Mark>& marks) {
        std::string text;
        for (const auto& mark : marks) {
            last_number = mark.tally->number;
            last_full_ns = mark.rate.full_ns;
            text += " " + mark.tally->name.rule + "=" + std::to_string(mark.used);
        }
        return text;
    }
    std::vector<std::string> lines;
    std::uint64_t last_number = 0;
    std::int64_t last_full_ns = 0;
};

class BookTest : public testing::Test {
  protected:
    HoldId hold(std::vector<Claim> claims, std::int64_t now_us = k_now_us) {
        const HoldId id{1, ++number_};
        EXPECT_EQ(book_.hold({.id = id, .claims = std::move(claims)}, now_us).answer,
                  HoldAnswer::held);
        return id;
    }
    void settle(const HoldId& id, std::vector<std::int64_t> amounts,
                std::int64_t now_us = k_now_us) {
        EXPECT_TRUE(book_.settle({.id = id, .amounts = std::move(amounts)}, now_us));
    }

    Heard heard_;
    Book book_{&heard_};
    std::uint64_t number_ = 0;
};

TEST_F(BookTest, TellsItsJournalWhatChanged) {
    const auto first = hold({budget("b", 5, 10), concurrency("c", 1, 9)});
    hold({budget("b", 5, 10)});
    settle(first, {3, 1});
    book_.reset("b", k_now_us);
    EXPECT_THAT(heard_.lines, ElementsAre("held b=0", "held", "settled b=3", "reset b=0"));
    EXPECT_EQ(book_.sequence({1, 2}), 2u);
    EXPECT_EQ(book_.sequence(first), std::nullopt);
}

TEST_F(BookTest, AResetIsToldAlsoAfterARefusalInAnEditedWindow) {
    settle(hold({budget("b", 9, 10, {0, 2'000'000'000})}), {9});
    EXPECT_EQ(
        book_.hold({.id = {1, 9}, .claims = {budget("b", 9, 10, {0, 3'000'000'000})}}, k_now_us)
            .answer,
        HoldAnswer::refused);
    EXPECT_EQ(book_.reset("b", k_now_us), 1u);
    EXPECT_THAT(heard_.lines, ElementsAre("held b=0", "settled b=9", "reset b=0"));
}

TEST_F(BookTest, RefusalsAreNotTold) {
    EXPECT_EQ(book_.hold({.id = {1, 1}, .claims = {budget("b", 5, 1)}}, k_now_us).answer,
              HoldAnswer::refused);
    EXPECT_THAT(heard_.lines, IsEmpty());
    EXPECT_EQ(book_.calls_in_flight(), 0u);
}

TEST_F(BookTest, ANumberIsTakenOnce) {
    const auto id = hold({budget("b", 5, 10)});
    const auto verdict = book_.hold({.id = id, .claims = {budget("b", 5, 10)}}, k_now_us);
    EXPECT_EQ(verdict.answer, HoldAnswer::unavailable);
    EXPECT_THAT(verdict.reason, testing::HasSubstr("already"));
    EXPECT_EQ(book_.counters(k_now_us).front().held, 5);
}

TEST_F(BookTest, AnOldWindowIsForgottenWithItsLastCall) {
    const auto early = hold({budget("b", 5, 10, {0, 10})});
    const auto second = hold({budget("b", 5, 10, {10, 20})});
    EXPECT_EQ(book_.tallies(), 1u);
    settle(early, {5});
    settle(second, {4});
    EXPECT_THAT(heard_.lines,
                ElementsAre("held b=0", "held b=0", "settled b=5", "forgotten 1", "settled b=4"));
    hold({budget("b", 5, 10, {20, 30})});
    EXPECT_EQ(heard_.lines[5], "forgotten 2");
}

TEST_F(BookTest, WhatNobodyToldIsSettledAsItWasClaimed) {
    settle(hold({budget("a", 5, 10), budget("b", 6, 10)}), {1});
    const auto counters = book_.counters(k_now_us);
    EXPECT_EQ(counters[0].used, 1);
    EXPECT_EQ(counters[1].used, 6);
}

TEST_F(BookTest, AmountsBelowZeroAreNothing) {
    settle(hold({budget("b", -5, 10)}), {-100});
    const auto counter = book_.counters(k_now_us).front();
    EXPECT_EQ(counter.used, 0);
    EXPECT_EQ(counter.held, 0);
}

// Users who come once must not fill memory, whether their limits are rates, budgets or both.
TEST_F(BookTest, ValuesThatComeAndGoAreForgotten) {
    constexpr int k_users = 100'000;
    auto now_us = k_now_us;
    std::size_t most = 0;
    for (int user = 0; user < k_users; ++user) {
        const auto start = now_us / k_second_us / 60 * 60;
        std::vector<Claim> claims = {budget("b", 1, 10, {start, start + 60}), rate("r", 1, 60, 5),
                                     concurrency("c", 1, 1)};
        for (auto& claim : claims) claim.counter.value = std::to_string(user);
        settle(hold(claims, now_us), {1, 1, 1}, now_us);
        now_us += k_second_us;
        most = std::max(most, book_.tallies());
    }
    EXPECT_LT(most, 30'000u) << "some hours of users, not all of them";
}

Claim of(int user, Claim claim) {
    claim.counter.value = std::to_string(user);
    return claim;
}

// The search for room is short, so that nobody waits for it; but each goes on where the last ended.
TEST_F(BookTest, WhatCanGoIsFoundHoweverLittleItIs) {
    constexpr int k_most = 20'000;
    Book book(&heard_, k_most);
    const auto call = [&](int user, Window window, std::int64_t now_us) {
        const HoldId id{1, ++number_};
        const auto answer =
            book.hold({.id = id, .claims = {of(user, budget("b", 1, 9, window))}}, now_us).answer;
        if (answer == HoldAnswer::held) book.settle({.id = id, .amounts = {1}}, now_us);
        return answer;
    };
    const auto now_s = k_now_us / k_second_us;
    const Window lasting{now_s, now_s + 1'000'000};
    for (int user = 0; user < k_most; ++user) {
        const bool stays = user != k_most / 2;
        ASSERT_EQ(call(user, stays ? lasting : Window{now_s, now_s + 1}, k_now_us),
                  HoldAnswer::held);
    }
    ASSERT_EQ(call(k_most, lasting, k_now_us), HoldAnswer::full);
    const auto later_us = k_now_us + 2 * k_second_us;
    int attempts = 1;
    while (call(k_most, lasting, later_us) == HoldAnswer::full && attempts < k_most) ++attempts;
    EXPECT_LT(attempts, 1'500) << "some dozens are looked at each time";
    EXPECT_EQ(book.tallies(), std::size_t{k_most});
    EXPECT_EQ(heard_.lines[heard_.lines.size() - 3], "forgotten " + std::to_string(k_most / 2 + 1))
        << "the journal is told";
    EXPECT_EQ(call(k_most + 1, lasting, later_us), HoldAnswer::full);
}

TEST_F(BookTest, ACounterThatWasResetMakesRoom) {
    Book book(nullptr, 2);
    for (int user = 0; user < 2; ++user) {
        ASSERT_EQ(
            book.hold({.id = {1, 1}, .claims = {of(user, budget("b", 1, 9))}}, k_now_us).answer,
            HoldAnswer::held);
        book.settle({.id = {1, 1}, .amounts = {1}}, k_now_us);
    }
    const Hold another{.id = {1, 2}, .claims = {of(2, budget("b", 1, 9))}};
    ASSERT_EQ(book.hold(another, k_now_us).answer, HoldAnswer::full);
    EXPECT_TRUE(book.counters(k_now_us).size() == 2 && book.calls_in_flight() == 0);
    book.reset("b", k_now_us);
    EXPECT_EQ(book.hold(another, k_now_us).answer, HoldAnswer::held);
}

TEST_F(BookTest, ANewWindowOfACounterNeedsNoRoom) {
    Book book(nullptr, 1);
    ASSERT_EQ(book.hold({.id = {1, 1}, .claims = {budget("b", 1, 9, {0, 10})}}, k_now_us).answer,
              HoldAnswer::held);
    EXPECT_EQ(book.hold({.id = {1, 2}, .claims = {budget("b", 1, 9, {10, 20})}}, k_now_us).answer,
              HoldAnswer::held);
    EXPECT_EQ(book.tallies(), 1u);
    EXPECT_EQ(book.counters(k_now_us).size(), 2u) << "the old one is held still";
}

TEST_F(BookTest, AWindowOutlivesAClockThatRanAheadForAMoment) {
    const Window day{k_now_us / k_second_us - 10, k_now_us / k_second_us + 86'000};
    settle(hold({budget("b", 10, 10, day)}), {10});
    const auto ahead_us = k_now_us + 1'000 * k_hour_us;
    for (int i = 0; i < 1000; ++i) settle(hold({}, ahead_us + i * k_second_us), {});
    const auto verdict = book_.hold({.id = {9, 9}, .claims = {budget("b", 1, 10, day)}}, k_now_us);
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
}

TEST_F(BookTest, OfStoredWindowsTheLatestIsPresent) {
    Book book;
    const auto dropped = book.restore({
        {.number = 4, .name = {"b", ""}, .window = {10, 20}, .used = 3},
        {.number = 7, .name = {"b", ""}, .window = {20, 30}, .used = 5},
        {.number = 5, .name = {"b", ""}, .window = {0, 10}, .used = 9},
    });
    EXPECT_THAT(dropped, ElementsAre(4, 5));
    const auto verdict =
        book.hold({.id = {1, 1}, .claims = {budget("b", 1, 100, {20, 30})}}, 25 * k_second_us);
    EXPECT_EQ(verdict.standings[0].used, 5);
}

// Two threads that read the clock come in another order.
TEST_F(BookTest, AClockThatGoesBackByAMomentShiftsNoRate) {
    const auto once = rate("r", 1, 1, 1, k_second_us);
    const auto answer_at = [&](std::int64_t now_us) {
        return book_.hold({.id = {1, ++number_}, .claims = {once}}, now_us).answer;
    };
    EXPECT_EQ(answer_at(k_now_us), HoldAnswer::held);
    EXPECT_EQ(answer_at(k_now_us - 500'000), HoldAnswer::refused);
    EXPECT_EQ(answer_at(k_now_us + 900'000), HoldAnswer::refused);
    EXPECT_EQ(answer_at(k_now_us + 1'000'000), HoldAnswer::held);
}

TEST_F(BookTest, AJournalIsToldOfRatesByTheClock) {
    hold({rate("r", 1, 1, 1, k_second_us)});
    EXPECT_EQ(heard_.last_full_ns, (k_now_us + k_second_us) * 1'000);
    hold({rate("q", 1, 1, 1, k_second_us)}, k_now_us - k_hour_us);
    EXPECT_EQ(heard_.last_full_ns, (k_now_us - k_hour_us + k_second_us) * 1'000);
}

TEST_F(BookTest, ARuleThatIsEditedToAShorterWindowHasIt) {
    auto claim = budget("b", 5, 10);
    claim.window = {.start = 100, .end = k_now_us / k_second_us + 7'200};
    hold({claim});
    claim.window.end -= 3'600;
    hold({claim});
    ASSERT_EQ(book_.counters(k_now_us).size(), 1U);
    EXPECT_EQ(book_.counters(k_now_us)[0].window, claim.window);
    EXPECT_EQ(book_.counters(k_now_us)[0].held, 10);
}

TEST_F(BookTest, WhatIsRestoredKeepsItsNumberForItself) {
    const StoredTally old{.number = 41, .name = {.rule = "b", .value = ""}, .used = 3};
    StoredTally twice = old;
    twice.number = 42;
    EXPECT_THAT(book_.restore({old, twice}), ElementsAre(42)) << "the first of two alike counts";
    hold({budget("another", 5, 10)});
    EXPECT_GT(heard_.last_number, 42U);
}

// Only who is refused by it waits for it.
TEST_F(BookTest, ARateThatRefusesNothingLetsNobodyWait) {
    auto soft = rate("r", 1, 1, 1, k_second_us);
    soft.refuses = false;
    hold({soft});
    const auto verdict =
        book_.hold({.id = {1, 99}, .claims = {soft, budget("b", 11, 10)}}, k_now_us);
    EXPECT_EQ(verdict.answer, HoldAnswer::refused);
    EXPECT_EQ(verdict.standings[0].wait_us, 0);
}

}  // namespace
}  // namespace bellwether::ledger

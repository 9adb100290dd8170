// Calls that wait to be admitted: in which line, for how long, in which order, and who wakes them.
#include <chrono>
#include <deque>

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr const char* k_concurrent =
    "[[limits]]\nname = \"l\"\nconcurrent = 1\non_limit = \"queue:10s\"\n";
constexpr const char* k_rate =
    "[[limits]]\nname = \"l\"\nrequests = \"60/min\"\non_limit = \"queue:10s\"\n";
constexpr std::int64_t k_hour_us = 3'600'000'000;

// Several calls before one desk. The ledger is asked by one of them at a time.
class WaitingTest : public testing::Test {
  protected:
    struct Visitor {
        Call call;
        std::optional<Result<void>> told;
        std::optional<Admission> admission;
    };

    void open(const std::string& rules) { desk.emplace(rules); }

    Visitor& come(const std::string& name, std::vector<route::Candidate> candidates = {},
                  const std::function<void(Call&)>& change = {}) {
        Visitor& visitor = visitors.emplace_back();
        visitor.call = Desk::call_of();
        visitor.call.id = name;
        if (change) change(visitor.call);
        if (candidates.empty()) candidates = desk->both();
        visitor.admission.emplace(
            desk->books, desk->engine, visitor.call,
            Destination{.route = "m", .model = "m", .candidates = std::move(candidates)});
        visitor.admission->ask([&visitor](Result<void> told) { visitor.told = std::move(told); });
        return visitor;
    }

    void refuse(std::int64_t wait_us = 0) {
        std::vector<ledger::Standing> standings(1, {.wait_us = wait_us});
        desk->session->answer({.answer = ledger::HoldAnswer::refused, .standings = standings});
    }
    void admit() { desk->session->answer({}); }
    // Who has asked the ledger, in order.
    std::string asked() const {
        std::string names;
        for (const auto& hold : desk->session->holds) names += hold.estimate.request_id + " ";
        return names;
    }
    std::size_t questions() const { return desk->session->holds.size(); }

    // Runs the loop until it is so, and says how long that took; a minute: it never came to it.
    template <typename Condition>
    std::chrono::nanoseconds until(Condition condition) {
        const auto begin = steady_clock::now();
        while (!condition() && steady_clock::now() - begin < 5s) desk->loop.run_one_for(100ms);
        return condition() ? steady_clock::now() - begin : std::chrono::nanoseconds(1min);
    }
    std::chrono::nanoseconds until_questions(std::size_t count) {
        return until([&] { return questions() >= count; });
    }
    void let_upstream_refuse(std::size_t provider, std::chrono::milliseconds wait) {
        const route::Candidate candidate{.provider = provider, .model = "m"};
        UpstreamLimits::CountedTrip(desk->upstreams.limits, candidate, 100).refused(wait);
    }

    std::optional<Desk> desk;
    std::deque<Visitor> visitors;
};

// The clock that a rate goes by may be set meanwhile.
TEST_F(WaitingTest, LooksAgainWithinASecondWhateverItWasTold) {
    open(k_rate);
    come("a");
    refuse(k_hour_us);
    EXPECT_LT(until_questions(2), 4s);
}

TEST_F(WaitingTest, DoesNotAskForAPlaceWithoutAPause) {
    open(k_concurrent);
    come("a");
    refuse();
    desk->loop.poll();
    EXPECT_EQ(questions(), 1U);
    EXPECT_LT(until_questions(2), 4s) << "a call elsewhere may have ended";
}

TEST_F(WaitingTest, ATurnThatWasMissedIsTakenAtOnce) {
    open(k_rate);
    come("a");
    refuse(1'000'000);
    desk->books.queues.wake_first("l/requests\n");
    ASSERT_LT(until_questions(2), 500ms);
    desk->books.queues.wake_first("l/requests\n");
    desk->loop.poll();
    ASSERT_EQ(questions(), 2U) << "it asks once at a time";
    refuse(1'000'000);
    EXPECT_LT(until_questions(3), 500ms);
}

TEST_F(WaitingTest, WhatACallGivesBackWakesTheNextOne) {
    for (const std::string rules : {k_rate, k_concurrent}) {
        open(rules);
        Visitor& first = come("a");
        admit();
        come("b");
        refuse(1'000'000);
        first.admission->settle(
            {.call = first.call, .outcome = {.result = {}, .provider = "a", .model = "m"}});
        desk->loop.poll();
        EXPECT_EQ(questions(), 3U) << rules;
        visitors.clear();
        desk.reset();
    }
}

TEST_F(WaitingTest, WhatCanNeverFitIsRefusedAndStandsInNobodysWay) {
    open("[[limits]]\nname = \"l\"\ntokens = \"50/min\"\non_limit = \"queue:10s\"\n");
    const Visitor& large = come("large");
    EXPECT_GT(desk->session->holds[0].claims[0].amount, 50);
    refuse(-1);
    ASSERT_TRUE(large.told && !*large.told);
    const auto place = desk->books.queues.enter("l/tokens\n", "x", 9, 1h, [] {});
    come("too");
    EXPECT_EQ(questions(), 2U) << "it joins no line to hear the same later";
    refuse(-1);
    EXPECT_TRUE(visitors.back().told && !*visitors.back().told);
}

TEST_F(WaitingTest, WhoHasWaitedForLongEnoughElsewhereIsRefused) {
    open(k_rate);
    const Visitor& late = come("a", {}, [](Call& call) { call.started -= 11s; });
    refuse(1'000);
    ASSERT_TRUE(late.told && !*late.told);
    EXPECT_EQ(late.told->error().kind, ErrorKind::rate);
}

TEST_F(WaitingTest, WhoIsRefusedBecauseOfALineIsToldOfItsLimit) {
    open(k_rate);
    come("a");
    refuse(k_hour_us);
    const Visitor& late = come("late", {}, [](Call& call) { call.started -= 11s; });
    ASSERT_TRUE(late.told && !*late.told);
    EXPECT_EQ(questions(), 1U);
    EXPECT_EQ(late.admission->headers(),
              "x-ratelimit-limit-requests: 60\r\n"
              "x-ratelimit-remaining-requests: 0\r\n"
              "x-ratelimit-reset-requests: 1s\r\n");
}

TEST_F(WaitingTest, NobodyWaitsForLongerThanTheLimitSays) {
    open("[[limits]]\nname = \"l\"\nconcurrent = 1\non_limit = \"queue:100ms\"\n");
    const Visitor& visitor = come("a");
    const auto begin = steady_clock::now();
    while (!visitor.told && steady_clock::now() - begin < 4s) {
        if (desk->session->pending) refuse();
        desk->loop.run_one_for(10ms);
    }
    ASSERT_TRUE(visitor.told && !*visitor.told);
    EXPECT_EQ(visitor.told->error().kind, ErrorKind::rate);
}

TEST_F(WaitingTest, NobodyWaitsForLongerThanItsClient) {
    open(k_rate);
    const Visitor& visitor =
        come("a", {}, [](Call& call) { call.deadline = steady_clock::now() + 50ms; });
    refuse(k_hour_us);
    EXPECT_LT(until([&] { return visitor.told.has_value(); }), 900ms);
    EXPECT_TRUE(visitor.told && !*visitor.told);
}

// Without the answer a hold could be given to a call that was refused.
TEST_F(WaitingTest, TimeThatRunsOutWhileTheLedgerIsAskedWaitsForItsAnswer) {
    open(k_rate);
    const Visitor& visitor =
        come("a", {}, [](Call& call) { call.deadline = steady_clock::now() + 50ms; });
    refuse(1'000);
    ASSERT_LT(until_questions(2), 4s);
    const auto late = steady_clock::now() + 100ms;
    until([late] { return steady_clock::now() > late; });
    EXPECT_FALSE(visitor.told);
    admit();
    ASSERT_TRUE(visitor.told && !*visitor.told);
    EXPECT_EQ(visitor.told->error().code, "deadline_exceeded");
}

TEST_F(WaitingTest, WhoseTurnCameToNothingStaysInFront) {
    open(k_rate);
    come("a");
    refuse(k_hour_us);
    come("b");
    for (std::size_t turn = 2; turn < 4; ++turn) {
        desk->books.queues.wake_first("l/requests\n");
        ASSERT_LT(until_questions(turn), 4s);
        refuse(k_hour_us);
    }
    EXPECT_EQ(asked(), "a a a ");
}

// The order in which the calls of a line are let through.
class OrderTest : public WaitingTest {
  protected:
    std::string order_of(std::initializer_list<std::pair<const char*, const char*>> key_and_user) {
        open(k_concurrent);
        int number = 0;
        for (const auto& [key, user] : key_and_user) {
            come(std::to_string(++number), {}, [key = key, user = user](Call& call) {
                call.key = key;
                call.user = user;
            });
            if (number == 1) refuse();
        }
        desk->session->holds.clear();
        for (std::size_t turn = 1; turn <= key_and_user.size(); ++turn) {
            desk->books.queues.wake_first("l/concurrent\n");
            until_questions(turn);
            admit();
        }
        return asked();
    }
};

TEST_F(OrderTest, KeysTakeTurnsWhateverUsersTheyName) {
    EXPECT_EQ(order_of({{"k", "ann"}, {"k", "ben"}, {"q", "cal"}}), "1 3 2 ");
}

TEST_F(OrderTest, UsersTakeTurnsWhereNobodyHasAKey) {
    EXPECT_EQ(order_of({{"", "ann"}, {"", "ann"}, {"", "ben"}}), "1 3 2 ");
}

// ---- limits that are of one provider
// -------------------------------------------------------------

constexpr const char* k_each_provider =
    "[[limits]]\nname = \"l\"\nconcurrent = 1\neach = \"provider\"\non_limit = \"queue:10s\"\n";

TEST_F(WaitingTest, WhoCanGoElsewhereJoinsNoLine) {
    open(k_each_provider);
    come("a", {{.provider = 0, .model = "m"}});
    refuse();
    ASSERT_EQ(desk->books.queues.length("l/concurrent\na"), 1U);
    const Visitor& other = come("b");
    ASSERT_EQ(questions(), 2U);
    EXPECT_EQ(desk->session->holds[1].claims[0].counter.value, "b");
    admit();
    EXPECT_EQ(other.admission->prospects().front().target.provider, 1U);
}

TEST_F(WaitingTest, ThePlaceIsHeldWhereTheCallGoesWhenTheFirstHasNoRoom) {
    open(k_each_provider);
    let_upstream_refuse(0, 5s);
    come("a");
    ASSERT_EQ(questions(), 1U);
    EXPECT_EQ(desk->session->holds[0].claims[0].counter.value, "b");
}

// ---- upstreams that have no room
// -----------------------------------------------------------------

TEST_F(WaitingTest, ANewcomerDoesNotPassWhoWaitsForAnUpstream) {
    open(k_budget);
    let_upstream_refuse(0, 0ms);
    const auto place = desk->books.queues.enter("a\nm\n", "x", 9, 1h, [] {});
    const Visitor& visitor = come("a");
    admit();
    EXPECT_EQ(visitor.admission->prospects().front().target.provider, 1U);
}

TEST_F(WaitingTest, WaitsForTheUpstreamThatHasRoomSoonest) {
    open(k_budget);
    let_upstream_refuse(0, 5s);
    let_upstream_refuse(1, 1s);
    come("a");
    EXPECT_EQ(desk->books.queues.length("b\nm\n"), 1U);
    EXPECT_EQ(desk->books.queues.length("a\nm\n"), 0U);
}

TEST_F(WaitingTest, AnUpstreamsLineHasAnEnd) {
    open(k_budget);
    desk->config.providers[0].queue_length = 1;
    let_upstream_refuse(0, 5s);
    come("a", {{.provider = 0, .model = "m"}});
    const Visitor& second = come("b", {{.provider = 0, .model = "m"}});
    EXPECT_FALSE(visitors.front().told);
    EXPECT_TRUE(second.told && !*second.told);
}

TEST_F(WaitingTest, WhoseClientLeavesBeforeThereIsRoomIsRefusedAtOnce) {
    open(k_budget);
    let_upstream_refuse(0, 5s);
    const Visitor& visitor = come("a", {{.provider = 0, .model = "m"}},
                                  [](Call& call) { call.deadline = steady_clock::now() + 1s; });
    EXPECT_TRUE(visitor.told && !*visitor.told);
}

TEST_F(WaitingTest, OneCallThatWaitsIsCountedOnceHoweverOftenItTries) {
    open(k_budget);
    let_upstream_refuse(0, 30ms);
    come("a", {{.provider = 0, .model = "m"}});
    let_upstream_refuse(0, 120ms);
    ASSERT_LT(until_questions(1), 4s);
    const auto waited = static_cast<std::size_t>(UpstreamLimits::Effect::waited);
    EXPECT_EQ(desk->upstreams.limits.counted(0, waited), 1U);
}

}  // namespace
}  // namespace bellwether::policy

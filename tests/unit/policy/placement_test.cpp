// Where a call goes that asks to be admitted, by nothing but values: no ledger, no loop, no clock.
#include "policy/admission/placement.hpp"

#include <map>
#include <memory>

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t k_now_us = 1'790'000'000'000'000;
constexpr const char* k_concurrent =
    "[[limits]]\nname = \"l\"\nconcurrent = 1\non_limit = \"queue:10s\"\n";
constexpr const char* k_each =
    "[[limits]]\nname = \"l\"\nconcurrent = 1\neach = \"provider\"\non_limit = \"queue:10s\"\n";
constexpr const char* k_rate =
    "[[limits]]\nname = \"l\"\nrequests = \"60/min\"\non_limit = \"queue:10s\"\n";

class PlacementTest : public testing::Test {
  protected:
    PlacementTest() {
        who.facts = {.model = "m", .route = "m"};
        who.started = std::chrono::steady_clock::time_point(1h);
        who.now = who.started;
        who.deadline = std::chrono::steady_clock::time_point::max();
        who.now_us = k_now_us;
        room.upstream = [this](const Prospect& one) { return spaces[one.target.provider]; };
        room.waiting = [this](const std::string& queue) { return queues[queue]; };
        count("");
    }

    void count(const std::string& text) {
        config = Desk::parsed(text + Desk::k_providers);
        for (auto& provider : config.providers) {
            provider.queue_wait = 10s;
            provider.queue_length = 2;
        }
        rules = std::make_unique<Rules>(config);
        room.rules = rules.get();
        room.providers = config.providers;
        prospects = {{.provider = "a", .target = {.provider = 0, .model = "m"}},
                     {.provider = "b", .target = {.provider = 1, .model = "m"}}};
    }
    template <typename Kind>
    Kind placed() {
        return as<Kind>(place(who, offer, room));
    }
    // After the ledger has refused the first claim.
    template <typename Kind>
    Kind refused(ledger::Standing standing = {}) {
        const auto asked = *rules->apply(who.facts, {}, prospects, k_now_us);
        return as<Kind>(place_refused(who, offer, room, asked.front(), standing));
    }
    template <typename Kind>
    static Kind as(Placement placement) {
        auto* const kind = std::get_if<Kind>(&placement);
        EXPECT_NE(kind, nullptr) << "placed otherwise: " << placement.index();
        return kind == nullptr ? Kind{} : std::move(*kind);
    }
    std::string order() const {
        std::string names;
        for (const Prospect& one : prospects) names += one.provider;
        return names;
    }

    config::Config config;
    std::unique_ptr<Rules> rules;
    Offer offer;
    std::vector<Prospect>& prospects = offer.prospects;
    std::map<std::size_t, Space> spaces;
    std::map<std::string, std::size_t> queues;
    PendingCall who;
    Room room;
};

TEST_F(PlacementTest, WhereNothingIsCountedACallGoesAtOnce) {
    room.rules = nullptr;
    const auto hold = placed<HoldClaims>();
    EXPECT_TRUE(hold.asked.empty());
    EXPECT_FALSE(hold.passed_over);
}

TEST_F(PlacementTest, HoldsTheClaimsOfTheRules) {
    count(k_concurrent);
    const auto hold = placed<HoldClaims>();
    ASSERT_EQ(hold.asked.size(), 1U);
    EXPECT_EQ(hold.asked[0].claim.counter.rule, "l/concurrent");
}

TEST_F(PlacementTest, WhatTheRulesCannotCountIsRefused) {
    count(k_concurrent);
    who.invalid_limit = "max_tokens";
    const auto refuse = placed<Refuse>();
    EXPECT_EQ(refuse.error.kind, ErrorKind::invalid);
    EXPECT_FALSE(refuse.asked || refuse.provider);
}

// ---- the queues of limits -----------------------------------------------------------------------

TEST_F(PlacementTest, ANewcomerJoinsTheLineOfItsLimit) {
    count(k_concurrent);
    queues["l/concurrent\n"] = 1;
    const auto wait = placed<WaitInQueue>();
    EXPECT_EQ(wait.queue, "l/concurrent\n");
    EXPECT_EQ(wait.limit, "l");
    EXPECT_EQ(wait.until, who.started + 10s);
    EXPECT_EQ(wait.wait_us, 0);
    EXPECT_EQ(wait.length, config.limits[0].queue_length);
    EXPECT_TRUE(std::holds_alternative<Asked>(wait.wants));
}

TEST_F(PlacementTest, NobodyWaitsForLongerThanItsClient) {
    count(k_concurrent);
    queues["l/concurrent\n"] = 1;
    who.deadline = who.started + 3s;
    EXPECT_EQ(placed<WaitInQueue>().until, who.started + 3s);
    who.now = who.deadline;
    (void)placed<Refuse>();
}

TEST_F(PlacementTest, WhoStandsInALineJoinsNoOther) {
    count(k_concurrent);
    queues["l/concurrent\n"] = 1;
    who.queue = "l/concurrent\n";
    EXPECT_EQ(placed<HoldClaims>().asked.size(), 1U) << "it still holds the claims";
}

TEST_F(PlacementTest, ALimitThatLetsNobodyWaitHasNoLine) {
    count("[[limits]]\nname = \"l\"\nconcurrent = 1\n");
    queues["l/concurrent\n"] = 1;
    placed<HoldClaims>();
}

TEST_F(PlacementTest, WhatCanNeverFitJoinsNoLine) {
    count("[[limits]]\nname = \"l\"\ntokens = \"50/min\"\non_limit = \"queue:10s\"\n");
    queues["l/tokens\n"] = 1;
    prospects.front().estimate = {.input = 51, .output = 0};
    placed<HoldClaims>();
    prospects.front().estimate = {.input = 50, .output = 0};
    placed<WaitInQueue>();
}

TEST_F(PlacementTest, AFullLineRefusesAndSaysHowLongItIs) {
    count(k_rate);
    queues["l/requests\n"] = config.limits[0].queue_length;
    const auto refuse = placed<Refuse>();
    EXPECT_EQ(refuse.error.kind, ErrorKind::rate);
    ASSERT_TRUE(refuse.asked);
    EXPECT_EQ(refuse.wait_us, 1'000'000 * static_cast<std::int64_t>(queues["l/requests\n"]));
    queues["l/requests\n"] -= 1;
    placed<WaitInQueue>();
}

TEST_F(PlacementTest, WhoHasWaitedForLongEnoughIsRefused) {
    count(k_rate);
    queues["l/requests\n"] = 1;
    who.now = who.started + 10s;
    placed<Refuse>();
    who.now -= 1ns;
    placed<WaitInQueue>();
}

TEST_F(PlacementTest, WhoCanGoElsewhereLeavesOutTheProviderWithALine) {
    count(k_each);
    queues["l/concurrent\na"] = 1;
    const auto hold = placed<HoldClaims>();
    EXPECT_EQ(order(), "b");
    ASSERT_EQ(hold.asked.size(), 1U);
    EXPECT_EQ(hold.asked[0].claim.counter.value, "b");
}

TEST_F(PlacementTest, WhoCanGoNowhereElseWaits) {
    count(k_each);
    queues["l/concurrent\na"] = queues["l/concurrent\nb"] = 1;
    EXPECT_EQ(placed<WaitInQueue>().queue, "l/concurrent\nb") << "the last that was left";
}

TEST_F(PlacementTest, WhoWaitsForATargetThatIsWellGoesThereOnItsTurn) {
    prospects[1].service = route::Service::out;
    spaces[0].wait = 1s;
    const auto wait = placed<WaitInQueue>();
    EXPECT_EQ(wait.queue, queue_of(config.providers[0], prospects[0].target.model));
    EXPECT_EQ(order(), "ab");
    who.queue = wait.queue;
    spaces[0].wait = 0s;
    placed<HoldClaims>();
    EXPECT_EQ(order(), "ab");
}

TEST_F(PlacementTest, ATargetThatIsOutOfServiceIsBetterThanARefusal) {
    prospects[1].service = route::Service::out;
    spaces[0].wait = 1h;
    placed<HoldClaims>();
    EXPECT_EQ(order(), "ba");
}

// A call is one request and has one place, wherever it goes in the end.
TEST_F(PlacementTest, WhoWaitsForALimitOnCallsKeepsItsChain) {
    count(k_concurrent);
    offer.chained = {prospects.back()};
    queues["l/concurrent\n"] = 1;
    placed<WaitInQueue>();
    EXPECT_EQ(offer.chained.size(), 1U);
}

// ---- what the ledger refused --------------------------------------------------------------------

TEST_F(PlacementTest, ARefusedRateIsWaitedForAndLookedAtAgainWithinASecond) {
    count(k_rate);
    EXPECT_EQ(refused<WaitInQueue>({.wait_us = 700}).wait_us, 700);
    EXPECT_EQ(refused<WaitInQueue>({.wait_us = 3'600'000'000}).wait_us, 1'000'000);
    EXPECT_EQ(refused<WaitInQueue>({.wait_us = 0}).wait_us, 0);
}

TEST_F(PlacementTest, WhatTheLedgerSaysWillNeverFitIsRefused) {
    count(k_rate);
    const auto refuse = refused<Refuse>({.wait_us = -1});
    EXPECT_TRUE(refuse.error.final);
    EXPECT_FALSE(refuse.asked) << "what the ledger said of all claims stands";
}

TEST_F(PlacementTest, APlaceIsAskedForAgainAfterAPause) {
    count(k_concurrent);
    EXPECT_EQ(refused<WaitInQueue>({.wait_us = -1}).wait_us, 50'000);
}

TEST_F(PlacementTest, AFullLineDoesNotTurnOutWhoStandsInIt) {
    count(k_concurrent);
    queues["l/concurrent\n"] = config.limits[0].queue_length;
    refused<Refuse>();
    who.queue = "l/concurrent\n";
    refused<WaitInQueue>();
}

TEST_F(PlacementTest, ARefusedBudgetLetsNobodyWait) {
    count(k_budget);
    EXPECT_EQ(refused<Refuse>().error.kind, ErrorKind::budget);
}

TEST_F(PlacementTest, WhoIsRefusedAtOneProviderGoesToTheOther) {
    count(k_each);
    EXPECT_EQ(refused<HoldClaims>().asked[0].claim.counter.value, "b");
    EXPECT_EQ(order(), "b");
    refused<WaitInQueue>();
}

// ---- upstreams without room ---------------------------------------------------------------------

TEST_F(PlacementTest, AnUpstreamWithoutRoomComesLast) {
    for (const Space& full : {Space{.wait = 1ns}, Space{.ahead = 1}}) {
        count(k_each);
        spaces = {{0, full}};
        const auto hold = placed<HoldClaims>();
        EXPECT_EQ(order(), "ba");
        EXPECT_EQ(hold.passed_over, 0U);
        EXPECT_EQ(hold.asked[0].claim.counter.value, "b") << "claims follow the new order";
    }
}

TEST_F(PlacementTest, OneThatIsNotTheFirstIsLeftWhereItIs) {
    spaces[1].wait = 1s;
    EXPECT_FALSE(placed<HoldClaims>().passed_over);
    EXPECT_EQ(order(), "ab");
}

TEST_F(PlacementTest, WaitsForTheUpstreamThatHasRoomSoonest) {
    spaces = {{0, {.wait = 5s}}, {1, {.wait = 1s + 1ns}}};
    const auto wait = placed<WaitInQueue>();
    EXPECT_EQ(wait.queue, "b\nm\n");
    EXPECT_EQ(wait.limit, "providers.b");
    EXPECT_EQ(wait.wait_us, 1'000'001) << "a turn never comes too early";
    EXPECT_EQ(wait.length, 2U);
    EXPECT_EQ(std::get<route::Candidate>(wait.wants).provider, 1U);
    EXPECT_EQ(order(), "ab");
}

TEST_F(PlacementTest, OfTwoThatAreEqualTheFirstIsWaitedFor) {
    spaces = {{0, {.wait = 1s}}, {1, {.wait = 1s}}};
    EXPECT_EQ(placed<WaitInQueue>().queue, "a\nm\n");
}

TEST_F(PlacementTest, AnUpstreamThatMayNotBeWaitedForIsPassedOver) {
    const auto waits_for_b = [this] { EXPECT_EQ(placed<WaitInQueue>().queue, "b\nm\n"); };
    spaces = {{0, {.wait = 1s, .ahead = 2}}, {1, {.wait = 2s, .ahead = 1}}};
    waits_for_b();
    spaces[0].ahead = 0;
    config.providers[0].queue_wait = 1s;
    waits_for_b();
    config.providers[0].queue_wait = 1'001ms;
    EXPECT_EQ(placed<WaitInQueue>().queue, "a\nm\n");
}

TEST_F(PlacementTest, WhoMayWaitForNoUpstreamIsRefusedForTheFirst) {
    spaces = {{0, {.wait = 5s}}, {1, {.wait = 3s}}};
    who.deadline = who.now + 3s;
    const auto refuse = placed<Refuse>();
    EXPECT_EQ(refuse.provider, 0U);
    EXPECT_EQ(refuse.error.retry_after, 5s);
    EXPECT_FALSE(refuse.asked);
    who.deadline += 1ns;
    placed<WaitInQueue>();
}

// ---- several credentials ------------------------------------------------------------------------

// Of one provider: the first has no room for two seconds, the second was refused.
class PlacementOfCredentials : public PlacementTest {
  protected:
    PlacementOfCredentials() {
        room.rules = nullptr;
        prospects = {{.provider = "a", .target = {.provider = 0, .model = "m"}},
                     {.provider = "a", .target = {.provider = 0, .model = "m", .credential = 1}}};
        prospects[1].target.last_resort = true;
        room.upstream = [](const Prospect& one) {
            return Space{.wait = one.target.credential == 0 ? 2s : 0s};
        };
    }
};

TEST_F(PlacementOfCredentials, ACallWaitsRatherThanUseALastResort) {
    const auto wait = placed<WaitInQueue>();
    EXPECT_EQ(wait.wait_us, 2'000'000);
    EXPECT_EQ(std::get<route::Candidate>(wait.wants).credential, 0U);
}

TEST_F(PlacementOfCredentials, ACallThatMayNotWaitUsesTheLastResort) {
    config.providers[0].queue_wait = 0s;
    EXPECT_EQ(placed<HoldClaims>().passed_over, 0U);
    EXPECT_EQ(prospects.front().target.credential, 1U);
}

TEST_F(PlacementOfCredentials, IfThereAreOnlyLastResortsTheyAreUsed) {
    prospects[0].target.last_resort = true;
    placed<HoldClaims>();
    EXPECT_EQ(prospects.front().target.credential, 1U) << "the one with room";
}

}  // namespace
}  // namespace bellwether::policy

// Copies of calls for the shadows of their routes: what they are, that they come to an end, and
// that their clients notice nothing of them.
#include "front/shadow_calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live_calls.hpp"

namespace bellwether::front {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

route::Match match_of(const config::Route& route) {
    route::Match match;
    match.route = &route;
    match.candidates.push_back({.provider = 0, .model = "m"});
    match.shadow = {.provider = 1, .model = "next", .target = &route.shadow->to, .id = 7};
    return match;
}

TEST(ShadowOf, IsWhereTheCopyGoes) {
    const config::Route route{.model = "qwen-*", .shadow = config::Shadow{.percent = 100}};
    const auto shadow = shadow_of(match_of(route), "qwen-max", 99);
    ASSERT_TRUE(shadow);
    EXPECT_EQ(shadow->route, "shadow:qwen-*");
    EXPECT_EQ(shadow->model, "qwen-max");
    EXPECT_FALSE(shadow->may_wait) << "in the lines in which clients wait";
    EXPECT_EQ(shadow->config, nullptr) << "no strategy, no hedge";
    ASSERT_EQ(shadow->candidates.size(), 1U);
    EXPECT_EQ(shadow->candidates[0].id, 7U);
    EXPECT_EQ(shadow->candidates[0].model, "next");
}

TEST(ShadowOf, GoesByItsShare) {
    for (const std::uint32_t percent : {1U, 5U, 50U, 99U}) {
        const config::Route route{.model = "m", .shadow = config::Shadow{.percent = percent}};
        std::mt19937_64 random(percent);
        int copies = 0;
        for (int i = 0; i < 100'000; ++i)
            copies += shadow_of(match_of(route), "m", random()) ? 1 : 0;
        EXPECT_NEAR(copies, percent * 1'000, 500);
    }
    const config::Route without{.model = "m"};
    route::Match match;
    match.route = &without;
    EXPECT_FALSE(shadow_of(match, "m", 0));
}

class ShadowCallsTest : public LiveCalls {
  protected:
    bool copies_end() {
        return until([this] { return shadows.count() == 0; });
    }
    std::string counted_as(const std::string& route, const std::string& outcome) const {
        return "bellwether_shadow_calls_total{route=\"shadow:" + route + "\",outcome=\"" + outcome +
               "\"} ";
    }
};

TEST_F(ShadowCallsTest, ACopyIsCountedApart) {
    for (const char* more : {"", R"(,"stream":true)"}) {
        begin("copied", more);
        ASSERT_TRUE(finishes());
        client.said.clear();
        ASSERT_TRUE(copies_end());
    }
    const std::string text = counted();
    EXPECT_THAT(text, HasSubstr(counted_as("copied", "ok") + "2\n"));
    EXPECT_THAT(text, HasSubstr("model=\"copied\",code=\"200\",error_type=\"\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("bellwether_request_duration_seconds_count{route=\"copied\","
                                "provider=\"echo\",model=\"copied\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("attempts_total{provider=\"echo\",result=\"ok\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("bellwether_streams_active 0\n"));
    EXPECT_EQ(process.body_room.held(), 0U);
}

TEST_F(ShadowCallsTest, NoCopyWhereTheRouteHasNoShadow) {
    begin("echo", "");
    EXPECT_EQ(shadows.count(), 0U);
    ASSERT_TRUE(finishes());
    EXPECT_THAT(counted(), HasSubstr("attempts_total{provider=\"echo\",result=\"ok\"} 1\n"));
}

TEST_F(ShadowCallsTest, ACopyThatHangsIsNotWaitedFor) {
    begin("hanging", "");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("200", "finished"));
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-attempts: 1\r\n"));
    EXPECT_EQ(shadows.count(), 1U);
    EXPECT_GT(process.body_room.held(), 0U);
    shadows.end();
    EXPECT_THAT(counted(), HasSubstr(counted_as("hanging", "error") + "1\n"));
    EXPECT_THAT(counted(),
                HasSubstr("attempts_total{provider=\"hanging\",result=\"draining\"} 1\n"));
    EXPECT_EQ(process.body_room.held(), 0U);
}

TEST_F(ShadowCallsTest, ACopyThatFailsIsTriedOnce) {
    upstreams.retries.call(Clock::now());
    begin("broken", "");
    ASSERT_TRUE(finishes());
    ASSERT_TRUE(copies_end());
    EXPECT_THAT(client.said, ElementsAre("200", "finished"));
    EXPECT_TRUE(is_recorded("200", ""));
    EXPECT_THAT(counted(), HasSubstr(counted_as("broken", "error") + "1\n"));
    EXPECT_THAT(counted(),
                HasSubstr("attempts_total{provider=\"broken\",result=\"upstream_error\"} 1\n"));
}

TEST_F(ShadowCallsTest, ACopyOutlivesTheCallOfAClientThatHangsUp) {
    begin("copied", R"(,"echo":{"first_delay_ms":50})");
    client.call->abandoned();
    client.call.reset();
    ASSERT_TRUE(copies_end());
    EXPECT_THAT(counted(), HasSubstr(counted_as("copied", "ok") + "1\n"));
}

TEST_F(ShadowCallsTest, OnlySoManyRunAtOnce) {
    for (std::size_t i = 0; i <= ShadowCalls::k_at_once_max; ++i) {
        client.said.clear();
        begin("hanging", "");
        ASSERT_TRUE(finishes());
    }
    EXPECT_EQ(shadows.count(), ShadowCalls::k_at_once_max);
    EXPECT_THAT(counted(), HasSubstr(counted_as("hanging", "no_room") + "1\n"));
    shadows.end();
}

TEST_F(ShadowCallsTest, WithoutRoomForItsBodyThereIsNone) {
    process.body_room.set_max(100);
    begin("copied", "");
    ASSERT_TRUE(finishes());
    EXPECT_EQ(shadows.count(), 0U);
    EXPECT_THAT(counted(), HasSubstr(counted_as("copied", "no_room") + "1\n"));
    EXPECT_EQ(process.body_room.refused(), 0U) << "no client was refused";
}

TEST_F(ShadowCallsTest, AHostThatDrainsTakesNone) {
    begin("copied", R"(,"echo":{"first_delay_ms":50})");
    ASSERT_TRUE(finishes() && copies_end());
    context.draining = true;
    shadows.copy(context, Call{}, {.route = "shadow:copied", .model = "copied", .candidates = {}});
    EXPECT_EQ(shadows.count(), 0U);
    EXPECT_THAT(counted(), HasSubstr(counted_as("copied", "no_room") + "0\n"));
}

class CountedShadowCallsTest : public CountedLiveCalls {
  protected:
    // Until the call itself is answered, and its copy has asked to be admitted.
    bool asks_for_copy(const std::string& model) {
        ledger->durable = true;
        begin(model, R"(,"user":"alice","stream":true)");
        ledger->answer({});
        return until([this] { return ledger->holds.size() == 2 && client.has_finished(); });
    }
};

TEST_F(CountedShadowCallsTest, ItsRowBelongsToNobody) {
    ASSERT_TRUE(asks_for_copy("copied"));
    ledger->answer({});
    ASSERT_TRUE(until([this] { return shadows.count() == 0; }));
    ASSERT_EQ(ledger->settled.size(), 2U);
    const ledger::UsageRow& own = ledger->settled[0].usage;
    EXPECT_EQ(own.route, "copied");
    EXPECT_EQ(own.user, "alice");
    const ledger::UsageRow& row = ledger->settled[1].usage;
    EXPECT_EQ(row.route, "shadow:copied");
    EXPECT_EQ(row.key + row.team + row.user, "");
    EXPECT_EQ(row.request_id, "req-shadow");
    EXPECT_EQ(row.upstream_model, "second");
    EXPECT_EQ(row.status, 200);
    EXPECT_EQ(row.usage.source, UsageSource::provider);
    EXPECT_GE(row.first_token_us, 0);
    EXPECT_EQ(ledger->holds[1].claims.size(), 1U) << "the limit of copies alone counts it";
}

TEST_F(CountedShadowCallsTest, ARefusedOneIsLeftOut) {
    ASSERT_TRUE(asks_for_copy("copied"));
    ledger->answer({.answer = ledger::HoldAnswer::refused, .refused_by = 0});
    ASSERT_TRUE(until([this] { return shadows.count() == 0; }));
    EXPECT_EQ(ledger->settled.size(), 1U);
    EXPECT_THAT(counted(), HasSubstr("{route=\"shadow:copied\",outcome=\"refused\"} 1\n"));
    EXPECT_THAT(counted(), Not(HasSubstr("code=\"429\"")));
}

TEST_F(CountedShadowCallsTest, OneThatIsEndedIsSettledAndOneThatWaitsIsGivenUp) {
    ASSERT_TRUE(asks_for_copy("hanging"));
    ledger->answer({});
    loop.poll();
    begin("hanging", "");
    ledger->answer({});
    ASSERT_TRUE(until([this] { return ledger->holds.size() == 4; }));
    shadows.end();
    ASSERT_EQ(ledger->settled.size(), 2U);
    EXPECT_EQ(ledger->settled[1].usage.route, "shadow:hanging");
    EXPECT_EQ(ledger->settled[1].usage.error, "draining");
    ledger->answer({});  // too late: the hold is given back
    ASSERT_EQ(ledger->settled.size(), 3U);
    EXPECT_FALSE(ledger->settled[2].recorded);
}

}  // namespace
}  // namespace bellwether::front

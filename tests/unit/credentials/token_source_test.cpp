// A source and the desks of two workers on a simulated clock, over a transport that the test speaks
// for.
#include "credentials/token_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "../plugin/scripted_transport.hpp"
#include "credentials/aws_role.hpp"
#include "credentials/client_credentials.hpp"
#include "credentials/token_desk.hpp"

namespace bellwether::credentials {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

// A worker: a loop, a wire and a desk.
struct OneWorker {
    boost::asio::io_context loop;
    net::ScriptedTransport wire;
    std::optional<TokenDesk> desk{std::in_place, loop, wire};
};

class TokenSourceTest : public ::testing::Test {
  protected:
    TokenSourceTest() : before_(Clock::give(&time)) {}
    ~TokenSourceTest() override { Clock::give(before_); }

    void run() {
        for (int i = 0; i < 5; ++i) {
            for (OneWorker* worker : {&first, &second}) {
                worker->loop.restart();
                worker->loop.poll();
            }
        }
    }
    void pass(Clock::duration span) {
        time.now += span;
        run();
    }

    TokenWait wait(OneWorker& worker, std::vector<TokenOutcome>& told) {
        return worker.desk->wait(source,
                                 [&told](const TokenOutcome& outcome) { told.push_back(outcome); });
    }
    static void answers(net::ScriptedTransport::Upstream& upstream, int status,
                        const std::string& body) {
        upstream.head(status, "application/json");
        upstream.says(body);
        upstream.ends();
    }
    static void gives(net::ScriptedTransport::Upstream& upstream, const std::string& token,
                      int seconds = 3600) {
        answers(
            upstream, 200,
            R"({"access_token":")" + token + R"(","expires_in":)" + std::to_string(seconds) + "}");
    }
    // Fetches a token.
    void fetch(const std::string& token, int seconds = 3600) {
        std::vector<TokenOutcome> told;
        const auto waiting = wait(first, told);
        gives(first.wire.last(), token, seconds);
        run();
        ASSERT_EQ(told.size(), 1u);
        ASSERT_TRUE(told[0]);
    }
    static std::string text(const std::shared_ptr<const LiveToken>& token) {
        return token ? std::get<std::string>(token->value) : "none";
    }
    std::string ready(OneWorker& worker) { return text(worker.desk->ready(source)); }

    Clock::Simulated time;
    Clock::Simulated* before_;
    std::shared_ptr<TokenSource> source =
        TokenSource::make(client_tokens({.token_url = "https://auth.example/token",
                                         .client_id = "id",
                                         .client_secret = "hunter22"}),
                          {.name = "credential \"entra\"", .seed = 7});
    OneWorker first;
    OneWorker second;
};

TEST_F(TokenSourceTest, OneFetchServesAllWhoWait) {
    std::vector<TokenOutcome> told;
    std::vector<TokenWait> waits;
    for (int i = 0; i < 500; ++i) {
        waits.push_back(wait(first, told));
        waits.push_back(wait(second, told));
    }
    run();
    EXPECT_EQ(first.wire.upstreams.size() + second.wire.upstreams.size(), 1u);
    EXPECT_TRUE(told.empty());
    gives(first.wire.last(), "t1");
    EXPECT_TRUE(told.empty()) << "nobody is told from inside";
    run();
    EXPECT_EQ(told.size(), 1000u);
    for (const auto& outcome : told) EXPECT_EQ(text(*outcome), "t1");
    EXPECT_EQ(ready(first), "t1");
    EXPECT_EQ(ready(second), "t1");
}

TEST_F(TokenSourceTest, TheRequestIsTheGivers) {
    std::vector<TokenOutcome> told;
    const auto waiting = wait(first, told);
    EXPECT_EQ(first.wire.last().url, "https://auth.example/token");
    EXPECT_EQ(first.wire.last().body, "grant_type=client_credentials");
}

TEST_F(TokenSourceTest, TheNextOneIsFetchedEarlyWhileTheOldOneServes) {
    fetch("t1");
    pass(52min);
    EXPECT_EQ(ready(second), "t1");
    EXPECT_TRUE(second.wire.upstreams.empty());
    pass(3min + 1s);
    EXPECT_EQ(ready(second), "t1");
    EXPECT_EQ(ready(first), "t1");
    EXPECT_EQ(second.wire.upstreams.size(), 1u);
    EXPECT_EQ(first.wire.upstreams.size(), 1u) << "only one fetches";
    gives(second.wire.last(), "t2");
    EXPECT_EQ(ready(first), "t2");
}

TEST_F(TokenSourceTest, ATokenThatEndsSoonIsNotUsed) {
    fetch("t1");
    pass(1h - 31s);
    EXPECT_EQ(ready(first), "t1");
    pass(2s);
    EXPECT_EQ(ready(first), "none");
}

TEST_F(TokenSourceTest, ShortLifetimesAreUsedToo) {
    fetch("t1", 10);
    EXPECT_EQ(ready(first), "t1");
    EXPECT_EQ(first.wire.upstreams.size(), 1u) << "not fetched again at once";
    pass(8500ms);
    EXPECT_EQ(ready(first), "t1");
    EXPECT_EQ(first.wire.upstreams.size(), 2u);
    pass(1s);
    EXPECT_EQ(ready(first), "none");
}

TEST_F(TokenSourceTest, ARefreshThatFailsLeavesTheOldTokenInUse) {
    fetch("t1");
    pass(56min);
    EXPECT_EQ(ready(first), "t1");
    answers(first.wire.last(), 400, R"({"error":"invalid_client"})");
    run();
    EXPECT_EQ(ready(first), "t1");
    EXPECT_EQ(first.wire.upstreams.size(), 2u) << "a pause follows a failure";
    EXPECT_THAT(source->standing().failure, HasSubstr("invalid_client"));
    EXPECT_TRUE(source->standing().usable);
    pass(15s);
    EXPECT_EQ(ready(first), "t1");
    gives(first.wire.last(), "t2");
    EXPECT_EQ(ready(first), "t2");
    EXPECT_EQ(source->standing().failure, "");
}

TEST_F(TokenSourceTest, ARefusalIsTheCredentialsFailureWithoutItsSecret) {
    std::vector<TokenOutcome> told;
    const auto waiting = wait(first, told);
    answers(first.wire.last(), 401,
            R"({"error":"invalid_client","error_description":"hunter22 is wrong"})");
    run();
    ASSERT_EQ(told.size(), 1u);
    const Error& error = told[0].error();
    EXPECT_EQ(error.kind, ErrorKind::auth);
    EXPECT_EQ(error.code, "credential_refused");
    EXPECT_EQ(error.message, "credential \"entra\": its token endpoint did not accept it");
    EXPECT_THAT(error.detail,
                HasSubstr("the token endpoint https://auth.example answered 401 invalid_client: "
                          "*** is wrong"));
    EXPECT_THAT(error.detail, Not(HasSubstr("hunter22")));
    EXPECT_GT(error.retry_after, 0ms);
}

TEST_F(TokenSourceTest, AfterAFailureCallsAreToldAtOnceUntilThePauseIsOver) {
    std::vector<TokenOutcome> told;
    auto waiting = wait(first, told);
    answers(first.wire.last(), 401, "{}");
    run();
    const auto pause = *told[0].error().retry_after;
    EXPECT_GE(pause, 7500ms);
    EXPECT_LE(pause, 15s);
    waiting = wait(second, told);
    EXPECT_EQ(told.size(), 1u) << "not from inside";
    run();
    EXPECT_EQ(told.size(), 2u);
    EXPECT_TRUE(second.wire.upstreams.empty());
    pass(pause + 1ms);
    waiting = wait(second, told);
    EXPECT_EQ(second.wire.upstreams.size(), 1u);
    answers(second.wire.last(), 401, "{}");
    run();
    EXPECT_GT(*told[2].error().retry_after, 15s) << "it doubles";
}

TEST_F(TokenSourceTest, AnEndpointThatIsNotReachedIsAskedOnceMore) {
    std::vector<TokenOutcome> told;
    const auto waiting = wait(first, told);
    first.wire.last().fails(net::FailureKind::connect);
    run();
    EXPECT_TRUE(told.empty());
    pass(250ms);
    ASSERT_EQ(first.wire.upstreams.size(), 2u);
    first.wire.last().fails(net::FailureKind::connect);
    run();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].error().code, "credential_unavailable");
    EXPECT_EQ(told[0].error().kind, ErrorKind::auth);
    EXPECT_LE(*told[0].error().retry_after, 1s);
}

TEST_F(TokenSourceTest, AnEndpointThatSaysNothingIsNotWaitedForForever) {
    std::vector<TokenOutcome> told;
    const auto waiting = wait(first, told);
    pass(15s - 1ms);
    EXPECT_TRUE(told.empty());
    pass(1ms);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_THAT(told[0].error().detail, HasSubstr("did not answer within 15000 ms"));
    EXPECT_TRUE(first.wire.last().dropped());
}

TEST_F(TokenSourceTest, AnEndlessAnswerIsCut) {
    std::vector<TokenOutcome> told;
    const auto waiting = wait(first, told);
    first.wire.last().head(200, "application/json");
    for (int i = 0; i < 5; ++i) first.wire.last().says(std::string(64u << 10, ' '));
    run();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_THAT(told[0].error().detail, HasSubstr("more than 256 KiB"));
}

TEST_F(TokenSourceTest, ACallThatIsDroppedIsNeverTold) {
    std::vector<TokenOutcome> told;
    auto dropped = wait(first, told);
    auto late = wait(first, told);
    const auto kept = wait(first, told);
    dropped.reset();
    gives(first.wire.last(), "t1");
    late.reset();  // what tells it is on its way already
    run();
    EXPECT_EQ(told.size(), 1u);
}

TEST_F(TokenSourceTest, TheFetchGoesOnThoughTheCallThatBeganItIsDropped) {
    std::vector<TokenOutcome> told;
    auto dropped = wait(first, told);
    const auto kept = wait(second, told);
    dropped.reset();
    gives(first.wire.last(), "t1");
    run();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(text(*told[0]), "t1");
}

TEST_F(TokenSourceTest, AnotherWorkerFetchesIfTheFirstOneEnds) {
    std::vector<TokenOutcome> told;
    auto gone = wait(first, told);
    const auto kept = wait(second, told);
    first.desk.reset();
    EXPECT_TRUE(first.wire.last().dropped());
    run();
    ASSERT_EQ(second.wire.upstreams.size(), 1u);
    gives(second.wire.last(), "t1");
    run();
    EXPECT_EQ(told.size(), 1u);
    gone.reset();  // after its desk
}

// The turn is on its way to the second worker when that one ends, too.
TEST_F(TokenSourceTest, ATurnThatReachesNobodyIsNotLost) {
    std::vector<TokenOutcome> told;
    auto gone = wait(first, told);
    auto gone_too = wait(second, told);
    first.desk.reset();
    second.desk.reset();
    run();
    EXPECT_FALSE(source->standing().fetching);
    OneWorker third;
    const auto kept = wait(third, told);
    ASSERT_EQ(third.wire.upstreams.size(), 1u);
    gives(third.wire.last(), "t1");
    third.loop.poll();
    EXPECT_EQ(told.size(), 1u);
}

TEST_F(TokenSourceTest, ATurnWhoseLoopEndsIsNotLost) {
    std::vector<TokenOutcome> told;
    std::optional<OneWorker> third(std::in_place);
    auto gone = wait(first, told);
    auto waits = wait(*third, told);
    first.desk.reset();  // its turn is now in the third one's loop
    third->desk.reset();
    third.reset();
    EXPECT_FALSE(source->standing().fetching);
}

TEST_F(TokenSourceTest, WhoIsToldMayDropEverything) {
    std::vector<TokenOutcome> told;
    std::vector<TokenWait> waits;
    waits.push_back(first.desk->wait(source, [&](const TokenOutcome& outcome) {
        told.push_back(outcome);
        waits.clear();
        first.desk.reset();
    }));
    waits.push_back(wait(first, told));
    gives(first.wire.last(), "t1");
    run();
    EXPECT_EQ(told.size(), 1u);
}

TEST_F(TokenSourceTest, ARevokedTokenIsFetchedAnewAndANewOneIsNot) {
    fetch("t1");
    const auto token = first.desk->ready(source);
    source->refused(token);
    EXPECT_EQ(ready(first), "t1") << "it is new: a permission is missing";
    pass(31s);
    source->refused(token);
    EXPECT_EQ(ready(first), "none");
    fetch("t2");
    source->refused(token);
    EXPECT_EQ(ready(first), "t2") << "the old one says nothing of the new one";
}

TEST_F(TokenSourceTest, WhatCannotBeAskedIsToldToo) {
    source = TokenSource::make(container_tokens({.url = "http://x", .token_file = "/nowhere"}),
                               {.name = "role"});
    std::vector<TokenOutcome> told;
    const auto waiting = wait(first, told);
    run();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_THAT(told[0].error().detail, HasSubstr("was not asked: the file \"/nowhere\""));
    EXPECT_TRUE(first.wire.upstreams.empty());
}

TEST_F(TokenSourceTest, AnInstancesRoleIsFetchedInThreeRequests) {
    source = TokenSource::make(instance_tokens("http://169.254.169.254"), {.name = "role"});
    time.wall = *read_rfc3339("2026-02-25T05:03:31Z");
    std::vector<TokenOutcome> told;
    const auto waiting = wait(first, told);
    answers(first.wire.last(), 200, "session");
    answers(first.wire.last(), 200, "name");
    EXPECT_THAT(first.wire.last().url, HasSubstr("/name"));
    answers(first.wire.last(), 200,
            R"({"AccessKeyId":"A","SecretAccessKey":"B","Token":"C",)"
            R"("Expiration":"2026-02-25T06:03:31Z"})");
    run();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(std::get<AwsKeys>((*told[0])->value), (AwsKeys{"A", "B", "C"}));
    EXPECT_EQ(first.wire.upstreams.size(), 3u);
}

}  // namespace
}  // namespace bellwether::credentials

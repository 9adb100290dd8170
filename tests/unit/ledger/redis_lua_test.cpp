// The scripts themselves, each run by a real server with the words and answers that its file names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/redis/errand.hpp"
#include "redis_server.hpp"

namespace bellwether::ledger {
namespace {

using testing::ElementsAre;
using Arguments = std::vector<std::string>;

class RedisLua : public testing::Test {
  protected:
    RedisReply run(Script script, Arguments arguments = {}) {
        auto reply = errand_->run(script, std::move(arguments));
        if (!reply) ADD_FAILURE() << reply.error().message;
        return reply.value_or(RedisReply{});
    }
    // The numbers of an answer that is a list, or the one number that it is.
    std::vector<std::int64_t> numbers(Script script, Arguments arguments = {}) {
        const RedisReply reply = run(script, std::move(arguments));
        if (reply.kind == RedisReply::Kind::integer) return {reply.integer};
        std::vector<std::int64_t> found;
        for (const RedisReply& element : reply.elements) found.push_back(element.integer);
        return found;
    }
    void begin(RedisSettings settings) {
        errand_ =
            std::make_unique<RedisErrand>(settings, std::make_shared<const RedisScripts>(settings));
        run(Script::renew, {"7", "epoch", "", "0"});
    }

    // A budget without an end, of ten tokens out of a hundred.
    static Arguments hold_of(std::string number, std::string epoch = "epoch",
                             std::string how = "first") {
        return {"7",
                std::move(number),
                std::move(epoch),
                std::move(how),
                "1",
                "budget",
                "rule:",
                "10",
                "100",
                "1",
                "0",
                "0",
                "1",
                "1"};
    }
    static Arguments settlement_of(std::string number, std::string how = "recorded",
                                   std::string epoch = "epoch") {
        return {"7", std::move(number), std::move(how), std::move(epoch), "1", "4", "time_us", "5"};
    }

    RedisServer server_;
    std::unique_ptr<RedisErrand> errand_;
};

TEST_F(RedisLua, AServerTakesEachScript) {
    const RedisScripts scripts(server_.settings());
    for (const std::string& text : scripts.texts) {
        const auto loaded = server_.ask({"SCRIPT", "LOAD", text});
        ASSERT_TRUE(loaded) << loaded.error().message << "\n" << text;
        EXPECT_EQ(loaded->text.size(), 40u) << text;
    }
}

TEST_F(RedisLua, RenewNamesTheContentsAndCountsLooks) {
    begin(server_.settings());
    const RedisReply again = run(Script::renew, {"7", "other", "epoch", "1"});
    EXPECT_GT(again.integer_at(0), 0);
    EXPECT_EQ(again.elements[1].text, "epoch");
    EXPECT_EQ(again.integer_at(2), 2);
    const RedisReply older = run(Script::renew, {"7", "other", "epoch", "9"});
    EXPECT_EQ(older.elements[1].text, "other") << "nine looks were seen, the contents know of two";
    EXPECT_EQ(older.integer_at(2), 1);
}

TEST_F(RedisLua, AHoldIsGivenSettledOnceAndListed) {
    begin(server_.settings());
    EXPECT_THAT(numbers(Script::hold, hold_of("1")), ElementsAre(0, 0, 0, 10, 90, 0, 0, 0, 0));
    EXPECT_THAT(numbers(Script::settle, settlement_of("1")), ElementsAre(1));
    EXPECT_THAT(numbers(Script::settle, settlement_of("1")), ElementsAre(0));
    std::vector<std::string> counter;
    for (const auto& word : run(Script::counters).elements) counter.push_back(word.text);
    EXPECT_THAT(counter, ElementsAre("budget:rule:", "0", "0", "4", "0"));
    EXPECT_EQ(server_.ask({"XLEN", "{bellwether}:usage"})->integer, 1);
    EXPECT_THAT(numbers(Script::reset, {"rule"}), ElementsAre(1));
    EXPECT_THAT(numbers(Script::reset, {"rul"}), ElementsAre(0));
}

TEST_F(RedisLua, EachCodeOfAHoldIsAnswered) {
    RedisSettings settings = server_.settings();
    settings.counters_max = 1;
    begin(settings);
    const auto code_of = [this](Arguments arguments) {
        return HoldCode{run(Script::hold, std::move(arguments)).integer_at(0)};
    };
    EXPECT_EQ(code_of(hold_of("1")), HoldCode::held);
    EXPECT_EQ(code_of(hold_of("1")), HoldCode::known);
    EXPECT_EQ(code_of(hold_of("2", "another")), HoldCode::emptied);
    run(Script::settle, settlement_of("3", k_settle_withdrawn));
    EXPECT_EQ(code_of(hold_of("3")), HoldCode::withdrawn);
    Arguments dear = hold_of("4");
    dear[7] = "91";
    EXPECT_EQ(code_of(dear), HoldCode::refused);
    dear[3] = k_hold_again;
    EXPECT_EQ(code_of(dear), HoldCode::held) << "given before, and so again";
    Arguments other = hold_of("5");
    other[6] = "other:";
    EXPECT_EQ(code_of(other), HoldCode::full);
}

TEST_F(RedisLua, ASettlementOfALostHoldSaysSo) {
    begin(server_.settings());
    EXPECT_THAT(numbers(Script::settle, settlement_of("1", k_settle_recorded, "another")),
                ElementsAre(k_settle_lost));
    EXPECT_THAT(numbers(Script::settle, settlement_of("1", k_settle_unrecorded)), ElementsAre(0));
}

TEST_F(RedisLua, ALostHostIsReapedAndOneThatHoldsNothingLeaves) {
    begin(server_.settings());
    run(Script::hold, hold_of("1"));
    EXPECT_THAT(numbers(Script::leave, {"7"}), ElementsAre(0)) << "it holds something";
    EXPECT_THAT(numbers(Script::reap), ElementsAre(0, 0)) << "its lease has not ended";
    server_.ask({"ZADD", "{bellwether}:hosts", "1", "7"});
    EXPECT_THAT(numbers(Script::reap), ElementsAre(1, 1));
    EXPECT_THAT(numbers(Script::reap), ElementsAre(0, 0));
    run(Script::renew, {"7", "other", "epoch", "1"});
    EXPECT_THAT(numbers(Script::leave, {"7"}), ElementsAre(1));
}

TEST_F(RedisLua, ThinTakesOutNamesAndRowsThatAreOld) {
    RedisSettings settings = server_.settings();
    settings.keep_usage_ms = 1'000;
    begin(settings);
    server_.ask({"ZADD", "{bellwether}:counters", "1", "rate:old:"});
    server_.ask({"XADD", "{bellwether}:usage", "1-1", "time_us", "1"});
    EXPECT_THAT(numbers(Script::thin), ElementsAre(1)) << "rows went: there may be more";
    EXPECT_THAT(numbers(Script::thin), ElementsAre(0));
    EXPECT_EQ(server_.ask({"ZCARD", "{bellwether}:counters"})->integer, 0);
    EXPECT_EQ(server_.ask({"XLEN", "{bellwether}:usage"})->integer, 0);
}

}  // namespace
}  // namespace bellwether::ledger

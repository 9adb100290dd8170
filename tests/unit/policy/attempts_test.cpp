// Attempts as an object, with targets that cannot be begun.
#include "policy/attempts/attempts.hpp"

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

class Client final : public Replies {
  public:
    void on_reply(std::string) override { ADD_FAILURE() << "there is no reply"; }
    void on_chunk(std::string_view) override { ADD_FAILURE() << "there is no chunk"; }
    void on_bytes(std::string_view, std::string_view) override {
        ADD_FAILURE() << "there are no bytes";
    }
    void on_end(const CallEnd& outcome) override { ends.push_back(outcome); }

    std::vector<CallEnd> ends;
};

class AttemptsTest : public testing::Test {
  protected:
    const CallEnd& outcome_of_start() {
        Attempts attempts(desk.engine, call, targets, reckoner, client);
        attempts.start();
        EXPECT_EQ(client.ends.size(), 1U);
        return client.ends.at(0);
    }

    Desk desk{""};
    Call call = Desk::call_of();
    std::vector<Prospect> targets{{.provider = "a", .target = {.provider = 0, .model = "m"}},
                                  {.provider = "b", .target = {.provider = 1, .model = "n"}}};
    Reckoner reckoner{desk.books, desk.slots, call};
    Client client;
};

TEST_F(AttemptsTest, EveryTargetIsTriedAndTheEndIsToldOnce) {
    const CallEnd& end = outcome_of_start();
    ASSERT_FALSE(end.result);
    EXPECT_EQ(end.result.error().kind, ErrorKind::unsupported);
    EXPECT_EQ(end.attempts, 2U);
    EXPECT_EQ(end.provider, "b");
    EXPECT_EQ(end.model, "n");
    ASSERT_EQ(end.failures.size(), 1U);
    EXPECT_EQ(end.failures[0].provider, "a");
    EXPECT_EQ(end.usage.source, UsageSource::none) << "nothing was sent";
}

// A route may name one provider twice.
TEST_F(AttemptsTest, TheEndHasThePriceOfTheLastTarget) {
    const config::Price dear{.input = 2'000'000};
    const config::Price cheap{.input = 1'000'000};
    targets[0].target.price = &dear;
    targets[1] = {.provider = "a", .target = {.provider = 0, .model = "n", .price = &cheap}};
    const CallEnd& end = outcome_of_start();
    EXPECT_EQ(end.price, &cheap);
    EXPECT_EQ(end.failures.at(0).price, &dear);
}

TEST_F(AttemptsTest, NoOtherTargetIsTriedAfterTheClientsDeadline) {
    call.deadline = std::chrono::steady_clock::now();
    const CallEnd& end = outcome_of_start();
    EXPECT_EQ(end.attempts, 1U);
    EXPECT_TRUE(end.failures.empty());
}

TEST_F(AttemptsTest, ATargetWhoseUpstreamHasNoRoomIsPassedOver) {
    targets.push_back({.provider = "a", .target = {.provider = 0, .model = "o"}});
    UpstreamLimits::CountedTrip(desk.upstreams.limits, targets[1].target, 100)
        .refused(std::chrono::seconds(9));
    const CallEnd& end = outcome_of_start();
    EXPECT_EQ(end.attempts, 2U);
    EXPECT_EQ(end.provider, "a");
}

}  // namespace
}  // namespace bellwether::policy

// What upstreams said of their limits: whose it is, what a call takes of it and gives back, and how
// much of it is kept.
#include "policy/upstreams/upstream_limits.hpp"

#include <thread>

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using CountedTrip = UpstreamLimits::CountedTrip;

constexpr std::int64_t k_tokens = 100;

config::Config with_keys(const char* key_of_a, const char* key_of_b) {
    return Desk::parsed(std::string("[providers.a]\nplugin = \"openai\"\napi_key = \"env:") +
                        key_of_a + "\"\n[providers.b]\nplugin = \"openai\"\napi_key = \"env:" +
                        key_of_b + "\"\n[[routes]]\nmodel = \"*\"\nto = [\"a\", \"b\"]\n");
}

class UpstreamLimitsTest : public testing::Test {
  protected:
    void open(const char* key_of_a = "ONE", const char* key_of_b = "OTHER") {
        config = with_keys(key_of_a, key_of_b);
        limits.emplace(config);
    }
    bool has_room(const route::Candidate& candidate, std::int64_t tokens = k_tokens) const {
        return limits->wait(candidate, tokens).count() == 0;
    }
    void say(CountedTrip& trip, std::int64_t remaining_tokens,
             std::chrono::milliseconds reset = 1min) const {
        trip.answered();
        trip.told({.tokens = {.limit = 1'000, .remaining = remaining_tokens, .reset = reset}});
    }

    const route::Candidate a{.provider = 0, .model = "m"};
    const route::Candidate b{.provider = 1, .model = "m"};
    config::Config config;
    std::optional<UpstreamLimits> limits;
};

TEST(TokensAtSending, AreAQuarterOfThePromptAndWhatTheAnswerMayTake) {
    Call call;
    call.body = std::string(400, 'x');
    EXPECT_EQ(tokens_at_sending(call, call.asked), 100);
    call.asked.max_tokens = 50;
    EXPECT_EQ(tokens_at_sending(call, call.asked), 150);
    call.asked.max_tokens = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(tokens_at_sending(call, call.asked), 100 + k_choice_tokens_max);
    call.asked.max_tokens = 0;
    call.body.resize(1'000'000);
    EXPECT_EQ(tokens_at_sending(call, call.asked), 100'000) << "a picture, most likely";
}

TEST_F(UpstreamLimitsTest, AreOfACredential) {
    open("ONE", "OTHER");
    CountedTrip(*limits, a, k_tokens).refused(5s);
    EXPECT_FALSE(has_room(a));
    EXPECT_TRUE(has_room(b));
    open("ONE", "ONE");
    CountedTrip(*limits, a, k_tokens).refused(5s);
    EXPECT_FALSE(has_room(b)) << "one customer of one upstream";
}

// Of one provider's credentials as of those of two providers.
TEST_F(UpstreamLimitsTest, EachOfSeveralCredentialsHasItsOwn) {
    config = with_keys("ONE", "OTHER");
    config.providers[0].api_keys = {{"api_key", "env:ONE", {}}, {"api_key", "env:OTHER", {}}};
    limits.emplace(config);
    const route::Candidate second{.provider = 0, .model = "m", .credential = 1};
    CountedTrip(*limits, second, k_tokens).refused(5s);
    EXPECT_FALSE(has_room(second));
    EXPECT_TRUE(has_room(a));
    EXPECT_FALSE(has_room(b)) << "it has the same credential";
}

TEST_F(UpstreamLimitsTest, ACallThatIsNotAnsweredTookNothing) {
    open();
    {
        CountedTrip first(*limits, a, k_tokens);
        say(first, 150);
    }
    ASSERT_TRUE(has_room(a));
    {
        const CountedTrip second(*limits, a, k_tokens);
        EXPECT_FALSE(has_room(a));
    }
    EXPECT_TRUE(has_room(a));
}

TEST_F(UpstreamLimitsTest, ACallThatIsAnsweredTookWhatItTook) {
    open();
    {
        CountedTrip first(*limits, a, k_tokens);
        say(first, 250);
    }
    {
        CountedTrip second(*limits, a, k_tokens);
        say(second, 50);
    }
    EXPECT_FALSE(has_room(a));
    {
        CountedTrip third(*limits, a, 50);
        third.answered();
    }
    EXPECT_TRUE(has_room(a, 50)) << "an error, most likely, which takes nothing";
    EXPECT_FALSE(has_room(a));
}

TEST_F(UpstreamLimitsTest, AnUpstreamThatSaysNothingIsNotKnown) {
    open();
    CountedTrip(*limits, a, k_tokens).answered();
    EXPECT_FALSE(limits->knows(a));
}

TEST_F(UpstreamLimitsTest, OneAtATimeFollowsARefusalAndEachThatIsServedAllowsOneMore) {
    open();
    for (int i = 0; i < 10; ++i) CountedTrip(*limits, a, k_tokens);
    CountedTrip(*limits, a, k_tokens).refused(1ms);
    while (!has_room(a)) std::this_thread::yield();  // the wait that was asked for is over
    const CountedTrip first(*limits, a, k_tokens);
    EXPECT_FALSE(has_room(a)) << "those that have ended are not under way";
    CountedTrip(*limits, a, k_tokens).served();
    EXPECT_TRUE(has_room(a));
}

TEST_F(UpstreamLimitsTest, OfAThousandModelsTheIdleMakeRoom) {
    open();
    CountedTrip(*limits, a, k_tokens).refused(60s);
    const auto model = [](int number) {
        return route::Candidate{.provider = 0, .model = std::to_string(number)};
    };
    for (int i = 0; i < 999; ++i) {
        const auto candidate = model(i);
        CountedTrip trip(*limits, candidate, k_tokens);
        say(trip, 0, 0s);
    }
    const auto one_more = model(1'000);
    CountedTrip(*limits, one_more, k_tokens).refused(60s);
    EXPECT_FALSE(has_room(one_more));
    EXPECT_FALSE(has_room(a)) << "what still matters is not forgotten";
}

TEST_F(UpstreamLimitsTest, WhereNoneOfAThousandIsIdleNoMoreIsLearned) {
    open();
    for (int i = 0; i < 1'000; ++i) {
        const route::Candidate candidate{.provider = 0, .model = std::to_string(i)};
        CountedTrip(*limits, candidate, k_tokens).refused(60s);
    }
    CountedTrip(*limits, a, k_tokens).refused(60s);
    EXPECT_TRUE(has_room(a));
}

}  // namespace
}  // namespace bellwether::policy

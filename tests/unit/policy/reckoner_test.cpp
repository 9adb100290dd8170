// What a worker asks of all that it has learned, and adds to it, for one call.
#include "policy/estimate/reckoner.hpp"

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

const route::Candidate k_a{.provider = 0, .model = "m"};

AnswerSeen answer(std::int64_t input, std::int64_t output, std::int64_t seen) {
    return {.reported = {.input_tokens = input,
                         .output_tokens = output,
                         .source = UsageSource::provider},
            .reported_last = true,
            .seen = seen,
            .text_bytes = 4 * seen,
            .last_word = true};
}

std::string text_of(std::size_t bytes) {
    return R"(,"messages":[{"role":"user","content":")" + std::string(bytes, 'x') + R"("}])";
}

Reckoner& reckoner_of(Desk& desk, const std::string& more = "",
                      const std::string& messages = text_of(1'000)) {
    return desk.ask(more, messages).reckoner();
}

TEST(Reckoner, LearnsHowDenseAModelsPromptsAre) {
    Desk desk(k_budget);
    const std::int64_t before = reckoner_of(desk).bound(k_a).held.input;
    Reckoner& reckoner = reckoner_of(desk);
    reckoner.learn(k_a, answer(900, 10, 10));
    EXPECT_EQ(reckoner.bound(k_a).held.input, before) << "a call's own bound stays what it was";
    EXPECT_GT(reckoner_of(desk).bound(k_a).held.input, 2 * before);
}

TEST(Reckoner, LearnsNothingFromAFigureThatNobodyBelieves) {
    Desk desk("[server]\ndefault_context = 2000\n" + std::string(k_budget));
    const std::int64_t before = reckoner_of(desk).bound(k_a).held.input;
    Reckoner& reckoner = reckoner_of(desk);
    reckoner.learn(k_a, answer(reckoner.bound(k_a).believed.input + 1, 10, 10));
    EXPECT_EQ(reckoner_of(desk).bound(k_a).held.input, before);
}

TEST(Reckoner, LearnsWhatAModelShowsOnlyWhereAllChoicesAreShown) {
    const auto shows_after = [](const std::string& more) {
        Desk desk(k_budget);
        Reckoner& reckoner = reckoner_of(desk, more);
        for (int i = 0; i < 3; ++i) reckoner.learn(k_a, answer(300, 40, 40));
        return desk.books.visibility.of("a", "m", false);
    };
    EXPECT_EQ(shows_after(""), Shows::all);
    EXPECT_EQ(shows_after(R"(,"n":1,"best_of":3)"), Shows::unknown);
    EXPECT_EQ(shows_after(R"(,"echo":true)"), Shows::unknown) << "what is seen is the prompt";
}

TEST(Reckoner, KeepsTheServiceTierThatTheProviderNames) {
    Desk desk(k_budget);
    Reckoner& reckoner = reckoner_of(desk, R"(,"service_tier":"priority")");
    AnswerSeen heard = answer(300, 40, 40);
    EXPECT_EQ(reckoner.at_end(k_a, heard, Ending::complete).usage.service_tier, "priority");
    heard.reported.service_tier = "default";
    EXPECT_EQ(reckoner.at_end(k_a, heard, Ending::complete).usage.service_tier, "default");
}

TEST(Reckoner, HoldsWhatAModelCanGenerate) {
    Desk desk(k_budget);
    desk.slots[0] = Desk::slot("a", {{.id = "m", .max_output = 77}});
    desk.call = Call();
    desk.call.body = R"({"model":"m","messages":[]})";
    ASSERT_TRUE(json::read_request(desk.call));
    Reckoner reckoner(desk.books, desk.slots, desk.call);
    EXPECT_EQ(reckoner.bound(k_a).held.output, 77);
}

// Where nothing is counted, what was seen says more than what may have been.
TEST(Reckoner, WithoutALedgerAnUnknownModelIsTakenToShowAll) {
    Desk desk(k_budget);
    Reckoner& counted = reckoner_of(desk);
    const AnswerSeen left{.seen = 12, .text_bytes = 48};
    EXPECT_EQ(counted.at_end(k_a, left, Ending::client_gone).usage.output_tokens, 100);
    desk.books.session.reset();
    Reckoner uncounted(desk.books, desk.slots, desk.call);
    EXPECT_EQ(uncounted.at_end(k_a, left, Ending::client_gone).usage.output_tokens, 12);
}

TEST(Reckoner, StopsOnlyWhatARuleThatRefusesCounts) {
    const AnswerSeen endless{.seen = 100'000, .text_bytes = 1'000'000};
    const auto is_stopped = [&](const std::string& rules, const std::string& more) {
        Desk desk(rules);
        Admission& admission = desk.ask(more);
        EXPECT_FALSE(admission.reckoner().is_past_hold(k_a, endless)) << "nothing is held yet";
        desk.session->answer({});
        return admission.reckoner().is_past_hold(k_a, endless);
    };
    EXPECT_TRUE(is_stopped(k_budget, ""));
    EXPECT_FALSE(is_stopped(std::string(k_budget) + "mode = \"soft\"\n", ""));
    EXPECT_FALSE(is_stopped(k_budget, R"(,"echo":true)")) << "its prompt comes back";
}

// What is held and reckoned goes by the request as each target gets it.
TEST(Reckoner, GoesByTheRequestThatItsTargetChanges) {
    config::Target target;
    target.set = {{.key = "max_tokens", .json = "40", .at = {}},
                  {.key = "service_tier", .json = R"("flex")", .at = {}}};
    target.drop = {"n"};
    const route::Candidate changed{.provider = 0, .model = "m", .target = &target};
    Desk desk(k_budget);
    desk.call = Call();
    desk.call.body = R"({"model":"m","messages":[],"n":3})";
    ASSERT_TRUE(json::read_request(desk.call));
    Reckoner reckoner(desk.books, desk.slots, desk.call);
    EXPECT_EQ(reckoner.bound(changed).held.output, 40);
    EXPECT_EQ(reckoner.bound(k_a).held.output, 3 * desk.books.default_max_tokens)
        << "the same model at a target that changes nothing";
    EXPECT_EQ(&reckoner.asked(k_a), &desk.call.asked);
    EXPECT_EQ(reckoner.asked(changed).choices_shown, 1);
    const AnswerSeen heard = answer(30, 40, 40);
    EXPECT_EQ(reckoner.at_end(changed, heard, Ending::complete).usage.service_tier, "flex");
    EXPECT_EQ(reckoner.at_end(k_a, heard, Ending::complete).usage.service_tier, "");
}

TEST(Reckoner, HoldsForWhatATargetAddsToThePrompt) {
    config::Target target;
    target.set = {{.key = "tools", .json = "\"" + std::string(3'200, 'x') + "\"", .at = {}}};
    const route::Candidate changed{.provider = 0, .model = "m", .target = &target};
    Desk desk(k_budget);
    Reckoner& reckoner = reckoner_of(desk);
    const Bound plain = reckoner.bound(k_a);
    const Bound larger = reckoner.bound(changed);
    EXPECT_GE(larger.held.input, plain.held.input + 1'000);
    EXPECT_EQ(larger.input_min, plain.input_min) << "it is no part of the messages";
}

TEST(Reckoner, ATargetThatDropsTheLimitIsHeldForByItsDefault) {
    config::Target target;
    target.drop = {"max_tokens"};
    Desk desk(k_budget);
    desk.slots[0] = Desk::slot("a", {{.id = "m", .max_output = 777}});
    Reckoner& reckoner = reckoner_of(desk);
    EXPECT_EQ(reckoner.bound(k_a).held.output, 100);
    EXPECT_EQ(reckoner.bound({.provider = 0, .model = "m", .target = &target}).held.output, 777);
}

}  // namespace
}  // namespace bellwether::policy

// Whether a model shows what it generates is learned from complete answers.
#include "policy/estimate/visibility.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

AnswerSeen answer(std::int64_t reported, std::int64_t seen) {
    return {.reported = {.output_tokens = reported}, .reported_last = true, .seen = seen};
}

TEST(Visibility, KnowsNothingOfAModelThatHasNotAnswered) {
    EXPECT_EQ(Visibility().of("p", "m", false), Shows::unknown);
}

void learn(Visibility& visibility, int times, std::int64_t reported, bool thinks = false) {
    while (times-- > 0) visibility.learn("p", "m", thinks, answer(reported, 40));
}

// A short question that is answered at once says little of the next one.
TEST(Visibility, BelievesAModelThatHasShownEverythingAFewTimes) {
    Visibility visibility;
    learn(visibility, 2, 60);
    EXPECT_EQ(visibility.of("p", "m", false), Shows::unknown);
    learn(visibility, 1, 60);
    EXPECT_EQ(visibility.of("p", "m", false), Shows::all);
    EXPECT_EQ(visibility.of("q", "m", false), Shows::unknown);
}

TEST(Visibility, ShowsAllUpToTwiceWhatWasSeenAndAFewMore) {
    Visibility at_most, beyond;
    learn(at_most, 3, 2 * 40 + 64);
    EXPECT_EQ(at_most.of("p", "m", false), Shows::all);
    learn(beyond, 3, 2 * 40 + 65);
    EXPECT_EQ(beyond.of("p", "m", false), Shows::not_all);
}

// Names come from clients: where globs route them, there may be any number.
TEST(Visibility, IsKnownOfAThousandModelsAtMost) {
    Visibility visibility;
    const auto learn_of = [&](const std::string& model) {
        for (int i = 0; i < 3; ++i) visibility.learn("p", model, false, answer(40, 40));
    };
    for (int i = 0; i < 1'000; ++i) learn_of(std::to_string(i));
    learn_of("one more");
    EXPECT_EQ(visibility.of("p", "one more", false), Shows::unknown);
    EXPECT_EQ(visibility.of("p", "999", false), Shows::all);
    visibility.learn("p", "999", false, answer(900, 40));
    EXPECT_EQ(visibility.of("p", "999", false), Shows::not_all) << "who is known is learned of";
}

// Else a short question would make a long one cheap.
TEST(Visibility, AModelThatIsAskedToThinkIsAnotherOne) {
    Visibility visibility;
    learn(visibility, 3, 40);
    EXPECT_EQ(visibility.of("p", "m", true), Shows::unknown);
}

TEST(Visibility, WhoHasHiddenSomethingIsTrustedAgainOnlyAfterALongWhile) {
    Visibility visibility;
    learn(visibility, 3, 40);
    learn(visibility, 1, 900);
    EXPECT_EQ(visibility.of("p", "m", false), Shows::not_all);
    learn(visibility, 99, 40);
    EXPECT_EQ(visibility.of("p", "m", false), Shows::not_all);
    learn(visibility, 1, 40);
    EXPECT_EQ(visibility.of("p", "m", false), Shows::all);
}

TEST(Visibility, LearnsNothingWithoutAFigure) {
    Visibility visibility;
    visibility.learn("p", "m", false, {.seen = 40});
    visibility.learn("p", "m", false, {.reported = {.output_tokens = 1}, .seen = 40});
    EXPECT_EQ(visibility.of("p", "m", false), Shows::unknown);
}

}  // namespace
}  // namespace bellwether::policy

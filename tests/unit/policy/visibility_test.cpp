// Whether a model shows what it generates is learned from complete answers.
#include "policy/visibility.hpp"

#include <gtest/gtest.h>

namespace bw::policy {
namespace {

Heard answer(std::int64_t reported, std::int64_t seen) {
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
}  // namespace bw::policy

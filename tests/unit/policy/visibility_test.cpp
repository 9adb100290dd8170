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

TEST(Visibility, LearnsFromWhatIsReportedBesideWhatIsSeen) {
    Visibility visibility;
    visibility.learn("p", "open", false, answer(400, 300));
    visibility.learn("p", "thinker", false, answer(20'005, 5));
    EXPECT_EQ(visibility.of("p", "open", false), Shows::all);
    EXPECT_EQ(visibility.of("p", "thinker", false), Shows::not_all);
    EXPECT_EQ(visibility.of("q", "open", false), Shows::unknown);
}

// Else a short question would make a long one cheap.
TEST(Visibility, AModelThatIsAskedToThinkIsAnotherOne) {
    Visibility visibility;
    visibility.learn("p", "m", false, answer(40, 40));
    EXPECT_EQ(visibility.of("p", "m", true), Shows::unknown);
}

TEST(Visibility, WhoHasHiddenSomethingIsNotTrustedAgain) {
    Visibility visibility;
    visibility.learn("p", "m", false, answer(40, 40));
    visibility.learn("p", "m", false, answer(900, 40));
    visibility.learn("p", "m", false, answer(40, 40));
    EXPECT_EQ(visibility.of("p", "m", false), Shows::not_all);
}

TEST(Visibility, LearnsNothingWithoutAFigure) {
    Visibility visibility;
    visibility.learn("p", "m", false, {.seen = 40});
    visibility.learn("p", "m", false, {.reported = {.output_tokens = 1}, .seen = 40});
    EXPECT_EQ(visibility.of("p", "m", false), Shows::unknown);
}

}  // namespace
}  // namespace bw::policy

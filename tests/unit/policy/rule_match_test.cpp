// Which rules are for a call.
#include "policy/limits/rule_match.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using config::Scope;
using config::Subject;

constexpr Facts k_call{.key = "team-a",
                       .team = "research",
                       .user = "ann",
                       .model = "qwen-max",
                       .provider = "holysheep",
                       .route = "qwen-*"};

Scope matching(Subject subject, std::vector<std::string> patterns) {
    Scope scope;
    scope.match[static_cast<std::size_t>(subject)] = std::move(patterns);
    return scope;
}

TEST(RuleMatch, WithoutAMatchARuleIsForAll) {
    EXPECT_TRUE(fits({}, k_call));
    EXPECT_TRUE(fits({}, {}));
}

TEST(RuleMatch, LooksAtEachSubject) {
    const std::pair<Subject, const char*> facts[] = {
        {Subject::key, "team-a"},     {Subject::team, "research"},      {Subject::user, "ann"},
        {Subject::model, "qwen-max"}, {Subject::provider, "holysheep"}, {Subject::route, "qwen-*"}};
    for (const auto& [subject, fact] : facts) {
        EXPECT_TRUE(fits(matching(subject, {fact}), k_call)) << fact;
        EXPECT_TRUE(fits(matching(subject, {"other", fact}), k_call)) << fact;
        EXPECT_FALSE(fits(matching(subject, {std::string(fact) + "x"}), k_call)) << fact;
        EXPECT_FALSE(fits(matching(subject, {fact}), {})) << fact;
        Scope each;
        each.each = subject;
        EXPECT_EQ(counter_value(each, k_call), fact);
    }
}

TEST(RuleMatch, KnowsPatterns) {
    EXPECT_TRUE(fits(matching(Subject::model, {"qwen-*"}), k_call));
    EXPECT_TRUE(fits(matching(Subject::model, {"q?en-m*x"}), k_call));
    EXPECT_FALSE(fits(matching(Subject::model, {"gpt-*"}), k_call));
}

TEST(RuleMatch, AllSubjectsHaveToFit) {
    Scope scope = matching(Subject::model, {"qwen-*"});
    scope.match[static_cast<std::size_t>(Subject::user)] = {"bob"};
    EXPECT_FALSE(fits(scope, k_call));
    scope.match[static_cast<std::size_t>(Subject::user)].push_back("a*");
    EXPECT_TRUE(fits(scope, k_call));
}

// Whoever leaves out who they are must not be served beyond everybody's limits.
TEST(RuleMatch, AStarFitsWhatACallDoesNotHave) {
    EXPECT_TRUE(fits(matching(Subject::key, {"*"}), {}));
    EXPECT_FALSE(fits(matching(Subject::key, {"?*"}), {}));
    Scope scope;
    scope.each = Subject::user;
    EXPECT_EQ(counter_value(scope, {}), "");
}

TEST(RuleMatch, SaysWhatDependsOnTheProvider) {
    EXPECT_TRUE(depends_on_provider(matching(Subject::provider, {"*"})));
    EXPECT_FALSE(depends_on_provider(matching(Subject::model, {"*"})));
    Scope scope;
    EXPECT_FALSE(depends_on_provider(scope));
    scope.each = Subject::provider;
    EXPECT_TRUE(depends_on_provider(scope));
}

}  // namespace
}  // namespace bellwether::policy

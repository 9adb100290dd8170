#include "route/matcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "config/pattern.hpp"

namespace bellwether::route {
namespace {

using config::glob_match;

std::vector<config::Route> routes_of(const std::vector<std::string>& models) {
    std::vector<config::Route> routes;
    for (const auto& model : models) routes.emplace_back().model = model;
    return routes;
}

std::string found(const Matcher& matcher, std::string_view model) {
    const auto* route = matcher.find(model);
    return route == nullptr ? "" : route->model;
}

// What glob_match means, written down the short and slow way.
bool slow_match(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern[0] == '*') {
        return slow_match(pattern.substr(1), name) ||
               (!name.empty() && slow_match(pattern, name.substr(1)));
    }
    return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
           slow_match(pattern.substr(1), name.substr(1));
}

TEST(Glob, KnowsStarAndQuestionMark) {
    EXPECT_TRUE(glob_match("*", ""));
    EXPECT_TRUE(glob_match("*", "anything/at:all"));
    EXPECT_TRUE(glob_match("qwen-*", "qwen-max"));
    EXPECT_TRUE(glob_match("qwen-*", "qwen-"));
    EXPECT_FALSE(glob_match("qwen-*", "qwen"));
    EXPECT_FALSE(glob_match("qwen-*", "Qwen-max"));
    EXPECT_TRUE(glob_match("*-max", "qwen-max"));
    EXPECT_FALSE(glob_match("*-max", "qwen-max-2"));
    EXPECT_TRUE(glob_match("q*-m*x", "qwen-max-mix"));
    EXPECT_TRUE(glob_match("gpt-?", "gpt-4"));
    EXPECT_FALSE(glob_match("gpt-?", "gpt-"));
    EXPECT_FALSE(glob_match("gpt-?", "gpt-4o"));
    EXPECT_TRUE(glob_match("**?", "a"));
    EXPECT_FALSE(glob_match("**?", ""));
    EXPECT_TRUE(glob_match("", ""));
    EXPECT_FALSE(glob_match("", "a"));
}

TEST(Glob, AQuestionMarkIsOneCharacterOfAnyLanguage) {
    EXPECT_TRUE(glob_match("caf?", "café"));
    EXPECT_TRUE(glob_match("?", "ก"));
    EXPECT_FALSE(glob_match("??", "ก"));
}

TEST(Glob, AgreesWithItsDefinition) {
    std::mt19937 random(1);
    const auto word = [&](std::string_view letters) {
        std::string text(random() % 9, ' ');
        for (char& c : text) c = letters[random() % letters.size()];
        return text;
    };
    for (int round = 0; round < 50'000; ++round) {
        const std::string pattern = word("ab*?"), name = word("ab");
        ASSERT_EQ(glob_match(pattern, name), slow_match(pattern, name)) << pattern << " " << name;
    }
}

TEST(Glob, StaysFastOnHostileInput) {
    std::string pattern;
    for (int i = 0; i < 120; ++i) pattern += "*a";
    pattern += 'b';
    const std::string name(config::k_model_bytes_max, 'a');
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(glob_match(pattern, name));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
}

TEST(Matcher, ExactBeatsGlobAndTheLongestGlobWins) {
    const auto routes = routes_of({"*", "qwen-*", "qwen-max*", "qwen-max", "*-max", "q?en-plus"});
    const Matcher matcher(routes);
    EXPECT_EQ(found(matcher, "qwen-max"), "qwen-max");
    EXPECT_EQ(found(matcher, "qwen-max-2"), "qwen-max*");
    EXPECT_EQ(found(matcher, "qwen-turbo"), "qwen-*");
    EXPECT_EQ(found(matcher, "qwen-plus"), "q?en-plus");
    EXPECT_EQ(found(matcher, "gpt-max"), "*-max");
    EXPECT_EQ(found(matcher, "gpt"), "*");
    EXPECT_EQ(found(matcher, ""), "*");
}

TEST(Matcher, OfEqualGlobsTheLexicographicallySmallerWins) {
    const auto routes = routes_of({"b*a", "*ba", "ba*"});
    const Matcher matcher(routes);
    EXPECT_EQ(found(matcher, "ba"), "*ba");
}

TEST(Matcher, FindsNothingWhereNothingIs) {
    const auto routes = routes_of({"qwen-*"});
    EXPECT_EQ(Matcher(routes).find("gpt-4"), nullptr);
    EXPECT_EQ(Matcher({}).find("gpt-4"), nullptr);
}

TEST(Matcher, IgnoresNamesOfHostileLength) {
    const auto routes = routes_of({"*"});
    const Matcher matcher(routes);
    EXPECT_NE(matcher.find(std::string(config::k_model_bytes_max, 'x')), nullptr);
    EXPECT_EQ(matcher.find(std::string(config::k_model_bytes_max + 1, 'x')), nullptr);
}

// The order of the routes never matters, and the fast look-up finds what the checks reason about.
TEST(Matcher, AgreesWithTheChecksInAnyOrder) {
    std::vector<std::string> models = {"*",   "a*",  "*a",  "a?", "?a", "ab",
                                       "a*b", "*b*", "ab*", "??", "b"};
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        std::ranges::shuffle(models, random);
        const auto routes = routes_of(models);
        const Matcher matcher(routes);
        for (const char* name : {"", "a", "b", "ab", "ba", "aa", "abb", "bab", "c", "abc", "cab"}) {
            ASSERT_EQ(matcher.find(name), config::best_match(routes, name)) << name;
        }
    }
}

}  // namespace
}  // namespace bellwether::route

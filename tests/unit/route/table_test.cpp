#include "route/table.hpp"

#include <gtest/gtest.h>

#include <random>

namespace bw::route {
namespace {

config::Config config_of(const std::string& routes) {
    auto loaded = config::parse("[providers.a]\n[providers.b]\n[providers.c]\n" + routes, "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return std::move(loaded.config);
}

std::string order(const Match& match) {
    std::string text;
    for (const auto& candidate : match.candidates) {
        text += static_cast<char>('a' + candidate.provider);
        text += ':' + candidate.model + ' ';
    }
    return text;
}

TEST(Table, GivesTheTargetsInTheirOrder) {
    const auto config = config_of(R"(
[[routes]]
model = "qwen-*"
to = ["c", { provider = "a", model = "upstream" }, "b"]
)");
    const Table table(config);
    const auto match = table.match("qwen-max", 12345);
    ASSERT_TRUE(match);
    EXPECT_EQ(match->route, &config.routes[0]);
    EXPECT_TRUE(match->aliases.empty());
    EXPECT_EQ(order(*match), "c:qwen-max a:upstream b:qwen-max ");
    EXPECT_FALSE(table.match("gpt-4", 0));
    EXPECT_FALSE(table.match("", 0));
}

TEST(Table, FollowsAliasesAndSaysSo) {
    const auto config = config_of(R"(
[[routes]]
model = "best"
alias = "good"
[[routes]]
model = "good"
alias = "qwen-max"
[[routes]]
model = "qwen-*"
to = "a"
)");
    const Table table(config);
    const auto match = table.match("best", 0);
    ASSERT_TRUE(match);
    EXPECT_EQ(match->route, &config.routes[2]);
    EXPECT_EQ(match->aliases, (std::vector<std::string_view>{"good", "qwen-max"}));
    EXPECT_EQ(order(*match), "a:qwen-max ");
}

// A valid configuration has no circle; a table made from another must still end.
TEST(Table, ACircleOfAliasesServesNothing) {
    config::Config config;
    config.routes.resize(2);
    config.routes[0].model = config.routes[1].alias = "x";
    config.routes[1].model = config.routes[0].alias = "y";
    EXPECT_FALSE(Table(config).match("x", 0));
}

TEST(Table, ARouteThatLostItsTargetsServesNothing) {
    config::Config config;
    config.routes.resize(1);
    config.routes[0].model = "x";
    EXPECT_FALSE(Table(config).match("x", 0));
}

TEST(Table, WeightsDecideWhoIsFirstAndOrderTheRest) {
    const auto config = config_of(R"(
[[routes]]
model = "m"
strategy = "weighted"
to = [{ provider = "a", weight = 1 }, { provider = "b", weight = 0 }, { provider = "c", weight = 3 }]
)");
    const Table table(config);
    EXPECT_EQ(order(*table.match("m", 0)), "a:m c:m b:m ");
    for (const std::uint64_t random : {1u, 2u, 3u}) {
        EXPECT_EQ(order(*table.match("m", random)), "c:m a:m b:m ");
    }
    EXPECT_EQ(order(*table.match("m", 4)), "a:m c:m b:m ");
    EXPECT_TRUE(table.match("m", ~std::uint64_t{0}));
}

TEST(Table, SharesFollowTheWeights) {
    const auto config = config_of(R"(
[[routes]]
model = "m"
strategy = "weighted"
to = [{ provider = "a", weight = 9 }, { provider = "b", weight = 1 }]
)");
    const Table table(config);
    std::mt19937_64 random(42);
    int first = 0;
    for (int i = 0; i < 10'000; ++i) {
        if (table.match("m", random())->candidates[0].provider == 0) ++first;
    }
    EXPECT_NEAR(first, 9'000, 150);
}

TEST(Table, SurvivesAMoveOfItsConfiguration) {
    auto config = config_of("[[routes]]\nmodel = \"m\"\nto = \"b\"\n");
    const Table table(config);
    const config::Config moved = std::move(config);
    EXPECT_EQ(order(*table.match("m", 0)), "b:m ");
    EXPECT_EQ(table.match("m", 0)->route, &moved.routes[0]);
}

}  // namespace
}  // namespace bw::route

#include "route/table.hpp"

#include <gtest/gtest.h>

namespace bellwether::route {
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
    const auto match = table.match("qwen-max");
    ASSERT_TRUE(match);
    EXPECT_EQ(match->route, &config.routes[0]);
    EXPECT_TRUE(match->aliases.empty());
    EXPECT_EQ(order(*match), "c:qwen-max a:upstream b:qwen-max ");
    EXPECT_FALSE(table.match("gpt-4"));
    EXPECT_FALSE(table.match(""));
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
    const auto match = table.match("best");
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
    EXPECT_FALSE(Table(config).match("x"));
}

TEST(Table, ARouteThatLostItsTargetsServesNothing) {
    config::Config config;
    config.routes.resize(1);
    config.routes[0].model = "x";
    EXPECT_FALSE(Table(config).match("x"));
}

TEST(Table, LeavesTheOrderToTheStrategy) {
    const auto config = config_of(R"(
[[routes]]
model = "m"
strategy = "weighted"
to = [{ provider = "a", weight = 1 }, { provider = "b", weight = 0 }, { provider = "c", weight = 3 }]
)");
    const Table table(config);
    const auto match = table.match("m");
    EXPECT_EQ(order(*match), "a:m b:m c:m ");
    EXPECT_EQ(match->candidates[2].weight, 3U);
    EXPECT_EQ(match->candidates[2].target, &config.routes[0].to[2]);
}

config::Target target(std::size_t provider, std::string model = {}, std::string prefix = {}) {
    config::Target target{.provider = provider, .model = std::move(model)};
    target.strip_prefix = std::move(prefix);
    return target;
}

// A config with these routes and three providers.
config::Config routes_of(std::vector<config::Route> routes) {
    config::Config config;
    config.providers.resize(3);
    config.routes = std::move(routes);
    return config;
}

config::Route route(std::string model, std::vector<config::Target> to) {
    config::Route route;
    route.model = std::move(model);
    route.to = std::move(to);
    return route;
}

TEST(Table, TakesAPrefixOffTheNameThatTheClientUsed) {
    const auto config =
        routes_of({route("*", {target(0, {}, "openai/"), target(1, "own", "openai/"), target(2)})});
    const Table table(config);
    EXPECT_EQ(order(*table.match("openai/gpt")), "a:gpt b:own c:openai/gpt ");
    EXPECT_EQ(order(*table.match("gpt")), "a:gpt b:own c:gpt ");
    EXPECT_EQ(order(*table.match("openai/")), "a:openai/ b:own c:openai/ ")
        << "nothing would be left";
}

TEST(Table, TargetsOfChainsFollowThoseOfTheRoute) {
    auto with_chains = route("m", {target(0)});
    with_chains.on_context_length = {target(1, "long")};
    with_chains.on_content_filter = {target(2, "free"), target(1)};
    with_chains.on_budget = {target(2, "cheap")};
    const auto config = routes_of({with_chains});
    const Table table(config);
    const auto match = table.match("m");
    EXPECT_EQ(order(*match), "a:m b:long c:free b:m c:cheap ");
    std::vector<Chain> chains;
    for (const auto& candidate : match->candidates) chains.push_back(candidate.chain);
    EXPECT_EQ(chains, (std::vector{Chain::none, Chain::context_length, Chain::content_filter,
                                   Chain::content_filter, Chain::budget}));
    EXPECT_EQ(match->candidates[3].target, &config.routes[0].on_content_filter[1]);
    EXPECT_FALSE(match->shadow);
}

TEST(Table, TheShadowIsNoCandidate) {
    auto shadowed = route("m", {target(0)});
    shadowed.shadow = config::Shadow{.to = target(1, "copy"), .percent = 5};
    const auto config = routes_of({shadowed});
    const auto match = Table(config).match("m");
    EXPECT_EQ(order(*match), "a:m ");
    ASSERT_TRUE(match->shadow);
    EXPECT_EQ(match->shadow->model, "copy");
    EXPECT_EQ(match->shadow->target, &config.routes[0].shadow->to);
    EXPECT_EQ(match->shadow->id, 1U);
}

std::vector<std::size_t> ids(const Match& match) {
    std::vector<std::size_t> ids;
    for (const auto& candidate : match.candidates) ids.push_back(candidate.id);
    return ids;
}

// What is learnt of a model at one route counts at all others; but what clients ask for by a
// pattern is many models, of which one may fail and another not.
TEST(Table, SharesAnIdWhereProviderAndModelAreTheSame) {
    auto chained = route("x-*", {target(0, "m"), target(0), target(1)});
    chained.on_budget = {target(1, "m"), target(0)};
    chained.shadow = config::Shadow{.to = target(1, "m"), .percent = 5};
    const auto config = routes_of({route("m", {target(0, "m"), target(1)}), chained});
    const Table table(config);
    const auto first = table.match("m"), second = table.match("x-1");
    EXPECT_EQ(ids(*first), (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(ids(*second), (std::vector<std::size_t>{0, 2, 3, 4, 2}));
    EXPECT_EQ(second->shadow->id, 4U);
    EXPECT_EQ(ids(*table.match("x-2")), ids(*second));
    ASSERT_EQ(table.targets().size(), 5U);
    const auto name = [&](std::size_t id) {
        const auto& target = table.targets()[id];
        return std::to_string(target.provider) + ' ' + target.model + '@' + target.route;
    };
    EXPECT_EQ(name(0), "0 m@");
    EXPECT_EQ(name(1), "1 @m");
    EXPECT_EQ(name(2), "0 @x-*");
    EXPECT_EQ(name(3), "1 @x-*");
    EXPECT_EQ(name(4), "1 m@");
}

TEST(Table, SurvivesAMoveOfItsConfiguration) {
    auto config = config_of("[[routes]]\nmodel = \"m\"\nto = \"b\"\n");
    const Table table(config);
    const config::Config moved = std::move(config);
    EXPECT_EQ(order(*table.match("m")), "b:m ");
    EXPECT_EQ(table.match("m")->route, &moved.routes[0]);
}

}  // namespace
}  // namespace bellwether::route

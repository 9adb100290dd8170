// [[routes]].
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

constexpr std::string_view k_providers = "\n[providers.alpha]\n[providers.beta]\n";

std::vector<Route> valid(const std::string& toml) {
    const auto loaded = parse(toml + std::string(k_providers), "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return loaded.config.routes;
}

TEST(Route, ReadsEveryFormOfTarget) {
    const auto routes = valid(R"(
[[routes]]
model = "one"
to = "beta"
[[routes]]
model = "two*"
to = ["alpha", { provider = "beta", model = "upstream" }]
[[routes]]
model = "three"
strategy = "weighted"
to = [{ provider = "alpha", weight = 9 }, { provider = "beta", model = "x", weight = 0 }, "beta"]
[[routes]]
model = "four"
alias = "two-and-more"
)");
    ASSERT_EQ(routes.size(), 4u);
    ASSERT_EQ(routes[0].to.size(), 1u);
    EXPECT_EQ(routes[0].to[0].provider, 1u);
    EXPECT_EQ(routes[0].to[0].model, "");
    EXPECT_EQ(routes[0].at.line, 2);
    EXPECT_EQ(routes[0].model_at.column, 9);
    ASSERT_EQ(routes[1].to.size(), 2u);
    EXPECT_EQ(routes[1].strategies.front(), Strategy::ordered);
    EXPECT_EQ(routes[1].to[1].model, "upstream");
    ASSERT_EQ(routes[2].to.size(), 3u);
    EXPECT_EQ(routes[2].strategies.front(), Strategy::weighted);
    EXPECT_EQ(routes[2].to[0].weight, 9u);
    EXPECT_EQ(routes[2].to[1].weight, 0u);
    EXPECT_EQ(routes[2].to[2].weight, 1u);
    EXPECT_EQ(routes[3].alias, "two-and-more");
    EXPECT_TRUE(routes[3].to.empty());
}

TEST(Route, NeedsAModelAndOneOfToAndAlias) {
    const Mistake cases[] = {
        {"[[routes]]\nto = \"alpha\"",
         "c.toml:1:1: error: a route has no model; expected model = \"NAME\" or a pattern such as "
         "\"qwen-*\""},
        {"[[routes]]\nmodel = \"\"\nto = \"alpha\"", "c.toml:2:9: error: routes.model is empty"},
        {"[[routes]]\nmodel = 1\nto = \"alpha\"",
         "c.toml:2:9: error: routes.model is an integer; expected a string"},
        {"[[routes]]\nmodel = \"m\"",
         "c.toml:1:1: error: a route has neither to nor alias; expected one of the two"},
        {"[[routes]]\nmodel = \"n\"\nto = \"alpha\"\n[[routes]]\nmodel = \"m\"\nto = "
         "\"alpha\"\nalias = \"n\"",
         "c.toml:4:1: error: a route has both to and alias; expected one of the two"},
        {"[[routes]]\nmodel = \"m\"\nto = \"alpha\"\nwhen = \"x\"",
         "c.toml:4:1: error: unknown key \"when\" in routes; expected one of model, strategy, "
         "sticky_by, alias, to, on_context_length, on_content_filter, on_budget, hedge, shadow, "
         "continue_stream, retry, on_disconnect"},
        {"routes = []", "c.toml: error: there are no routes; expected at least one [[routes]]"},
        {"routes = [1]",
         "c.toml:1:11: error: an element of routes is an integer; expected a table\n"
         "c.toml: error: there are no routes; expected at least one [[routes]]"},
        {"[routes]\nmodel = \"m\"",
         "c.toml:1:1: error: routes is a table; expected an array of tables, [[routes]]"},
    };
    expect_all(cases, k_providers);
}

TEST(Route, ChecksItsTargets) {
    const Mistake cases[] = {
        {"[[routes]]\nmodel = \"m\"\nto = \"alhpa\"",
         "c.toml:3:6: error: unknown provider \"alhpa\"; expected one of alpha, beta; "
         "did you mean \"alpha\"?"},
        {"[[routes]]\nmodel = \"m\"\nto = [\"alpha\", { provider = \"gamma\" }]",
         "c.toml:3:29: error: unknown provider \"gamma\"; expected one of alpha, beta"},
        {"[[routes]]\nmodel = \"m\"\nto = []",
         "c.toml:3:6: error: routes.to is empty; expected at least one provider"},
        {"[[routes]]\nmodel = \"m\"\nto = { provider = \"alpha\" }",
         "c.toml:3:6: error: routes.to is a table; "
         "expected a provider's name, or an array of names or tables"},
        {"[[routes]]\nmodel = \"m\"\nto = [1]",
         "c.toml:3:7: error: an element of routes.to is an integer; "
         "expected a provider's name or a table { provider, model, weight }"},
        {"[[routes]]\nmodel = \"m\"\nto = [{ model = \"x\" }]",
         "c.toml:3:7: error: a target names no provider; expected { provider = \"NAME\" }"},
        {"[[routes]]\nmodel = \"m\"\nto = [{ provider = \"alpha\", modle = \"x\" }]",
         "c.toml:3:29: error: unknown key \"modle\" in routes.to; "
         "expected one of provider, model, weight, tier, strip_prefix, set, drop, timeouts; did "
         "you mean \"model\"?"},
        {"[[routes]]\nmodel = \"m\"\nto = [{ provider = \"alpha\", model = \"x-*\" }]",
         "c.toml:3:37: error: routes.to.model = \"x-*\" is a pattern; "
         "expected the name of one model, as the provider calls it"},
        {"[[routes]]\nmodel = \"m\"\nto = [\"alpha\", \"alpha\"]",
         "c.toml:3:16: warning: the same provider and model stand here twice"},
    };
    expect_all(cases, k_providers);
}

TEST(Route, ChecksStrategyAndWeights) {
    const Mistake cases[] = {
        {"[[routes]]\nmodel = \"m\"\nto = \"alpha\"\nstrategy = \"weight\"",
         "c.toml:4:12: error: routes.strategy = \"weight\" is unknown; "
         "expected one of \"ordered\", \"weighted\", \"least_latency\", \"least_busy\", "
         "\"cheapest\", "
         "\"sticky\"; did you mean \"weighted\"?"},
        {"[[routes]]\nmodel = \"m\"\nto = [{ provider = \"alpha\", weight = 3 }]",
         "c.toml:3:29: warning: weight has no effect where the strategy is ordered; "
         "for shares write strategy = \"weighted\""},
        {"[[routes]]\nmodel = \"m\"\nstrategy = \"weighted\"\nto = [{ provider = \"alpha\", weight "
         "= 0 }]",
         "c.toml:4:1: error: all weights of a weighted route are 0; expected at least one above 0"},
        {"[[routes]]\nmodel = \"m\"\nstrategy = \"weighted\"\nto = [{ provider = \"alpha\", weight "
         "= -1 }]",
         "c.toml:4:38: error: routes.to.weight = -1 is out of range; "
         "expected a whole number from 0 to 1000000"},
        {"[[routes]]\nmodel = \"m\"\nstrategy = \"weighted\"\nto = [{ provider = \"alpha\", weight "
         "= 0.9 }]",
         "c.toml:4:38: error: routes.to.weight is a float; expected a whole number from 0 to "
         "1000000"},
    };
    expect_all(cases, k_providers);
}

TEST(Route, HasAStrategyForEachTier) {
    const auto routes = valid(R"([[routes]]
model = "a"
strategy = "cheapest"
to = "alpha"
[[routes]]
model = "b"
strategy = ["least_latency", "weighted", "sticky"]
sticky_by = "header:X-Session-Id"
to = [
    { provider = "alpha", tier = 7, weight = 2 },
    { provider = "beta" },
    { provider = "beta", model = "x", tier = 7, weight = 0 },
    { provider = "alpha", model = "y", tier = 9, weight = 3 },
]
[[prices]]
provider = "alpha"
model = "*"
input = "1 USD"
output = "1 USD"
)");
    ASSERT_EQ(routes.size(), 2u);
    EXPECT_EQ(routes[0].strategies, std::vector{Strategy::cheapest});
    EXPECT_EQ(routes[0].sticky_by, StickyBy{});
    EXPECT_EQ(routes[1].strategies,
              (std::vector{Strategy::least_latency, Strategy::weighted, Strategy::sticky}));
    EXPECT_EQ(routes[1].sticky_by, (StickyBy{StickyBy::Of::header, "x-session-id"}));
}

TEST(Route, ChecksStrategiesOfTiers) {
    const std::string two =
        "[[routes]]\nmodel = \"m\"\nto = [\"alpha\", { provider = \"beta\", tier = 2, weight = 0 "
        "}]\n";
    const Mistake cases[] = {
        {two + "strategy = []",
         "c.toml:4:12: error: routes.strategy is empty; expected one of \"ordered\", "
         "\"weighted\", \"least_latency\", \"least_busy\", \"cheapest\", \"sticky\""},
        {two + "strategy = 1",
         "c.toml:4:12: error: routes.strategy is an integer; expected one of \"ordered\", "
         "\"weighted\", \"least_latency\", \"least_busy\", \"cheapest\", \"sticky\", or an array "
         "of "
         "them"},
        {two + "strategy = [\"ordered\", \"cheap\"]",
         "c.toml:4:24: error: routes.strategy = \"cheap\" is unknown; expected one of \"ordered\", "
         "\"weighted\", \"least_latency\", \"least_busy\", \"cheapest\", \"sticky\"; did you mean "
         "\"cheapest\"?"},
        {two + "strategy = [\"weighted\", \"least_busy\"]", ""},
        {two + "strategy = [\"ordered\", \"weighted\"]",
         "c.toml:3:1: error: all weights of the weighted tier 2 are 0; expected at least one above "
         "0"},
        {two + "strategy = [\"weighted\", \"ordered\"]",
         "c.toml:3:47: warning: weight has no effect where the strategy is ordered; for shares "
         "write strategy = \"weighted\""},
        {two + "strategy = [\"sticky\", \"sticky\", \"ordered\"]",
         "c.toml:4:12: warning: there are 3 strategies, and the targets have 2 tiers; expected one "
         "strategy a tier"},
        {two + "strategy = \"simple-shuffle\"",
         "c.toml:4:12: error: routes.strategy = \"simple-shuffle\" is unknown; expected one of "
         "\"ordered\", \"weighted\", \"least_latency\", \"least_busy\", \"cheapest\", \"sticky\"; "
         "here: strategy = \"weighted\""},
    };
    expect_all(cases, k_providers);
}

TEST(Route, ChecksWhatAStickyRouteLooksAt) {
    const std::string sticky =
        "[[routes]]\nmodel = \"m\"\nto = \"alpha\"\nstrategy = \"sticky\"\nsticky_by = ";
    const Mistake cases[] = {
        {sticky + "\"user\"", ""},
        {sticky + "\"session\"",
         "c.toml:5:13: error: routes.sticky_by = \"session\" is unknown; expected \"key\", "
         "\"user\", \"prompt\" or \"header:NAME\""},
        {sticky + "\"header\"",
         "c.toml:5:13: error: routes.sticky_by = \"header\" is unknown; expected \"key\", "
         "\"user\", \"prompt\" or \"header:NAME\""},
        {sticky + "\"header:\"",
         "c.toml:5:13: error: routes.sticky_by = \"header:\" names no header; expected letters, "
         "digits, \"-\" and \"_\", for example \"header:x-session-id\""},
        {sticky + "\"header:a b\"",
         "c.toml:5:13: error: routes.sticky_by = \"header:a b\" names no header; expected letters, "
         "digits, \"-\" and \"_\", for example \"header:x-session-id\""},
        {sticky + "\"header:Authorization\"",
         "c.toml:5:13: error: routes.sticky_by = \"header:Authorization\" names a header that "
         "means something else; expected one that names sessions, for example "
         "\"header:x-session-id\"; for the client's key write \"key\""},
        {"[[routes]]\nmodel = \"m\"\nto = \"alpha\"\nsticky_by = \"key\"",
         "c.toml:4:1: warning: sticky_by has no effect: the route is not sticky; write strategy = "
         "\"sticky\""},
    };
    expect_all(cases, k_providers);
}

TEST(Route, ReadsWhatSendsACallToASecondTarget) {
    const auto routes = valid(R"([[routes]]
model = "a"
to = ["alpha", "beta"]
hedge = "800ms"
shadow = { to = "beta", model = "new", share = "5%" }
continue_stream = true
[[routes]]
model = "b"
to = ["alpha", "beta"]
hedge = "p95"
)");
    ASSERT_EQ(routes.size(), 2u);
    EXPECT_EQ(routes[0].hedge, (Hedge{milliseconds(800), 0}));
    ASSERT_TRUE(routes[0].shadow);
    EXPECT_EQ(routes[0].shadow->to.provider, 1u);
    EXPECT_EQ(routes[0].shadow->to.model, "new");
    EXPECT_EQ(routes[0].shadow->percent, 5u);
    EXPECT_TRUE(routes[0].continue_stream);
    EXPECT_EQ(routes[1].hedge, (Hedge{milliseconds(0), 95}));
    EXPECT_FALSE(routes[1].shadow);
    EXPECT_FALSE(routes[1].continue_stream);
}

TEST(Route, ChecksWhatSendsACallToASecondTarget) {
    const std::string route = "[[routes]]\nmodel = \"m\"\nto = [\"alpha\", \"beta\"]\n";
#define SHARE "expected a whole percent from \"1%\" to \"100%\""
#define TIME "expected a duration such as \"800ms\" or \"2s\", or \"p95\""
    const Mistake cases[] = {
        {route + "hedge = \"p10\"",
         "c.toml:4:9: error: routes.hedge = \"p10\" is out of range; expected \"p50\" to "
         "\"p99\""},
        {route + "hedge = \"p9x\"",
         "c.toml:4:9: error: routes.hedge = \"p9x\" is not a duration; " TIME},
        {route + "hedge = 800",
         "c.toml:4:9: error: routes.hedge = 800 has no unit; " TIME "; did you mean \"800ms\"?"},
        {route + "hedge = true", "c.toml:4:9: error: routes.hedge is a boolean; " TIME},
        {route + "shadow = { to = \"beta\" }",
         "c.toml:4:10: error: a shadow has no share; expected share = \"5%\""},
        {route + "shadow = { share = \"5%\" }",
         "c.toml:4:10: error: a shadow names no provider; expected to = \"NAME\""},
        {route + "shadow = { to = \"gamma\", share = \"5%\" }",
         "c.toml:4:17: error: unknown provider \"gamma\"; expected one of alpha, beta"},
        {route + "shadow = { to = \"beta\", share = \"0%\" }",
         "c.toml:4:33: error: routes.shadow.share = \"0%\" is no share of the calls; expected a "
         "whole percent from \"1%\" to \"100%\""},
        {route + "shadow = { to = \"beta\", share = \"5\" }",
         "c.toml:4:33: error: routes.shadow.share = \"5\" is no share of the calls; expected a "
         "whole percent from \"1%\" to \"100%\"; did you mean \"5%\"?"},
        {route + "shadow = { to = \"beta\", share = 0.05 }",
         "c.toml:4:33: error: routes.shadow.share is a float; " SHARE "; did you mean \"5%\"?"},
        {route + "shadow = { to = \"beta\", share = 0.5 }",
         "c.toml:4:33: error: routes.shadow.share is a float; " SHARE "; did you mean \"50%\"?"},
        {route + "shadow = { to = \"beta\", share = 1 }",
         "c.toml:4:33: error: routes.shadow.share is an integer; " SHARE "; did you mean \"1%\"?"},
        {route + "shadow = { to = \"beta\", share = 101 }",
         "c.toml:4:33: error: routes.shadow.share is an integer; " SHARE},
        {route + "shadow = { to = \"beta\", share = nan }",
         "c.toml:4:33: error: routes.shadow.share is a float; " SHARE},
        {route + "shadow = { to = \"beta\", share = true }",
         "c.toml:4:33: error: routes.shadow.share is a boolean; expected a string"},
        {route + "shadow = { to = \"beta\", model = \"x-*\", share = \"5%\" }",
         "c.toml:4:33: error: routes.shadow.model = \"x-*\" is a pattern; expected the name of one "
         "model, as the provider calls it"},
        {route + "shadow = \"beta\"",
         "c.toml:4:10: error: routes.shadow is a string; expected a table"},
        {route + "continue_stream = \"yes\"",
         "c.toml:4:19: error: routes.continue_stream is a string; expected true or false"},
    };
#undef TIME
#undef SHARE
    expect_all(cases, k_providers);
}

TEST(Route, RefusesTheSameModelTwice) {
    EXPECT_EQ(mistakes("[[routes]]\nmodel = \"q-*\"\nto = \"alpha\"\n[[routes]]\nmodel = \"q-*\"\n"
                       "to = \"beta\"" +
                       std::string(k_providers)),
              "c.toml:5:9: error: a second route for \"q-*\"; the first is at line 2");
}

TEST(Route, FollowsAliases) {
    const Mistake cases[] = {
        {"[[routes]]\nmodel = \"a\"\nalias = \"a\"",
         "c.toml:3:9: error: an alias leads back to itself: \"a\" -> \"a\""},
        {"[[routes]]\nmodel = \"a\"\nalias = \"b\"\n[[routes]]\nmodel = \"b\"\nalias = \"c\"\n"
         "[[routes]]\nmodel = \"c\"\nalias = \"a\"\n[[routes]]\nmodel = \"d\"\nalias = \"b\"",
         "c.toml:3:9: error: an alias leads back to itself: \"a\" -> \"b\" -> \"c\" -> \"a\""},
        {"[[routes]]\nmodel = \"gpt-4*\"\nalias = \"gpt-4.1\"",
         "c.toml:3:9: error: an alias leads back to itself: \"gpt-4*\" -> \"gpt-4*\""},
        {"[[routes]]\nmodel = \"best\"\nalias = \"qwenmax\"\n[[routes]]\nmodel = \"qwen-max\"\nto "
         "= \"alpha\"",
         "c.toml:3:9: error: routes.alias = \"qwenmax\" is a model that no route serves; "
         "did you mean \"qwen-max\"?"},
        {"[[routes]]\nmodel = \"best\"\nalias = \"qwen-*\"\n[[routes]]\nmodel = \"qwen-*\"\nto = "
         "\"alpha\"",
         "c.toml:3:9: error: routes.alias = \"qwen-*\" is a pattern; expected the name of one "
         "model"},
        {"[[routes]]\nmodel = \"gpt-4*\"\nalias = \"gpt-4.1\"\n[[routes]]\nmodel = \"gpt-4.1\"\nto "
         "= \"alpha\"",
         ""},
        {"[[routes]]\nmodel = \"a\"\nalias = \"b\"\nstrategy = \"ordered\"\n[[routes]]\nmodel = "
         "\"b\"\n"
         "to = \"alpha\"",
         "c.toml:4:1: warning: strategy has no effect on an alias"},
        {"[[routes]]\nmodel = \"a\"\nalias = \"b\"\nhedge = \"1s\"\non_budget = \"alpha\"\nretry = "
         "{}\n[[routes]]\nmodel = \"b\"\nto = \"alpha\"",
         "c.toml:4:1: warning: hedge has no effect on an alias\n"
         "c.toml:5:1: warning: on_budget has no effect on an alias\n"
         "c.toml:6:1: warning: retry has no effect on an alias"},
    };
    expect_all(cases, k_providers);
}

TEST(Route, BoundsTheLengthOfNames) {
    const std::string name(257, 'x');
    EXPECT_EQ(
        mistakes("[[routes]]\nmodel = \"" + name + "\"\nto = \"alpha\"" + std::string(k_providers)),
        "c.toml:2:9: error: routes.model is too long; expected at most 256 bytes");
}

}  // namespace
}  // namespace bellwether::config

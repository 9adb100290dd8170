// The keys of a target, in `to`, in the chains and in default_to.
#include <fmt/format.h>

#include "config/pattern.hpp"
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

const std::string k_providers =
    "\n[providers.alpha]\n[providers.beta]\n"
    "[[budgets]]\nname = \"b\"\nlimit = \"1 tok\"\nper = \"day\"\n";  // for on_budget

std::vector<Route> valid(const std::string& toml) {
    const auto loaded = parse(toml + k_providers, "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return loaded.config.routes;
}

// A route whose only target has these keys beside its provider.
std::string target(const std::string& keys) {
    return fmt::format("[[routes]]\nmodel = \"m\"\nto = [{{ provider = \"alpha\", {} }}]", keys);
}

// Where the value of the only key begins.
Mistake wrong(const std::string& key, const std::string& value, const std::string& message,
              std::size_t further = 0) {
    constexpr std::size_t k_key_begins = 29;
    return {target(key + " = " + value),
            fmt::format("c.toml:3:{}: {}", k_key_begins + key.size() + 3 + further, message)};
}

TEST(Target, ReadsEveryKey) {
    const auto routes = valid(R"([[routes]]
model = "openai/*"
to = [
    { provider = "alpha", tier = 2, strip_prefix = "openai/", drop = ["top_k", "seed"] },
    { provider = "beta", model = "b", set = { temperature = 0.2, stop = ["x"], user = "u" } },
]
)");
    ASSERT_EQ(routes.size(), 1u);
    const Target& first = routes[0].to[0];
    EXPECT_EQ(first.tier, 2u);
    EXPECT_EQ(first.strip_prefix, "openai/");
    EXPECT_EQ(first.drop, (std::vector<std::string>{"top_k", "seed"}));
    EXPECT_EQ(first.at.line, 4);
    const Target& second = routes[0].to[1];
    EXPECT_EQ(second.tier, 1u);
    ASSERT_EQ(second.set.size(), 3u);
    EXPECT_EQ(second.set[0].key, "temperature");
    EXPECT_EQ(second.set[0].json, "0.2");
    EXPECT_EQ(second.set[1].json, R"(["x"])");
    EXPECT_EQ(second.set[2].json, R"("u")");
}

TEST(Target, HasTheTimeLimitsOfItsProviderWhereItHasNoneOfItsOwn) {
    const auto loaded = parse(R"([[routes]]
model = "m"
to = ["alpha", { provider = "alpha", model = "x", timeouts = { idle = "3s", total = "none" } }]
[providers.alpha]
timeouts = { connect = "1s", idle = "2s", total = "9s" }
)",
                              "c.toml");
    ASSERT_TRUE(loaded.ok());
    const auto& targets = loaded.config.routes[0].to;
    EXPECT_EQ(targets[0].timeouts, loaded.config.providers[0].timeouts);
    Timeouts expected = loaded.config.providers[0].timeouts;
    expected.idle = milliseconds(3'000);
    expected.total = milliseconds(0);
    EXPECT_EQ(targets[1].timeouts, expected);
}

TEST(Target, StripsAPrefixFromTheNameOfTheClient) {
    Target target;
    EXPECT_EQ(model_at(target, "gpt"), "gpt");
    target.strip_prefix = "openai/";
    EXPECT_EQ(model_at(target, "openai/gpt"), "gpt");
    EXPECT_EQ(model_at(target, "gpt"), "gpt");
    EXPECT_EQ(model_at(target, "openai/"), "openai/") << "an empty name is no model";
    target.model = "own";
    EXPECT_EQ(model_at(target, "openai/gpt"), "own");
}

TEST(Target, ChecksItsKeys) {
#define OF_THE_HOST \
    "is written by the host itself; expected a parameter such as \"temperature\" or \"top_p\""
    const Mistake cases[] = {
        wrong("tier", "0",
              "error: routes.to.tier = 0 is out of range; expected a whole number from 1 to 100"),
        wrong("strip_prefix", "\"\"", "error: routes.to.strip_prefix is empty"),
        {target("model = \"x\", strip_prefix = \"a/\""),
         "c.toml:3:42: warning: routes.to.strip_prefix has no effect: the target has a model of "
         "its own"},
        wrong("set", "1", "error: routes.to.set is an integer; expected a table"),
        wrong("set", "{ model = \"x\" }",
              "error: routes.to.set has \"model\", which " OF_THE_HOST
              "; the model's name stands beside provider",
              2),
        wrong("set", "{ stream = true }", "error: routes.to.set has \"stream\", which " OF_THE_HOST,
              2),
        wrong("set", "{ top_p = nan }",
              "error: routes.to.set.top_p holds a number that is not finite; expected a number "
              "that JSON can hold",
              10),
        wrong("drop", "\"top_k\"",
              "error: routes.to.drop is a string; expected an array of "
              "strings; did you mean [\"top_k\"]?"),
        wrong("drop", "3", "error: routes.to.drop is an integer; expected an array of strings"),
        wrong("drop", "[\"n\"]",
              "error: routes.to.drop has \"n\", which stays as the client wrote "
              "it; expected a parameter such as \"temperature\" or \"top_p\"",
              1),
        wrong(
            "set", "{ max_tokens = 0 }",
            "error: routes.to.set has \"max_tokens\", which must be a whole number of at least 1; "
            "expected a parameter such as \"temperature\" or \"top_p\"",
            2),
        wrong("drop", "[\"a\", \"a\"]", "error: routes.to.drop has \"a\" twice", 6),
        {target("set = { top_k = 1 }, drop = [\"top_k\"]"),
         "c.toml:3:58: error: routes.to.drop has \"top_k\", which set has, too; expected it in one "
         "of the two"},
        wrong("timeouts", "{ idle = 3 }",
              "error: routes.to.timeouts.idle = 3 has no unit; expected a duration such as "
              "\"500ms\", \"30s\", \"10m\", \"1h\" or \"none\"; did you mean \"3s\"?",
              9),
        {target("temperature = 0.2"),
         "c.toml:3:29: error: unknown key \"temperature\" in routes.to; here: set = { NAME = VALUE "
         "}, for calls that leave it out"},
    };
#undef OF_THE_HOST
    expect_all(cases, k_providers);
}

// With its own name in every message.
TEST(Target, AChainIsReadAndCheckedAsToIs) {
    const auto routes = valid(R"([[routes]]
model = "m"
to = "alpha"
on_context_length = ["beta", { provider = "alpha", model = "long" }]
on_content_filter = "beta"
on_budget = [{ provider = "beta", model = "cheap", tier = 2 }]
)");
    ASSERT_EQ(routes.size(), 1u);
    ASSERT_EQ(routes[0].on_context_length.size(), 2u);
    EXPECT_EQ(routes[0].on_context_length[1].model, "long");
    ASSERT_EQ(routes[0].on_content_filter.size(), 1u);
    EXPECT_EQ(routes[0].on_content_filter[0].provider, 1u);
    ASSERT_EQ(routes[0].on_budget.size(), 1u);
    EXPECT_EQ(routes[0].on_budget[0].tier, 2u);
    const std::string route = "[[routes]]\nmodel = \"m\"\nto = \"alpha\"\n";
    const Mistake cases[] = {
        {route + "on_budget = []",
         "c.toml:4:13: error: routes.on_budget is empty; expected at least one provider"},
        {route + "on_context_length = 1",
         "c.toml:4:21: error: routes.on_context_length is an integer; expected a provider's name, "
         "or an array of names or tables"},
        {route + "on_content_filter = \"gamma\"",
         "c.toml:4:21: error: unknown provider \"gamma\"; expected one of alpha, beta"},
        {route + "on_budget = [{ provider = \"beta\", model = \"x-*\" }]",
         "c.toml:4:43: error: routes.on_budget.model = \"x-*\" is a pattern; expected the name of "
         "one model, as the provider calls it"},
        {route + "on_budget = [{ provider = \"beta\", name = \"x\" }]",
         "c.toml:4:35: error: unknown key \"name\" in routes.on_budget; here: provider = "
         "\"NAME\""},
        {route + "on_budget = [{ provider = \"beta\", weight = 2 }]",
         "c.toml:4:35: warning: weight has no effect where the strategy is ordered; for shares "
         "write strategy = \"weighted\""},
    };
    expect_all(cases, k_providers);
}

TEST(DefaultTo, IsTheLastRouteOfAll) {
    const auto routes = valid(R"(default_to = ["beta", { provider = "alpha", model = "x" }]
[[routes]]
model = "m"
to = "alpha"
)");
    ASSERT_EQ(routes.size(), 2u);
    EXPECT_FALSE(routes[0].is_default);
    EXPECT_EQ(routes[1].model, "*");
    EXPECT_TRUE(routes[1].is_default);
    ASSERT_EQ(routes[1].to.size(), 2u);
    EXPECT_EQ(routes[1].to[0].provider, 1u);
    EXPECT_EQ(routes[1].at.line, 1);
    EXPECT_EQ(valid("default_to = \"alpha\"").size(), 1u) << "no [[routes]] are needed beside it";
}

// Whatever the other routes' patterns are.
TEST(DefaultTo, OnlyServesWhatNoOtherRouteServes) {
    for (const char* pattern : {"?*", "m*", "*m", "??", "model"}) {
        const auto routes = valid(fmt::format(
            "default_to = \"beta\"\n[[routes]]\nmodel = \"{}\"\nto = \"alpha\"\n", pattern));
        ASSERT_EQ(routes.size(), 2u);
        EXPECT_TRUE(more_specific(pattern, "*")) << pattern;
        EXPECT_FALSE(more_specific("*", pattern)) << pattern;
        EXPECT_TRUE(best_match(routes, "other")->is_default == !glob_match(pattern, "other"));
    }
}

TEST(DefaultTo, IsChecked) {
    const std::string route = "\n[[routes]]\nmodel = \"m\"\nto = \"alpha\"\n";
    const Mistake cases[] = {
        {"default_to = []" + route,
         "c.toml:1:14: error: default_to is empty; expected at least one provider"},
        {"default_to = 1",
         "c.toml:1:14: error: default_to is an integer; expected a provider's name, or an array of "
         "names or tables"},
        {"default_to = \"gamma\"" + route,
         "c.toml:1:14: error: unknown provider \"gamma\"; expected one of alpha, beta"},
        {"default_to = [{ provider = \"beta\", modle = \"x\" }]" + route,
         "c.toml:1:36: error: unknown key \"modle\" in default_to; expected one of provider, "
         "model, weight, tier, strip_prefix, set, drop, timeouts; did you mean \"model\"?"},
        {"default_to = [{ provider = \"beta\", weight = 2 }]" + route,
         "c.toml:1:36: warning: weight has no effect where the strategy is ordered"},
        {"default_to = \"beta\"\n[[routes]]\nmodel = \"*\"\nto = \"alpha\"\n",
         "c.toml:1:1: error: default_to and the route for \"*\" at line 3 both serve the names "
         "that "
         "no other route serves; expected one of the two"},
        {"default_to = \"beta\"\n[[routes]]\nmodel = \"?*\"\nto = \"alpha\"\n", ""},
        {"default_to = \"beta\"\n[[routes]]\nmodel = \"**\"\nto = \"alpha\"\n",
         "c.toml:1:1: error: default_to and the route for \"**\" at line 3 both serve the names "
         "that "
         "no other route serves; expected one of the two"},
        {"[[routes]]\nmodel = \"m\"\nto = \"alpha\"\ndefault_to = \"beta\"",
         "c.toml:4:1: error: unknown key \"default_to\" in routes; write it above the first "
         "[section]"},
    };
    expect_all(cases, k_providers);
}

}  // namespace
}  // namespace bellwether::config

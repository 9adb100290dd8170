#include "policy/upstreams/live_check.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

config::Config config_of(const std::string& rest) {
    auto loaded = config::parse("[providers.a]\n[providers.b]\n" + rest, "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return std::move(loaded.config);
}

ProviderCheck lists(const char* provider, std::vector<std::string> ids) {
    return {.provider = provider,
            .models = plugin::ModelList{.asked = true, .ids = std::move(ids)}};
}

ProviderCheck failed(const char* provider) {
    return {.provider = provider, .models = fail(ErrorKind::unreachable, "nobody there")};
}

std::string findings(const config::Config& config, const std::vector<ProviderCheck>& checks) {
    std::string text;
    for (const auto& finding : judge_lists(config, checks)) {
        text += finding.place + (finding.broken ? ": error: " : ": warning: ") + finding.message;
        text += '\n';
    }
    return text;
}

TEST(LiveCheck, FindsTargetsThatAreNotThere) {
    const auto config = config_of(R"([[routes]]
model = "x"
to = ["a", { provider = "b", model = "qwen-mex" }]
[[routes]]
model = "qwen-*"
to = "a"
)");
    EXPECT_EQ(
        findings(config, {lists("a", {"qwen-max", "x"}), lists("b", {"qwen-max"})}),
        "c.toml:5: error: route \"x\": provider \"b\" has no model \"qwen-mex\"; did you mean "
        "\"qwen-max\"?\n");
    EXPECT_EQ(findings(config, {lists("a", {"x"}), lists("b", {"qwen-mex"})}),
              "c.toml:8: error: route \"qwen-*\": provider \"a\" has no model that matches "
              "\"qwen-*\"\n");
}

TEST(LiveCheck, LooksAtChainsAndShadowsAsWell) {
    const auto config = config_of(R"([[routes]]
model = "v/x"
to = [{ provider = "a", strip_prefix = "v/" }]
on_budget = [{ provider = "b", model = "cheap" }]
shadow = { to = "b", model = "new", share = "1%" }
[[budgets]]
name = "b"
limit = "1 tok"
per = "day"
)");
    EXPECT_EQ(findings(config, {lists("a", {"x"}), lists("b", {"cheap", "new"})}), "");
    EXPECT_EQ(findings(config, {lists("a", {"v/x"}), lists("b", {"other"})}),
              "c.toml:5: error: route \"v/x\": provider \"a\" has no model \"x\"\n"
              "c.toml:6: error: route \"v/x\": provider \"b\" has no model \"cheap\"\n"
              "c.toml:7: error: route \"v/x\": provider \"b\" has no model \"new\"\n");
}

// A pattern has its models, but not the one that the alias names.
TEST(LiveCheck, FollowsAliasesIntoPatterns) {
    const auto config = config_of(R"([[routes]]
model = "best"
alias = "good"
[[routes]]
model = "good"
alias = "qwen-max"
[[routes]]
model = "qwen-*"
to = "a"
)");
    const auto said = findings(config, {lists("a", {"qwen-plus"}), lists("b", {})});
    EXPECT_NE(
        said.find("c.toml:5: error: alias \"best\": provider \"a\" has no model \"qwen-max\""),
        std::string::npos)
        << said;
    EXPECT_NE(said.find("c.toml:8: error: alias \"good\""), std::string::npos) << said;
    EXPECT_EQ(findings(config, {lists("a", {"qwen-max"}), lists("b", {})}), "");
}

TEST(LiveCheck, WarnsOfPricesForNothing) {
    const auto config = config_of(R"([[routes]]
model = "x"
to = "a"
[[prices]]
provider = "a"
model = "gone-*"
input = "1 USD"
output = "1 USD"
)");
    EXPECT_EQ(findings(config, {lists("a", {"x"}), lists("b", {})}),
              "c.toml:6: warning: there is a price for \"gone-*\", which provider \"a\" does not "
              "have\n");
}

// What was not asked is not judged: it may serve any name.
TEST(LiveCheck, SaysNothingOfWhomItDoesNotKnow) {
    const auto config = config_of("[[routes]]\nmodel = \"x\"\nto = [\"a\", \"b\"]\n");
    const ProviderCheck own{.provider = "b", .models = plugin::ModelList{.ids = {"echo"}}};
    EXPECT_EQ(findings(config, {failed("a"), own}), "");
}

}  // namespace
}  // namespace bellwether::policy

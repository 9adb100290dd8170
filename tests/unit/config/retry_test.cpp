// [retry], and `retry` of providers and routes.
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

constexpr std::string_view k_rest_of_file =
    "\n[providers.alpha]\n[providers.beta]\n[[routes]]\nmodel = \"m\"\nto = [\"alpha\", "
    "\"beta\"]\n";

Config valid(const std::string& toml) {
    auto loaded = parse(toml, "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return std::move(loaded.config);
}

TEST(Retry, HasDefaults) {
    const Config config = valid(std::string(k_rest_of_file));
    EXPECT_EQ(config.retry,
              (Retry{5, milliseconds(2'000), milliseconds(60'000), milliseconds(600'000)}));
    EXPECT_EQ(config.retry_budget.percent, 20u);
    EXPECT_EQ(config.retry_budget.per_second, 10u);
    EXPECT_EQ(config.providers[0].retry, config.retry);
    EXPECT_EQ(config.routes[0].to[1].retry, config.retry);
}

TEST(Retry, ReadsEveryKey) {
    const Config config = valid(
        "[retry]\nattempts = 3\nfirst = \"100ms\"\nlongest = \"1s\"\nwithin = \"1m\"\n"
        "budget_percent = 0\nbudget_floor = 7\n" +
        std::string(k_rest_of_file));
    EXPECT_EQ(config.retry,
              (Retry{3, milliseconds(100), milliseconds(1'000), milliseconds(60'000)}));
    EXPECT_EQ(config.retry_budget.percent, 0u);
    EXPECT_EQ(config.retry_budget.per_second, 7u);
}

// What a scope leaves out comes from the wider one, and the order of the file plays no part.
TEST(Retry, TheNarrowerScopeWinsKeyByKey) {
    const Config config = valid(R"(
[[routes]]
model = "m"
to = ["alpha", { provider = "beta" }]
on_budget = "alpha"
retry = { attempts = 2, within = "3m" }
[[routes]]
model = "n"
to = "beta"
[providers.alpha]
[providers.beta]
retry = { attempts = 4, first = "50ms" }
[retry]
attempts = 6
longest = "9s"
[[budgets]]
name = "b"
limit = "1 tok"
per = "day"
)");
    const auto retry = [](std::uint32_t attempts, int first, int within) {
        return Retry{attempts, milliseconds(first), milliseconds(9'000), milliseconds(within)};
    };
    EXPECT_EQ(config.retry, retry(6, 2'000, 600'000));
    EXPECT_EQ(config.providers[0].retry, config.retry);
    EXPECT_EQ(config.providers[1].retry, retry(4, 50, 600'000));
    EXPECT_EQ(config.routes[0].to[0].retry, retry(2, 2'000, 180'000));
    EXPECT_EQ(config.routes[0].to[1].retry, retry(2, 50, 180'000));
    EXPECT_EQ(config.routes[0].on_budget[0].retry, retry(2, 2'000, 180'000));
    EXPECT_EQ(config.routes[1].to[0].retry, config.providers[1].retry);
}

TEST(Retry, ChecksItsKeys) {
    const Mistake cases[] = {
        {"[retry]\nattempts = 0",
         "c.toml:2:12: error: retry.attempts = 0 is out of range; expected a whole number from 1 "
         "to 20"},
        {"[retry]\nfirst = 2",
         "c.toml:2:9: error: retry.first = 2 has no unit; expected a duration such as \"500ms\", "
         "\"2s\" or \"1m\"; did you mean \"2s\"?"},
        {"[retry]\nbudget_percent = 101",
         "c.toml:2:18: error: retry.budget_percent = 101 is out of range; expected a whole number "
         "from 0 to 100"},
        {"[retry]\nfirst = \"2m\"\nlongest = \"1m\"",
         "c.toml:2:9: warning: retry.first is longer than retry.longest, which counts instead"},
        {"[retry]\nlongest = \"1s\"", ""},
        {"[retry]\nfirst = \"2m\"\nlongest = 1",
         "c.toml:3:11: error: retry.longest = 1 has no unit; expected a duration such as "
         "\"500ms\", \"2s\" or \"1m\"; did you mean \"1s\"?"},
        {"[retry]\nmax_retries = 2",
         "c.toml:2:1: error: unknown key \"max_retries\" in retry; here: attempts = 3, the first "
         "try included"},
        {"[retry]\nattemps = 2",
         "c.toml:2:1: error: unknown key \"attemps\" in retry; expected one of attempts, first, "
         "longest, within, budget_percent, budget_floor; did you mean \"attempts\"?"},
        {"retry = 3", "c.toml:1:9: error: retry is an integer; expected a table"},
        {"[providers.p]\nretry = { attempts = 21 }",
         "c.toml:2:22: error: providers.p.retry.attempts = 21 is out of range; expected a whole "
         "number from 1 to 20"},
        {"[providers.p]\nretry = { budget_floor = 1 }",
         "c.toml:2:11: error: unknown key \"budget_floor\" in providers.p.retry; expected one of "
         "attempts, first, longest, within"},
        {"[[routes]]\nmodel = \"n\"\nto = [\"alpha\", \"beta\"]\nretry = { first = \"0s\" }",
         "c.toml:4:19: error: routes.retry.first = \"0s\" is out of range; expected \"1ms\" to "
         "\"10m\""},
        {"[[routes]]\nmodel = \"n\"\nto = \"alpha\"\nretry = { first = \"5s\", longest = \"1s\" }",
         "c.toml:4:19: warning: routes.retry.first is longer than routes.retry.longest, which "
         "counts instead"},
    };
    expect_all(cases, k_rest_of_file);
}

}  // namespace
}  // namespace bellwether::config

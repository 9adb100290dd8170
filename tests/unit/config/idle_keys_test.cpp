// Keys of routes that nothing can come of, as the file lacks what they need.
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

const std::string k_price =
    "[[prices]]\nprovider = \"other\"\nmodel = \"*\"\ninput = \"1 USD\"\noutput = \"1 USD\"\n";

std::string told(const std::string& route, const std::string& more = "") {
    return mistakes("[providers.echo]\n[providers.other]\n[[routes]]\nmodel = \"m\"\n" + route +
                    "\n" + more);
}

std::string has_no_effect(const std::string& why) { return "c.toml:3:1: warning: " + why; }

TEST(IdleKeys, AHedgeWithoutASecondTry) {
    const std::string two = "to = [\"echo\", \"other\"]\nhedge = \"1s\"";
    EXPECT_EQ(told("to = \"echo\"\nhedge = \"1s\""),
              has_no_effect("hedge of the route \"m\" has no effect: there is no second target; "
                            "name one in to"));
    const std::string once = has_no_effect(
        "hedge of the route \"m\" has no effect: attempts = 1 leaves no try for it; allow 2 "
        "attempts");
    EXPECT_EQ(told(two, "[retry]\nattempts = 1"), once);
    EXPECT_EQ(told(two + "\nretry = { attempts = 1 }"), once);
    EXPECT_EQ(told(two, "[retry]\nbudget_percent = 0\nbudget_floor = 0"),
              has_no_effect("hedge of the route \"m\" has no effect: the retry budget is 0; raise "
                            "retry.budget_percent or retry.budget_floor"));
    EXPECT_EQ(told(two), "");
    EXPECT_EQ(told(two, "[retry]\nbudget_percent = 0"), "");
    EXPECT_EQ(told("to = [{ provider = \"echo\", model = \"a\" }, { provider = \"echo\", model = "
                   "\"b\" }]\nhedge = \"1s\""),
              "");
}

TEST(IdleKeys, AChainForBudgetsWithoutABudget) {
    const std::string chain = "to = \"echo\"\non_budget = \"other\"";
    EXPECT_EQ(told(chain),
              has_no_effect("on_budget of the route \"m\" has no effect: there are no budgets; add "
                            "[[budgets]]"));
    EXPECT_EQ(told(chain, "[[budgets]]\nname = \"b\"\nlimit = \"1 tok\"\nper = \"day\""), "");
}

TEST(IdleKeys, TheCheapestWithoutPrices) {
    const std::string route = "to = [\"echo\", \"other\"]\nstrategy = \"cheapest\"";
    EXPECT_EQ(told(route),
              has_no_effect("strategy = \"cheapest\" of the route \"m\" has no effect: no target "
                            "has a price; give them prices: [[prices]] or price_files"));
    EXPECT_EQ(told(route, k_price), "");
    EXPECT_NE(told("to = \"echo\"\nstrategy = \"cheapest\"", k_price), "");
}

// What is lacking may be what could not be read.
TEST(IdleKeys, NothingIsSaidBesideAnError) {
    EXPECT_EQ(told("to = [\"echo\", \"othr\"]\nhedge = \"1s\""),
              "c.toml:5:15: error: unknown provider \"othr\"; expected one of echo, other; did you "
              "mean \"other\"?");
}

}  // namespace
}  // namespace bellwether::config

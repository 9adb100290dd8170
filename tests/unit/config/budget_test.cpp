// [[budgets]].
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

std::vector<Budget> budgets(const std::string& toml) {
    const auto loaded = parse(toml + std::string(k_rest), "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return loaded.config.budgets;
}

Budget budget(const std::string& keys) {
    auto all = budgets("[[budgets]]\nname = \"b\"\n" + keys);
    EXPECT_EQ(all.size(), 1u) << keys;
    return all.empty() ? Budget{} : all[0];
}

TEST(Budget, ReadsEveryKey) {
    const auto read = budgets(R"(
[[budgets]]
name = "everyone"
limit = "100 Mtok"
count = "output"
per = "month"
reset = { day = 25, hour = 6, minute = 30, zone = "Asia/Bangkok" }
match = { key = ["a*", "*a"], team = "t", user = "u", model = "m", provider = "echo", route = "*" }
each = "user"
mode = "soft"
warn_at = [0.95, "80%", 1, "0.01%"]
[[routes]]
model = "m"
to = "echo"
[[keys]]
name = "anna"
id = "0a1b2c3d"
sha256 = ")" + std::string(64, 'a') +
                              R"("
team = "t"
)");
    ASSERT_EQ(read.size(), 1u);
    const Budget& all = read[0];
    EXPECT_EQ(all.name, "everyone");
    EXPECT_EQ(all.unit, BudgetUnit::tokens);
    EXPECT_EQ(all.limit, 100'000'000);
    EXPECT_EQ(all.count, Count::output);
    EXPECT_EQ(all.period, (Period{calendar::Unit::month, 25, 6, 30, "Asia/Bangkok"}));
    EXPECT_EQ(all.scope.names(Subject::key), (std::vector<std::string>{"a*", "*a"}));
    EXPECT_EQ(all.scope.names(Subject::team), std::vector<std::string>{"t"});
    EXPECT_EQ(all.scope.names(Subject::user), std::vector<std::string>{"u"});
    EXPECT_EQ(all.scope.names(Subject::model), std::vector<std::string>{"m"});
    EXPECT_EQ(all.scope.names(Subject::provider), std::vector<std::string>{"echo"});
    EXPECT_EQ(all.scope.names(Subject::route), std::vector<std::string>{"*"});
    EXPECT_EQ(all.scope.each, Subject::user);
    EXPECT_EQ(all.mode, BudgetMode::soft);
    EXPECT_EQ(all.warn_at, (std::vector<int>{1, 8'000, 9'500, 10'000}));
    EXPECT_EQ(all.at.line, 2);
}

TEST(Budget, HasDefaults) {
    const Budget plain = budget("limit = \"1 tok\"\nper = \"none\"\n");
    EXPECT_EQ(plain.mode, BudgetMode::hard);
    EXPECT_EQ(plain.count, Count::total);
    EXPECT_EQ(plain.period, Period{});
    EXPECT_EQ(plain.scope.each, std::nullopt);
    EXPECT_TRUE(plain.warn_at.empty());
}

TEST(Budget, ReadsAmountsExactly) {
    const std::pair<const char*, std::int64_t> cases[] = {{"500ktok", 500'000},
                                                          {"1.5 Mtok", 1'500'000},
                                                          {"0.001ktok", 1},
                                                          {"2 Gtok", 2'000'000'000},
                                                          {"0 tok", 0},
                                                          {"1.000 tok", 1},
                                                          {"1000000 Gtok", 1'000'000'000'000'000}};
    for (const auto& [text, amount] : cases) {
        EXPECT_EQ(budget("per = \"day\"\nlimit = \"" + std::string(text) + "\"\n").limit, amount)
            << text;
    }
    const std::string prices =
        "[[prices]]\nprovider = \"echo\"\nmodel = \"*\"\ninput = \"1 USD\"\noutput = \"1 USD\"\n";
    const Budget money = budget("per = \"day\"\nlimit = \"0.25 USD\"\n" + prices);
    EXPECT_EQ(money.unit, BudgetUnit::micro_usd);
    EXPECT_EQ(money.limit, 250'000);
}

TEST(Budget, AWeekBeginsOnADay) {
    const Budget weekly =
        budget("limit = \"1 tok\"\nper = \"week\"\nreset = { day = \"sunday\" }\n");
    EXPECT_EQ(weekly.period.day, 7);
    EXPECT_EQ(budget("limit = \"1 tok\"\nper = \"week\"\n").period.day, 1);
}

constexpr std::string_view k_amount =
    "expected tokens such as \"100 Mtok\" (tok, ktok, Mtok, Gtok) or money such as \"50 USD\"";

TEST(Budget, EveryWrongAmountHasItsPlace) {
    const std::pair<std::string, std::string> cases[] = {
        {"100", "= \"100\" has no unit; " + std::string(k_amount) + "; did you mean \"100 tok\"?"},
        {"\"100\"",
         "= \"100\" has no unit; " + std::string(k_amount) + "; did you mean \"100 tok\"?"},
        {"\"-1 tok\"", "= \"-1 tok\" is not an amount; " + std::string(k_amount)},
        {"\"5 EUR\"", "= \"5 EUR\" is not an amount; " + std::string(k_amount)},
        {"\"1 mtok\"",
         "= \"1 mtok\" is not an amount; " + std::string(k_amount) + "; did you mean \"1 Mtok\"?"},
        {"1.5", "is a float; " + std::string(k_amount)},
        {"\"0.0001 ktok\"", "= \"0.0001 ktok\" is no whole number of tokens"},
        {"\"0.0000001 USD\"", "= \"0.0000001 USD\" is finer than a millionth of a dollar"},
        {"\"1000001 Gtok\"",
         "= \"1000001 Gtok\" is out of range; expected \"0 tok\" to \"1000000 Gtok\""},
        {"\"99999999999999999999999 tok\"",
         "= \"99999999999999999999999 tok\" is out of range; expected \"0 tok\" to "
         "\"1000000 Gtok\""},
    };
    for (const auto& [value, message] : cases) {
        EXPECT_EQ(mistakes("[[budgets]]\nname = \"b\"\nper = \"day\"\nlimit = " + value +
                           std::string(k_rest)),
                  "c.toml:4:9: error: budgets.limit " + message);
    }
}

struct Wrong {
    std::string keys;  // of a budget that is right but for them
    std::string message;
};

TEST(Budget, EveryMistakeHasItsPlace) {
    const Wrong cases[] = {
        {"per = \"days\"",
         "c.toml:4:7: error: budgets.per = \"days\" is unknown; expected one of \"minute\", "
         "\"hour\", \"day\", \"week\", \"month\", \"none\"; did you mean \"day\"?"},
        {"",
         "c.toml:1:1: error: a budget has no per; expected one of \"minute\", \"hour\", "
         "\"day\", \"week\", \"month\", \"none\""},
        {"per = \"month\"\nreset = { day = 32 }",
         "c.toml:5:17: error: budgets.reset.day = 32 is out of range; expected a whole number "
         "from 1 to 31"},
        {"per = \"day\"\nreset = { day = 1 }",
         "c.toml:5:11: error: budgets.reset.day means nothing where per = \"day\""},
        {"per = \"minute\"\nreset = { hour = 1 }",
         "c.toml:5:11: error: budgets.reset.hour means nothing where per = \"minute\""},
        {"per = \"none\"\nreset = { hour = 1 }",
         "c.toml:5:1: error: budgets.reset means nothing where per = \"none\""},
        {"per = \"week\"\nreset = { day = \"Monday\" }",
         "c.toml:5:17: error: budgets.reset.day = \"Monday\" is unknown; expected one of "
         "\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"saturday\", "
         "\"sunday\"; did you mean \"monday\"?"},
        {"per = \"day\"\nreset = { zone = \"Asia/Bankok\" }",
         "c.toml:5:18: error: budgets.reset.zone = \"Asia/Bankok\" is unknown; expected an IANA "
         "name such as \"Asia/Bangkok\" or \"UTC\"; did you mean \"Asia/Bangkok\"?"},
        {"per = \"day\"\ncount = \"inputs\"",
         "c.toml:5:9: error: budgets.count = \"inputs\" is unknown; expected one of \"total\", "
         "\"input\", \"output\"; did you mean \"input\"?"},
        {"per = \"day\"\nmatch = { provider = \"ehco\" }",
         "c.toml:5:22: error: budgets.match.provider = \"ehco\" names no provider of this file; "
         "expected one of echo; did you mean \"echo\"?"},
        {"per = \"day\"\nmatch = { route = \"x*\" }",
         "c.toml:5:19: warning: budgets.match.route = \"x*\" names no route of this file"},
        {"per = \"day\"\nmatch = { user = [] }",
         "c.toml:5:18: error: budgets.match.user is empty; expected at least one name or pattern"},
        {"per = \"day\"\nmatch = { models = \"m\" }",
         "c.toml:5:11: error: unknown key \"models\" in budgets.match; expected one of key, team, "
         "user, model, provider, route; did you mean \"model\"?"},
        {"per = \"day\"\neach = \"users\"",
         "c.toml:5:8: error: budgets.each = \"users\" is unknown; expected one of \"key\", "
         "\"team\", \"user\", \"model\", \"provider\", \"route\"; did you mean \"user\"?"},
        {"per = \"day\"\nwarn_at = [80]",
         "c.toml:5:12: error: an element of budgets.warn_at is no share; expected a share such as "
         "0.8 or \"80%\", up to 1"},
        {"per = \"day\"\nwarn_at = [nan, \"101%\", \"0%\", 0.00001]",
         "c.toml:5:12: error: an element of budgets.warn_at is no share; expected a share such as "
         "0.8 or \"80%\", up to 1\n"
         "c.toml:5:17: error: an element of budgets.warn_at is no share; expected a share such as "
         "0.8 or \"80%\", up to 1\n"
         "c.toml:5:25: error: an element of budgets.warn_at is no share; expected a share such as "
         "0.8 or \"80%\", up to 1\n"
         "c.toml:5:31: error: an element of budgets.warn_at is no share; expected a share such as "
         "0.8 or \"80%\", up to 1"},
        {"per = \"day\"\nlimits = 1",
         "c.toml:5:1: error: unknown key \"limits\" in budgets; expected one of name, each, match, "
         "limit, count, per, reset, mode, warn_at, webhook; did you mean \"limit\"?"},
    };
    for (const auto& [keys, message] : cases) {
        EXPECT_EQ(
            mistakes("[[budgets]]\nname = \"b\"\nlimit = \"1 tok\"\n" + keys + std::string(k_rest)),
            message);
    }
}

TEST(Budget, NamesAreNeededAndDiffer) {
    const std::string rest = "limit = \"1 tok\"\nper = \"day\"\n";
    EXPECT_EQ(mistakes("[[budgets]]\n" + rest + std::string(k_rest)),
              "c.toml:1:1: error: a budget has no name; expected name = \"NAME\"");
    EXPECT_EQ(mistakes("[[budgets]]\nname = \"A b\"\n" + rest + std::string(k_rest)),
              "c.toml:2:8: error: a budget cannot be named \"A b\"; expected at most 64 lower-case "
              "letters, digits, \"-\" and \"_\"");
    EXPECT_EQ(mistakes("[[budgets]]\nname = \"a\"\n" + rest +
                       "[[limits]]\nname = \"a\"\nconcurrent = 1" + std::string(k_rest)),
              "c.toml:6:8: error: a second rule named \"a\"; the first is at line 1; expected one "
              "name for each of the budgets and limits");
}

// A model without a price would pass a budget in money by.
TEST(Budget, InMoneyNeedsPrices) {
    const std::string money = "[[budgets]]\nname = \"b\"\nlimit = \"1 USD\"\nper = \"day\"\n";
    const std::string unpriced =
        "c.toml:1:1: error: the budget \"b\" counts money, and \"echo\" of echo has no price; "
        "expected [[prices]] for it, or a match that leaves it out";
    const auto with = [&](const std::string& more) {
        return mistakes(money + more + std::string(k_rest));
    };
    EXPECT_EQ(with(""), unpriced);
    EXPECT_EQ(with("match = { model = \"e*\" }\n"), unpriced);
    EXPECT_EQ(with("match = { user = \"ann\" }\nmode = \"shadow\"\n"), unpriced);
    EXPECT_EQ(with("match = { model = \"qwen-*\" }\n"),
              "c.toml:5:19: warning: budgets.match.model = \"qwen-*\" is a model that no route "
              "serves, so no call is counted for it");
    EXPECT_EQ(with("[[prices]]\nprovider = \"echo\"\nmodel = \"e*\"\ninput = \"0 USD\"\n"
                   "output = \"0 USD\"\n"),
              "");
    EXPECT_EQ(
        with("count = \"input\"\nmatch = { user = \"x\" }\n"),
        "c.toml:1:1: error: the budget \"b\" counts money, and \"echo\" of echo has no price; "
        "expected [[prices]] for it, or a match that leaves it out\n"
        "c.toml:5:1: error: budgets.count means nothing for money; expected it with a limit "
        "in tokens");
}

TEST(Budget, InMoneyNeedsThePricesOfChains) {
    const std::string money = "[[budgets]]\nname = \"b\"\nlimit = \"1 USD\"\nper = \"day\"\n";
    const std::string priced =
        "[[prices]]\nprovider = \"echo\"\nmodel = \"m\"\ninput = \"1 USD\"\noutput = \"1 USD\"\n"
        "[providers.echo]\n[[routes]]\nmodel = \"m\"\nto = \"echo\"\n";
    EXPECT_EQ(mistakes(money + priced), "");
    EXPECT_EQ(mistakes(money + priced + "on_budget = [{ provider = \"echo\", model = \"x\" }]\n"),
              "c.toml:1:1: error: the budget \"b\" counts money, and \"x\" of echo has no price; "
              "expected [[prices]] for it, or a match that leaves it out");
}

// Copies for a shadow have no key, team and user.
TEST(Budget, InMoneyNeedsThePricesOfShadows) {
    const auto with = [](const std::string& match) {
        return mistakes("[[budgets]]\nname = \"b\"\nlimit = \"1 USD\"\nper = \"day\"\n" + match +
                        "[[prices]]\nprovider = \"echo\"\nmodel = \"m\"\ninput = \"1 USD\"\noutput "
                        "= \"1 USD\"\n"
                        "[providers.echo]\n[[routes]]\nmodel = \"m\"\nto = \"echo\"\n"
                        "shadow = { to = \"echo\", model = \"x\", share = \"5%\" }\n");
    };
    const std::string unpriced =
        "c.toml:1:1: error: the budget \"b\" counts money, and \"x\" of echo has no price; "
        "expected [[prices]] for it, or a match that leaves it out";
    EXPECT_EQ(with(""), unpriced);
    EXPECT_EQ(with("match = { route = \"shadow:*\" }\n"), unpriced);
    EXPECT_EQ(with("match = { user = \"*\" }\n"), unpriced);
    EXPECT_EQ(with("match = { user = \"?*\" }\n"), "");
    EXPECT_EQ(with("match = { route = \"m\" }\n"), "");
}

// Which models a pattern stands for nobody knows before a call asks for one.
TEST(Budget, InMoneyIsNotCheckedAgainstPatterns) {
    const std::string money = "[[budgets]]\nname = \"b\"\nlimit = \"1 USD\"\nper = \"day\"\n";
    const std::string provider = "[providers.echo]\n[[routes]]\nmodel = \"m*\"\n";
    EXPECT_EQ(mistakes(money + provider + "to = \"echo\"\n"), "");
    EXPECT_EQ(mistakes(money + provider + "to = [{ provider = \"echo\", model = \"x\" }]\n"),
              "c.toml:1:1: error: the budget \"b\" counts money, and \"x\" of echo has no price; "
              "expected [[prices]] for it, or a match that leaves it out");
}

}  // namespace
}  // namespace bellwether::config

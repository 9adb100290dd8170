// What a budget has come to is said once for each share in each window, and reads the same for
// people and for programs.
#include "policy/notices/warnings.hpp"

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

constexpr const char* k_rules =
    "[[budgets]]\nname = \"all\"\nlimit = \"1ktok\"\nper = \"day\"\nwarn_at = [0.5, 0.8]\n"
    "reset = {zone = \"Asia/Bangkok\"}\n"
    "[[budgets]]\nname = \"soft\"\nlimit = \"50 USD\"\nper = \"none\"\nmode = \"soft\"\n";
constexpr ledger::Window k_day{.start = 1'795'798'800, .end = 1'795'885'200};
constexpr std::int64_t k_now_us = 1'795'800'000'000'000;

class WarningsTest : public testing::Test {
  protected:
    WarningsTest() : config(Desk::parsed(k_rules + std::string(Desk::k_providers))) {
        for (std::size_t i = 0; i < rules.size(); ++i) {
            rules[i].budget = &config.budgets[i];
            rules[i].name = config.budgets[i].name;
            rules[i].zone = *calendar::Zone::find(config.budgets[i].period.zone);
        }
    }

    void look(std::size_t rule, std::int64_t used, ledger::Window window = k_day,
              const std::string& value = {}) {
        const std::int64_t left = config.budgets[rule].limit - used;
        warnings.look({&rules[rule], {.counter = {rules[rule].name, value}}},
                      {.used = used, .left = left, .window = window}, posts);
    }

    config::Config config;
    std::array<Rule, 2> rules;
    boost::asio::io_context loop;
    net::Client client{loop};
    WebhookCounts counts{{}};
    WebhookPosts posts{loop, client, {}, counts};
    Warnings warnings{config};
};

TEST_F(WarningsTest, SaysEachShareOnceInAWindow) {
    look(0, 499);
    EXPECT_EQ(warnings.counted(0), 0U);
    for (const std::int64_t used : {500, 600, 799}) look(0, used);
    EXPECT_EQ(warnings.counted(0), 1U);
    for (const std::int64_t used : {800, 700, 1000}) look(0, used);
    EXPECT_EQ(warnings.counted(0), 2U);
    look(0, 500, {.start = k_day.end, .end = k_day.end + 86'400});
    EXPECT_EQ(warnings.counted(0), 3U);
}

TEST_F(WarningsTest, SaysItOfEachValueApart) {
    for (const char* user : {"ann", "ben", "ann"}) look(0, 900, k_day, user);
    EXPECT_EQ(warnings.counted(0), 2U);
}

TEST_F(WarningsTest, CountsWhatIsHeldAsTaken) {
    warnings.look({&rules[0], {.counter = {rules[0].name, ""}}},
                  {.used = 400, .held = 99, .left = 501, .window = k_day}, posts);
    EXPECT_EQ(warnings.counted(0), 0U);
    warnings.look({&rules[0], {.counter = {rules[0].name, ""}}},
                  {.used = 400, .held = 100, .left = 500, .window = k_day}, posts);
    EXPECT_EQ(warnings.counted(0), 1U);
}

// One that refuses is never exceeded, but for debt.
TEST_F(WarningsTest, SaysNothingMoreOfAHardOneInDebt) {
    look(0, 900);
    look(0, 1200);
    EXPECT_EQ(warnings.counted(0), 1U);
}

TEST_F(WarningsTest, SaysThatASoftOneIsExceededAndNotThatItIsFull) {
    look(1, 50'000'000, {});
    EXPECT_EQ(warnings.counted(1), 0U);
    look(1, 50'000'001, {});
    EXPECT_EQ(warnings.counted(1), 1U);
}

TEST_F(WarningsTest, TellsAWebhookAllThatAProgramNeeds) {
    const ledger::Standing standing{.used = 700, .held = 103, .left = 197, .window = k_day};
    EXPECT_EQ(
        warning_json({&rules[0], "ann", 8'000, standing, k_now_us}),
        R"({"id":"all/1795798800/80/ann","event":"budget.warning",)"
        R"("time":"2026-11-28T00:20:00+07:00",)"
        R"("text":"the budget \"all\" of \"ann\" has come to 80 %: 803 of 1000 tokens are used or held",)"
        R"("budget":"all","value":"ann","percent":80.00,"unit":"tokens","limit":1000,"used":700,)"
        R"("held":103,"left":197,"since":"2026-11-28T00:00:00+07:00",)"
        R"("resets":"2026-11-29T00:00:00+07:00"})");
}

TEST_F(WarningsTest, TellsOfMoneyThatWasExceeded) {
    const ledger::Standing standing{.used = 50'000'001, .left = -1};
    EXPECT_EQ(warning_json({&rules[1], "", 10'001, standing, k_now_us}),
              R"({"id":"soft/0/exceeded/","event":"budget.exceeded","time":"2026-11-27T17:20:00Z",)"
              R"x("text":"the budget \"soft\" is exceeded; it refuses nothing (mode = \"soft\")",)x"
              R"("budget":"soft","value":null,"percent":null,"unit":"micro_usd","limit":50000000,)"
              R"("used":50000001,"held":0,"left":-1,"since":null,"resets":null})");
}

}  // namespace
}  // namespace bellwether::policy

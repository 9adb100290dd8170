// [webhooks.NAME], and the budgets that name one.

#include "mistakes.hpp"

namespace bellwether::config {
namespace {

constexpr const char* k_hook = "[webhooks.ops]\nurl = ";

std::string with_url(const std::string& url) { return k_hook + ('"' + url + "\"\n"); }

TEST(Webhooks, AreNamedByBudgets) {
    const auto loaded = parse(with_url("https://hooks.example.com/a/b?token=1") +
                                  "[[budgets]]\nname = \"a\"\nlimit = \"1tok\"\nper = \"day\"\n"
                                  "warn_at = [0.5]\nwebhook = \"ops\"\n",
                              "c.toml");
    ASSERT_EQ(loaded.config.webhooks.size(), 1U);
    EXPECT_EQ(loaded.config.webhooks[0].name, "ops");
    EXPECT_EQ(loaded.config.webhooks[0].url, "https://hooks.example.com/a/b?token=1");
    EXPECT_EQ(loaded.config.webhooks[0].reference, "");
    ASSERT_EQ(loaded.config.budgets.size(), 1U);
    EXPECT_EQ(loaded.config.budgets[0].webhook, 0U);
}

TEST(Webhooks, HaveAnAddressThatOnlyTheEnvironmentKnows) {
    ::setenv("BELLWETHER_TEST_HOOK", "http://127.0.0.1:9/x", 1);
    const auto loaded = parse(with_url("env:BELLWETHER_TEST_HOOK"), "c.toml");
    ::unsetenv("BELLWETHER_TEST_HOOK");
    ASSERT_EQ(loaded.config.webhooks.size(), 1U);
    EXPECT_EQ(loaded.config.webhooks[0].url, "http://127.0.0.1:9/x");
    EXPECT_EQ(loaded.config.webhooks[0].reference, "env:BELLWETHER_TEST_HOOK");
}

TEST(Webhooks, SayWhatIsWrongAndNeverTheAddress) {
    const std::string expected =
        "; expected a URL such as \"https://host/path\", \"env:NAME\" or \"file:/path\"";
    const Mistake cases[] = {
        {"[webhooks.ops]\n", "c.toml:1:1: error: webhooks.ops.url is missing" + expected},
        {with_url("hooks.example.com/secret"),
         "c.toml:2:7: error: webhooks.ops.url does not begin with https:// or http://" + expected},
        {with_url("https://u:secret@x/"),
         "c.toml:2:7: error: webhooks.ops.url holds a user name or a password" + expected},
        {with_url("https://x/#secret"),
         "c.toml:2:7: error: webhooks.ops.url has a query or a fragment" + expected},
        {with_url("env:BELLWETHER_NO_SUCH_VARIABLE"),
         "c.toml:2:7: error: webhooks.ops.url cannot be had: the environment variable "
         "BELLWETHER_NO_SUCH_VARIABLE is not set" +
             expected},
        {with_url("http://hooks.example.com/secret"),
         "c.toml:2:7: warning: webhooks.ops.url is plain http: it crosses the network unencrypted; "
         "expected https://"},
        {"[webhooks.Ops]\nurl = \"https://x\"\n",
         "c.toml:1:11: error: a webhook cannot be named \"Ops\"; expected at most 64 lower-case "
         "letters, digits, \"-\" and \"_\""},
        {with_url("https://x") + "retries = 3\n",
         "c.toml:3:1: error: unknown key \"retries\" in webhooks.ops; expected one of url, "
         "ca_file, "
         "client_cert, client_key, http, proxy_secret, proxy, max_connections, "
         "max_idle_connections, idle_connection_time"},
    };
    expect_all(cases);
}

TEST(Webhooks, AreThereWhereBudgetsNameThem) {
    const std::string rule = "[[budgets]]\nname = \"a\"\nlimit = \"1tok\"\nper = \"day\"\n";
    const Mistake cases[] = {
        {rule + "webhook = \"ops\"\n",
         "c.toml:5:11: error: budgets.webhook = \"ops\" names no webhook of this file; "
         "expected a [webhooks.NAME]"},
        {with_url("https://x") + rule + "warn_at = [1]\nwebhook = \"op\"\n",
         "c.toml:8:11: error: budgets.webhook = \"op\" names no webhook of this file; expected one "
         "of ops; did you mean \"ops\"?"},
        {with_url("https://x") + rule + "webhook = \"ops\"\n",
         "c.toml:7:11: warning: budgets.webhook has no effect: it is never told; say warn_at = "
         "[0.8] beside it"},
    };
    expect_all(cases);
}

}  // namespace
}  // namespace bellwether::config

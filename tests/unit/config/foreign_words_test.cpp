// What people bring from other gateways, each with its answer.
#include "config/foreign_words.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "config/meant.hpp"
#include "config/secret.hpp"
#include "config/url.hpp"
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

using testing::HasSubstr;

TEST(ForeignWords, KeysOfOtherGatewaysGetTheirNameHere) {
    struct Case {
        std::string section;
        std::string key;
        std::string answer;
    };
    const Case cases[] = {
        {"", "model_list", "[[routes]]"},
        {"", "router_settings", "[[routes]]"},
        {"", "general_settings", "[server]"},
        {"", "litellm_settings", "docs/from-litellm.md"},
        {"", "master_key", "bellwether key new"},
        {"", "virtual_keys", "[[keys]]"},
        {"", "fallbacks", "to = [\"first\", \"second\"]"},
        {"server", "port", "listen = "},
        {"server", "host", "listen = "},
        {"server", "timeout", "timeouts = {"},
        {"providers.p", "api_base", "base_url"},
        {"providers.p", "rpm", "requests = \"60/min\""},
        {"providers.p", "tpm", "tokens = \"200k/min\""},
        {"providers.p", "max_parallel_requests", "max_concurrent"},
        {"providers.p", "max_retries", "retry = { attempts = 3 }"},
        {"routes", "num_retries", "retry = { attempts = 3 }"},
        {"", "num_retries", "[retry] with attempts = 3"},
        {"server", "retry", "[retry]"},
        {"retry", "num_retries", "attempts = 3"},
        {"providers.p", "retry_backoff_max", "longest = \"1m\""},
        {"providers.p.retry", "retry_backoff_initial", "first = \"2s\""},
        {"routes.retry", "retry_backoff_max", "longest = \"1m\""},
        {"", "retry_after", "first = \"2s\""},
        {"", "allowed_fails", "[health]"},
        {"health", "allowed_fails", "failures = 5"},
        {"health", "cooldown_time", "first = \"10s\""},
        {"routes", "cooldown_time", "[health]"},
        {"", "context_window_fallbacks", "on_context_length = "},
        {"routes", "content_policy_fallbacks", "on_content_filter = "},
        {"", "default_fallbacks", "default_to = "},
        {"routes.to", "priority", "tier = 2"},
        {"routes.on_budget", "name", "provider = \"NAME\""},
        {"default_to", "api_key", "[providers.NAME]"},
        {"routes.to", "drop_params", "drop = "},
        {"providers.p", "timeout", "timeouts = {"},
        {"providers.p", "request_timeout", "timeouts = {"},
        {"providers.p", "litellm_params", "docs/from-litellm.md"},
        {"providers.p", "weight", "strategy"},
        {"routes", "model_name", "model"},
        {"routes", "fallbacks", "to = ["},
        {"routes", "weight", "weight = 9"},
        {"routes.to", "api_key", "[providers.NAME]"},
        {"budgets", "max_budget", "limit = \"50 USD\""},
        {"budgets", "budget_duration", "per = \"month\""},
        {"budgets", "user", "each = \"user\""},
        {"limits", "rpm", "requests"},
        {"limits", "max_parallel_requests", "concurrent"},
        {"keys", "max_budget", "[[budgets]]"},
        {"keys", "rpm_limit", "[[limits]]"},
    };
    for (const Case& one : cases) {
        EXPECT_THAT(advice_on_key(one.section, one.key, {}), HasSubstr(one.answer)) << one.key;
    }
}

TEST(ForeignWords, StrategiesOfOtherGatewaysGetTheirNameHere) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"simple-shuffle", "weighted"},
        {"least-busy", "least_busy"},
        {"latency-based-routing", "least_latency"},
        {"cost-based-routing", "cheapest"},
        {"usage-based-routing", "least_busy"},
        {"usage-based-routing-v2", "least_busy"},
    };
    for (const auto& [word, name] : cases) {
        EXPECT_EQ(strategy_of_others(word), fmt::format("here: strategy = \"{}\"", name)) << word;
    }
    EXPECT_EQ(strategy_of_others("magic"), "");
    EXPECT_EQ(strategy_of_others(""), "");
}

TEST(ForeignWords, WhatIsNoWordOfOthersIsCompared) {
    const std::vector<std::string> known{"listen", "drain"};
    EXPECT_EQ(advice_on_key("server", "lisen", known), "did you mean \"listen\"?");
    EXPECT_EQ(advice_on_key("providers.p.timeouts", "timeout", known), "");
    EXPECT_EQ(advice_on_key("server", "frobnicate", known), "");
}

TEST(ForeignWords, VariablesOfOtherProgramsAreKnown) {
    for (const char* text :
         {"${NAME}", "$NAME", "os.environ/NAME", "{{ env.NAME }}", "{env:NAME}", "{{ NAME }}",
          "%NAME%", "${env:NAME}", "Bearer ${NAME}", "{$NAME}", "os.environ.get('NAME')",
          "os.getenv(\"NAME\")", "process.env.NAME", "os.environ['NAME']", "$env:NAME",
          "{{ env \"NAME\" }}", "{{env('NAME')}}"}) {
        EXPECT_EQ(foreign_variable(text), "NAME") << text;
    }
    for (const char* text : {"", "$", "$500", "50 USD", "env:NAME", "${}", "{}", "NAME", "100%",
                             "cost $5", "{{", "os.environ/"}) {
        EXPECT_EQ(foreign_variable(text), "") << text;
    }
}

TEST(ForeignWords, AVariableThatNothingReplacesIsTold) {
    const std::string rest = "\n[[routes]]\nmodel = \"*\"\nto = \"p\"\n";
    EXPECT_THAT(mistakes("[providers.p]\napi_key = \"os.environ/K\"" + rest),
                HasSubstr("; write \"env:K\""));
    EXPECT_THAT(mistakes("[providers.p]\nbase_url = \"${URL}\"" + rest),
                HasSubstr("; write \"env:URL\""));
    EXPECT_THAT(mistakes("[server]\nlisten = \"$LISTEN\"\n[providers.p]" + rest),
                HasSubstr("; no variables are replaced here"));
    EXPECT_EQ(mistakes("[providers.p]\nmodels = [\"${MODEL}\"]" + rest),
              "c.toml:2:11: warning: providers.p.models holds what looks like the variable MODEL, "
              "and is taken as it stands; no variables are replaced here: write the value itself");
}

// What begins with a dollar may be a password.
TEST(ForeignWords, OnlyANameInUpperCaseIsRepeated) {
    const std::string ledger = "[ledger]\nurl = \"redis://h\"\npassword = ";
    EXPECT_THAT(mistakes(ledger + "\"$PASS_1\""), HasSubstr("write \"env:PASS_1\""));
    for (const char* text : {"\"$hunter7pass\"", "\"${hunter7pass}\"", "\"%hunter7pass%\""}) {
        EXPECT_THAT(mistakes(ledger + text), testing::AllOf(HasSubstr("write \"env:NAME\""),
                                                            testing::Not(HasSubstr("hunter7"))));
    }
    EXPECT_THAT(mistakes("[providers.p]\nplugin = \"echo\"\nheaders = [\"$hunter7pass\"]"),
                testing::AllOf(HasSubstr("what looks like a variable, and"),
                               testing::Not(HasSubstr("hunter7"))));
}

TEST(ForeignWords, FilesInOtherLanguagesAreCalledByThem) {
    EXPECT_THAT(mistakes("# proxy\nmodel_list:\n  - model_name: gpt\n"),
                HasSubstr("looks like YAML"));
    EXPECT_THAT(mistakes("---\nserver:\n  port: 1\n"), HasSubstr("looks like YAML"));
    EXPECT_THAT(mistakes("{\n  \"model_list\": []\n}\n"), HasSubstr("looks like JSON"));
    EXPECT_EQ(mistakes("[server]\nlisten = nowhere\n").find("looks like"), std::string::npos);
}

TEST(ForeignWords, ABareVariableAndAModelBehindItsProviderAreTold) {
    const std::string rest = "\n[[routes]]\nmodel = \"*\"\nto = \"p/qwen-max\"\n";
    EXPECT_EQ(mistakes("[providers.p]\napi_key = \"OPENAI_API_KEY\"" + rest),
              "c.toml:2:11: error: providers.p.api_key does not begin with \"env:\" or \"file:\"; "
              "write \"env:OPENAI_API_KEY\"\n"
              "c.toml:5:6: error: unknown provider \"p/qwen-max\"; expected one of p; did you mean "
              "{ provider = \"p\", model = \"qwen-max\" }?");
    EXPECT_EQ(mistakes("[providers.p]\napi_key = \"SK_ABCDEF\"").find("SK_ABCDEF"),
              std::string::npos);
}

TEST(ForeignWords, SectionsWithTwoPairsOfBracketsAreTold) {
    EXPECT_THAT(mistakes("[[providers]]\nname = \"p\"\n[[routes]]\nmodel = \"m\"\nto = \"p\"\n"),
                testing::AllOf(HasSubstr("one pair of brackets"), testing::Not(HasSubstr("\n"))));
}

TEST(ForeignWords, AUrlMayHaveTwoMistakes) {
    EXPECT_THAT(
        mistakes("[providers.p]\nbase_url = \"localhost:8000/v1/chat/completions\"\n"
                 "[[routes]]\nmodel = \"m\"\nto = \"p\"\n"),
        testing::AllOf(HasSubstr("begin it with http://"), HasSubstr("ends in /chat/completions")));
}

TEST(Meant, AmountsAsOthersWriteThem) {
    for (const char* text :
         {"$500", "500$", "500 usd", "500USd", "US$ 500", "500 dollars", "$ 500"}) {
        EXPECT_EQ(meant_amount(text), "did you mean \"500 USD\"?") << text;
    }
    EXPECT_EQ(meant_amount("$1,000.50"), "did you mean \"1000.50 USD\"?");
    EXPECT_EQ(meant_amount("1M tokens"), "did you mean \"1 Mtok\"?");
    EXPECT_EQ(meant_amount("500k"), "did you mean \"500 ktok\"?");
    for (const char* text : {"", "much", "$", "€500", "1.2.3 usd", "500 EUR"}) {
        EXPECT_EQ(meant_amount(text), "") << text;
    }
}

TEST(Meant, PeriodsAsOthersWriteThem) {
    for (const char* text : {"30d", "1mo", "monthly", "30 days", "31d"}) {
        EXPECT_THAT(meant_period(text), HasSubstr("\"month\"")) << text;
    }
    EXPECT_THAT(meant_period("7d"), HasSubstr("\"week\""));
    EXPECT_THAT(meant_period("24h"), HasSubstr("\"day\""));
    EXPECT_EQ(meant_period("daily"), "did you mean \"day\"?");
    EXPECT_EQ(meant_period("never"), "did you mean \"none\"?");
    EXPECT_THAT(meant_period("14d"), HasSubstr("calendar"));
    EXPECT_EQ(meant_period("fortnight"), "");
}

TEST(Meant, RatesAndTimesAsOthersWriteThem) {
    for (const char* text : {"60rpm", "60 rpm", "60 per minute", "60/m", "60 requests/minutes"}) {
        EXPECT_EQ(meant_rate(text), "did you mean \"60/min\"?") << text;
    }
    EXPECT_EQ(meant_rate("200k tpm"), "did you mean \"200k/min\"?");
    EXPECT_EQ(meant_rate("fast"), "");
    EXPECT_EQ(meant_quantity("5 minutes", k_duration_units), "did you mean \"5m\"?");
    EXPECT_EQ(meant_quantity("2d", k_duration_units), "did you mean \"48h\"?");
    EXPECT_EQ(meant_quantity("1y", k_day_units), "did you mean \"365d\"?");
    EXPECT_EQ(meant_quantity("32mb", k_size_units), "did you mean \"32MiB\"?");
    EXPECT_EQ(meant_quantity("soon", k_duration_units), "");
}

TEST(BaseUrl, EndsWithTheVersion) {
    const auto fault = [](std::string_view text) {
        const auto url = check_base_url(text);
        return url ? std::string() : url.error().what;
    };
    for (const char* text :
         {"https://h/v1", "https://h/v1/", "http://h", "https://h/compatible-mode/v1",
          "https://h/openai", "https://h/models", "https://h/v1/v12"}) {
        EXPECT_EQ(fault(text), "") << text;
    }
    for (const char* end :
         {"/chat/completions", "/completions", "/embeddings", "/models", "/responses"}) {
        EXPECT_THAT(fault(std::string("https://h/v1") + end),
                    HasSubstr("ends in " + std::string(end)));
        EXPECT_THAT(fault(std::string("https://h/v1") + end + "/"), HasSubstr("ends in"));
    }
    EXPECT_THAT(fault("https://h/v1/v1"), HasSubstr("twice"));
    EXPECT_THAT(fault("https://h/v1/chat/completions?api-version=1"),
                testing::AllOf(HasSubstr("has a query"), HasSubstr("ends in /chat/completions")));
    EXPECT_EQ(fault("https://h/v1?api-version=1"), "has a query or a fragment");
    EXPECT_EQ(fault("https://h/v1\n"), "ends in a line end");
    EXPECT_EQ(fault("https://h/v1\r\n"), "ends in a line end");
    EXPECT_EQ(fault(" https://h/v1"), "begins or ends with a space");
    EXPECT_EQ(fault("\"https://h/v1\""), "stands in quotes");
    EXPECT_EQ(fault("https://h/v1'"), "begins or ends with a quote");
}

TEST(Credential, WhatCannotBeAKeyIsAnError) {
    for (const char* key :
         {"\"cr_abc123\"", "'cr_abc123'", "`cr_abc123`", "\"cr_abc123", "cr_abc123'",
          "Bearer cr_abc123", "bearer cr_abc123", "Authorization: Bearer cr_abc123",
          "OPENAI_API_KEY=sk-1", "export K=sk-1", "env:OTHER", "file:/run/key", "${KEY}", "$KEY",
          "os.environ/KEY", "cr_abc123\n"}) {
        const auto fault = credential_fault(key);
        ASSERT_TRUE(fault) << key;
        EXPECT_EQ(fault->severity, Severity::error) << key;
        EXPECT_EQ(fault->what.find("abc123"), std::string::npos);
        EXPECT_FALSE(fault->hint.empty());
    }
}

TEST(Credential, WhatHardlyIsAKeyIsWarnedOf) {
    for (const char* key : {"sk-...", "your-key", "YOUR_API_KEY", "changeme", "CHANGE_ME", "xxx",
                            "sk-xxxx", "<your key>", "cr_abc 123", "my-api-key", "sk-your-key-here",
                            "***", "cr_abc,cr_def", "replace-me"}) {
        const auto fault = credential_fault(key);
        ASSERT_TRUE(fault) << key;
        EXPECT_EQ(fault->severity, Severity::warning) << key;
        EXPECT_FALSE(fault->hint.empty());
    }
}

TEST(Credential, WhatOnlyLooksLikeAReferenceIsWarnedOf) {
    for (const char* key : {"$upersecretKey1", "%abcDEF%", "a${b}c", "{{x}}", "process.env.KEY"}) {
        const auto fault = credential_fault(key);
        ASSERT_TRUE(fault) << key;
        EXPECT_EQ(fault->severity, Severity::warning) << key;
    }
    for (const char* key : {"${lower}", "os.environ/lower", "$NAME_1", "%NAME%"}) {
        const auto fault = credential_fault(key);
        ASSERT_TRUE(fault) << key;
        EXPECT_EQ(fault->severity, Severity::error) << key;
    }
}

TEST(Credential, KeysAreLeftAlone) {
    for (const char* key :
         {"cr_abc123", "sk-proj-A1b2-C3d4_e5F6", "test-key", "EMPTY", "none", "dummy", "x",
          "ollama", "aGVsbG8=", "user:password", "sk-no-key-required", "1234"}) {
        EXPECT_FALSE(credential_fault(key)) << key;
    }
}

}  // namespace
}  // namespace bellwether::config

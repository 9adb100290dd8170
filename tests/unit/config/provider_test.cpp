// [providers.NAME].
#include <cstdlib>

#include "mistakes.hpp"

namespace bellwether::config {
namespace {

constexpr std::string_view k_route = "\n[[routes]]\nmodel = \"*\"\nto = \"p\"\n";

Provider valid(const std::string& toml) {
    const auto loaded = parse(toml + std::string(k_route), "/etc/bw/c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return loaded.config.providers.empty() ? Provider{} : loaded.config.providers.front();
}

TEST(Provider, HasDefaults) {
    const Provider provider = valid("[providers.p]");
    EXPECT_EQ(provider.name, "p");
    EXPECT_EQ(provider.plugin, "p");
    EXPECT_EQ(provider.plugin_at.line, 1);
    EXPECT_TRUE(provider.base_url.empty());
    EXPECT_TRUE(provider.required);
    EXPECT_TRUE(provider.secrets.empty());
    EXPECT_TRUE(provider.options.empty());
    EXPECT_EQ(provider.timeouts.connect, milliseconds(5'000));
    EXPECT_EQ(provider.timeouts.total, milliseconds(600'000))
        << "as long as the official SDKs wait";
    EXPECT_EQ(provider.timeouts.stream_total, milliseconds(3'600'000));
    EXPECT_EQ(provider.timeouts.alive, Alive::bytes);
}

TEST(Provider, ReadsEveryKey) {
    const std::string sum(64, 'A');
    const Provider provider = valid("[providers.p]\nsha256 = \"" + sum + "\"\n" + R"(
plugin = "openai"
base_url = "https://api.example.com:8443/v1"
required = false
api_key = "env:SOME_KEY"
org_token = "file:/run/secrets/org"
models = ["a", "b"]
forward_headers = ["OpenAI-Organization", "x-foo", "X-Foo"]
timeouts = { connect = "1s", first_byte = "2m", idle = "none", total = "500ms", stream_total = "24h", alive = "payload" }
ca_file = "/dev/../etc/passwd"
)");
    EXPECT_EQ(provider.plugin, "openai");
    EXPECT_EQ(provider.plugin_at.line, 4);
    EXPECT_EQ(provider.sha256, std::string(64, 'a'));
    EXPECT_EQ(provider.base_url, "https://api.example.com:8443/v1");
    EXPECT_EQ(provider.base_url_at.line, 5);
    EXPECT_EQ(provider.base_url_at.column, 12);
    EXPECT_FALSE(provider.required);
    ASSERT_EQ(provider.secrets.size(), 2u);
    EXPECT_EQ(provider.secrets[0].name, "api_key");
    EXPECT_EQ(provider.secrets[0].reference, "env:SOME_KEY");
    EXPECT_EQ(provider.secrets[0].at.line, 7);
    EXPECT_EQ(provider.secrets[1].name, "org_token");
    EXPECT_EQ(provider.models, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(provider.forward_headers, (std::vector<std::string>{"openai-organization", "x-foo"}));
    EXPECT_EQ(provider.timeouts.connect, milliseconds(1'000));
    EXPECT_EQ(provider.timeouts.first_byte, milliseconds(120'000));
    EXPECT_EQ(provider.timeouts.idle, milliseconds(0));
    EXPECT_EQ(provider.timeouts.total, milliseconds(500));
    EXPECT_EQ(provider.timeouts.stream_total, milliseconds(86'400'000));
    EXPECT_EQ(provider.timeouts.alive, Alive::payload);
    EXPECT_EQ(provider.wire.ca_file, "/etc/passwd");
}

TEST(Provider, ItsCanaryIsAShareBelowTheWhole) {
    EXPECT_EQ(valid("[providers.p]").canary, 0);
    const Provider provider = valid("[providers.p]\ncanary = 0.05\ncanary_time = \"1h\"");
    EXPECT_EQ(provider.canary, 500);
    EXPECT_EQ(provider.canary_time, milliseconds(3'600'000));
    EXPECT_EQ(valid("[providers.p]\ncanary = \"12.5%\"").canary, 1'250);
    std::vector<Mistake> cases;
    for (const char* share :
         {"0", "1", "1.0", "-0.1", "5", "\"100%\"", "\"5\"", "true", "0.00001"}) {
        cases.push_back({std::string("[providers.p]\ncanary = ") + share,
                         "c.toml:2:10: error: providers.p.canary is no share of the calls; "
                         "expected a share such as 0.05 or \"5%\", below 1"});
    }
    expect_all(cases);
}

TEST(Provider, KeepsTheOrderOfTheFile) {
    const auto loaded =
        parse("[providers.z]\n[providers.a]\n[providers.p]" + std::string(k_route), "c");
    ASSERT_TRUE(loaded.ok());
    ASSERT_EQ(loaded.config.providers.size(), 3u);
    EXPECT_EQ(loaded.config.providers[0].name, "z");
    EXPECT_EQ(loaded.config.providers[1].name, "a");
    EXPECT_EQ(loaded.config.routes[0].to[0].provider, 2u);
}

TEST(Provider, HandsUnknownKeysToThePluginAsJson) {
    const Provider provider = valid(R"([providers.p]
count = 3
ratio = 0.25
on = true
text = "a \"b\" \\ \n ประเทศไทย"
day = 2026-02-28
at = 2026-02-28T01:02:03Z
list = [1, ["x"], { y = 07:30:00 }]
[providers.p.extra]
nested = { deep = [] }
)");
    ASSERT_EQ(provider.options.size(), 8u);
    const std::pair<std::string, std::string> expected[] = {
        {"count", "3"},
        {"ratio", "0.25"},
        {"on", "true"},
        {"text", R"("a \"b\" \\ \n ประเทศไทย")"},
        {"day", R"("2026-02-28")"},
        {"at", R"("2026-02-28T01:02:03Z")"},
        {"list", R"([1,["x"],{"y":"07:30:00"}])"},
        {"extra", R"({"nested":{"deep":[]}})"},
    };
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        EXPECT_EQ(provider.options[i].key, expected[i].first);
        EXPECT_EQ(provider.options[i].json, expected[i].second);
    }
    EXPECT_EQ(provider.options[1].at.line, 3);
    EXPECT_EQ(provider.options[1].at.column, 1);
}

TEST(Provider, ResolvesABaseUrlFromTheEnvironment) {
    setenv("BW_TEST_URL", "http://127.0.0.1:9/v1", 1);
    EXPECT_EQ(valid("[providers.p]\nbase_url = \"env:BW_TEST_URL\"").base_url,
              "http://127.0.0.1:9/v1");
    setenv("BW_TEST_URL", "nonsense", 1);
    EXPECT_EQ(mistakes("[providers.p]\nbase_url = \"env:BW_TEST_URL\"" + std::string(k_route)),
              "c.toml:2:12: error: providers.p.base_url env:BW_TEST_URL: the variable does not "
              "begin with "
              "https:// or http://; expected a URL such as \"https://host/v1\" or \"env:NAME\"");
    unsetenv("BW_TEST_URL");
    EXPECT_EQ(mistakes("[providers.p]\nbase_url = \"env:BW_TEST_URL\"" + std::string(k_route)),
              "c.toml:2:12: error: providers.p.base_url env:BW_TEST_URL: the variable is not set");
}

TEST(Provider, NeverPrintsAKeyThatStandsInTheFile) {
#define BELONGS "; write \"env:NAME\" or \"file:/path\": a key does not belong in a config file"
    const Mistake cases[] = {
        {"[providers.p]\napi_key = \"sk-live-1\"",
         "c.toml:2:11: error: providers.p.api_key does not begin with \"env:\" or "
         "\"file:\"" BELONGS},
        {"[providers.p]\napi_key = \"env:sk-live-1\"",
         "c.toml:2:11: error: providers.p.api_key has no variable name after \"env:\"" BELONGS},
        {"[providers.p]\napi_key = \"env:\"",
         "c.toml:2:11: error: providers.p.api_key has no variable name after \"env:\"" BELONGS},
        {"[providers.p]\napi_key = \"file:sk-live-1\"",
         "c.toml:2:11: error: providers.p.api_key has no absolute path after \"file:\"" BELONGS},
        {"[providers.p]\nclient_secret = \"sk-live-1\"",
         "c.toml:2:17: error: providers.p.client_secret does not begin with \"env:\" or "
         "\"file:\"" BELONGS},
        {"[providers.p]\napi_key = \"\"", "c.toml:2:11: error: providers.p.api_key is empty"},
        {"[providers.p]\napi_key = 12345678",
         "c.toml:2:11: error: providers.p.api_key is an integer; expected a string"},
        {"[providers.p]\nsha256 = \"sk-live-1\"",
         "c.toml:2:10: error: providers.p.sha256 is not a SHA-256 sum; expected 64 hexadecimal "
         "digits"},
        {"[providers.p]\nextra = { api_key = \"sk-live-1\" }",
         "c.toml:2:21: warning: \"api_key\" within \"extra\" looks like a credential and is passed "
         "on as "
         "it stands; credentials are direct keys of a provider and refer to env: or file:"},
        {"[providers.p]\nheaders = { Authorization = \"Bearer live-1\" }",
         "c.toml:2:29: warning: \"Authorization\" within \"headers\" looks like a credential and "
         "is "
         "passed on as "
         "it stands; credentials are direct keys of a provider and refer to env: or file:"},
        {"[providers.p]\nheaders = { x-title = \"sk-0123456789abcdefghij\" }",
         "c.toml:2:23: warning: \"x-title\" within \"headers\" looks like a credential and is "
         "passed "
         "on as "
         "it stands; credentials are direct keys of a provider and refer to env: or file:"},
        {"[providers.p]\nheaders = { x-title = \"sk-model bearer basic\" }", ""},
    };
#undef BELONGS
    expect_all(cases, k_route);
}

TEST(Provider, MayBeIsolated) {
    using Processes = Isolation::Processes;
    const auto of = [](const std::string& lines) {
        return valid("[providers.p]" + lines).isolation;
    };
    EXPECT_EQ(of(""), Isolation());
    EXPECT_EQ(of("\nisolate = false").processes, Processes::none);
    EXPECT_EQ(of("\nisolate = true").processes, Processes::one);
    EXPECT_EQ(of("\nisolate = \"worker\"").processes, Processes::each_worker);
    EXPECT_EQ(of("\nisolate_cpu = 2").cpu_hundredths, 200);
    EXPECT_EQ(of("\nisolate_cpu = 0.05").cpu_hundredths, 5);
    for (const char* how : {"1", "\"process\"", "\"true\"", "[]"}) {
        EXPECT_EQ(mistakes("[providers.p]\nisolate = " + std::string(how) + std::string(k_route)),
                  "c.toml:2:11: error: providers.p.isolate is no way to isolate a plugin; expected "
                  "true: a process for the provider, \"worker\": one for each worker, or false");
    }
    for (const char* much : {"0", "-1", "0.001", "1025", "nan", "inf", "\"1\"", "true"}) {
        EXPECT_EQ(
            mistakes("[providers.p]\nisolate_cpu = " + std::string(much) + std::string(k_route)),
            "c.toml:2:15: error: providers.p.isolate_cpu is no number of processors; expected a "
            "number from 0.01 to 1024, such as 1.5");
    }
}

TEST(Provider, MayHaveSeveralCredentials) {
    const Provider provider =
        valid("[providers.p]\napi_keys = [\"env:A\", \"file:/run/b\"]\norg_token = \"env:T\"");
    ASSERT_EQ(provider.api_keys.size(), 2u);
    EXPECT_EQ(provider.api_keys[1].name, "api_key");
    EXPECT_EQ(provider.api_keys[1].reference, "file:/run/b");
    EXPECT_EQ(provider.api_keys[1].at.line, 2);
    EXPECT_EQ(provider.api_keys[1].at.column, 22);
    ASSERT_EQ(provider.secrets.size(), 2u) << "who knows of one only goes on working";
    EXPECT_EQ(provider.secrets[0].name, "api_key");
    EXPECT_EQ(provider.secrets[0].reference, "env:A");
    EXPECT_EQ(valid("[providers.p]\napi_keys = [\"env:A\"]").api_keys.size(), 1u);
    EXPECT_TRUE(valid("[providers.p]\napi_key = \"env:A\"").api_keys.empty());
}

TEST(Provider, ChecksItsCredentials) {
    const Mistake cases[] = {
        {"[providers.p]\napi_keys = [\"env:A\", \"sk-live-1\"]",
         "c.toml:2:22: error: providers.p.api_keys does not begin with \"env:\" or \"file:\"; "
         "write "
         "\"env:NAME\" or \"file:/path\": a key does not belong in a config file"},
        {"[providers.p]\napi_keys = [\"OPENAI_API_KEY\"]",
         "c.toml:2:13: error: providers.p.api_keys does not begin with \"env:\" or \"file:\"; "
         "write "
         "\"env:OPENAI_API_KEY\""},
        {"[providers.p]\napi_keys = [\"env:A\", \"env:B\", \"env:A\"]",
         "c.toml:2:31: error: providers.p.api_keys has \"env:A\" twice"},
        {"[providers.p]\napi_keys = []",
         "c.toml:2:12: error: providers.p.api_keys is empty; expected at least one credential"},
        {"[providers.p]\napi_keys = \"env:A\"",
         "c.toml:2:12: error: providers.p.api_keys is a string; expected an array of strings"},
        {"[providers.p]\napi_key = \"env:A\"\napi_keys = [\"env:B\"]",
         "c.toml:3:1: error: providers.p.api_keys stands beside api_key; expected one of the two"},
        {"[providers.p]\nbase_url = \"http://h/v1\"\napi_keys = [\"env:K\"]",
         "c.toml:2:12: warning: providers.p.base_url is plain http: "
         "the credential crosses the network unencrypted; expected https://"},
    };
    expect_all(cases, k_route);
}

TEST(Provider, MayTalkToOtherOrigins) {
    EXPECT_FALSE(valid("[providers.p]").origins);
    EXPECT_EQ(valid("[providers.p]\norigins = []").origins, std::vector<std::string>());
    EXPECT_EQ(
        valid("[providers.p]\norigins = [\"https://A.test:443\", \"http://*.b.test:81\"]").origins,
        (std::vector<std::string>{"https://a.test", "http://*.b.test:81"}));
}

TEST(Provider, ChecksTheOrigins) {
#define ORIGIN "; expected an origin such as \"https://host\" or \"https://*.example.com\""
    const Mistake cases[] = {
        {"[providers.p]\norigins = [\"https://u:hunter2@a.test\"]",
         "c.toml:2:12: error: providers.p.origins has one that holds a user name or a "
         "password" ORIGIN},
        {"[providers.p]\norigins = [\"a.test\"]",
         "c.toml:2:12: error: providers.p.origins has \"a.test\", which does not begin with "
         "https:// or http://" ORIGIN},
        {"[providers.p]\norigins = [\"https://a.test\", \"https://b.test/v1\"]",
         "c.toml:2:30: error: providers.p.origins has \"https://b.test/v1\", which has a path, "
         "which an origin has not" ORIGIN},
        {"[providers.p]\norigins = [\"https://*.test\"]",
         "c.toml:2:12: error: providers.p.origins has \"https://*.test\", which has a * that does "
         "not stand in front of a domain of at least two names" ORIGIN},
        {"[providers.p]\norigins = \"https://a.test\"",
         "c.toml:2:11: error: providers.p.origins is a string; expected an array of strings; did "
         "you mean "
         "[\"https://a.test\"]?"},
        {"[providers.p]\norigins = [\"http://h\"]\napi_key = \"env:K\"",
         "c.toml:2:11: warning: providers.p.origins is plain http: "
         "the credential crosses the network unencrypted; expected https://"},
    };
#undef ORIGIN
    expect_all(cases, k_route);
}

TEST(Provider, ChecksTheBaseUrl) {
#define URL "; expected a URL such as \"https://host/v1\" or \"env:NAME\""
    const Mistake cases[] = {
        {"[providers.p]\nbase_url = \"api.example.com/v1\"",
         "c.toml:2:12: error: providers.p.base_url does not begin with https:// or http://" URL
         "; did you mean \"https://api.example.com/v1\"?"},
        {"[providers.p]\nbase_url = \"ftp://example.com\"",
         "c.toml:2:12: error: providers.p.base_url does not begin with https:// or http://" URL},
        {"[providers.p]\nbase_url = \"https://\"",
         "c.toml:2:12: error: providers.p.base_url names no host" URL},
        {"[providers.p]\nbase_url = \"https://:443/v1\"",
         "c.toml:2:12: error: providers.p.base_url names no host" URL},
        {"[providers.p]\nbase_url = \"https://h:0/v1\"",
         "c.toml:2:12: error: providers.p.base_url has no valid port after the host" URL},
        {"[providers.p]\nbase_url = \"https://u:sk-1@h/v1\"",
         "c.toml:2:12: error: providers.p.base_url holds a user name or a password" URL},
        {"[providers.p]\nbase_url = \"https://h/v1?key=sk-1\"",
         "c.toml:2:12: error: providers.p.base_url has a query or a fragment" URL},
        {"[providers.p]\nbase_url = \"https://h /v1\"",
         "c.toml:2:12: error: providers.p.base_url holds a character that a URL cannot "
         "contain" URL},
        {"[providers.p]\nbase_url = \"env:1\"",
         "c.toml:2:12: error: providers.p.base_url has no variable name after \"env:\"; "
         "expected \"env:NAME\""},
        {"[providers.p]\nbase_url = \"http://h/v1\"\napi_key = \"env:K\"",
         "c.toml:2:12: warning: providers.p.base_url is plain http: "
         "the credential crosses the network unencrypted; expected https://"},
        {"[providers.p]\nbase_url = \"http://h/v1\"", ""},
        {"[providers.p]\nbase_url = \"http://[::1]:1/v1\"\napi_key = \"env:K\"", ""},
        {"[providers.p]\nbase_url = \"http://localhost:65535\"\napi_key = \"env:K\"", ""},
    };
#undef URL
    expect_all(cases, k_route);
}

TEST(Provider, ChecksTimeouts) {
#define DURATION "expected a duration such as \"500ms\", \"30s\", \"10m\", \"1h\" or \"none\""
    const Mistake cases[] = {
        {"[providers.p]\ntimeouts = { idle = 30 }",
         "c.toml:2:21: error: providers.p.timeouts.idle = 30 has no unit; " DURATION
         "; did you mean \"30s\"?"},
        {"[providers.p.timeouts]\n  total = \"0s\"",
         "c.toml:2:11: error: providers.p.timeouts.total = \"0s\" is out of range; "
         "expected \"1ms\" to \"24h\", or \"none\""},
        {"[providers.p]\ntimeouts = { idle = \"30 seconds\" }",
         "c.toml:2:21: error: providers.p.timeouts.idle = \"30 seconds\" is not a "
         "duration; " DURATION "; did you mean \"30s\"?"},
        {"[providers.p]\ntimeouts = { idle = 1.5 }",
         "c.toml:2:21: error: providers.p.timeouts.idle is a float; " DURATION},
        {"[providers.p]\ntimeouts.connection = \"1s\"",
         "c.toml:2:10: error: unknown key \"connection\" in providers.p.timeouts; expected one of "
         "connect, "
         "first_byte, idle, total, stream_total, alive; did you mean \"connect\"?"},
        {"[providers.p]\ntimeouts.alive = \"events\"",
         "c.toml:2:18: error: providers.p.timeouts.alive = \"events\" is unknown; expected one of "
         "\"bytes\", "
         "\"payload\""},
        {"[providers.p]\ntimeouts = \"30s\"",
         "c.toml:2:12: error: providers.p.timeouts is a string; expected a table"},
    };
#undef DURATION
    expect_all(cases, k_route);
}

TEST(Provider, ChecksTheRest) {
    const Mistake cases[] = {
        {"[providers.p]\nplugin = \"\"", "c.toml:2:10: error: providers.p.plugin is empty"},
        {"[providers.p]\nrequired = 0",
         "c.toml:2:12: error: providers.p.required is an integer; expected true or false"},
        {"[providers.p]\nforward_headers = [\"x foo\"]",
         "c.toml:2:20: error: providers.p.forward_headers has \"x foo\", which is no name of a "
         "header; expected letters, digits, \"-\" and \"_\", for example "
         "\"openai-organization\""},
        {"[providers.p]\nforward_headers = [\"Authorization\"]",
         "c.toml:2:20: error: providers.p.forward_headers has \"Authorization\", which no client "
         "may set in a request to a provider; expected one that does not frame the message, name "
         "its receiver or hold a credential"},
        {"[providers.p]\nmodels = \"a\"",
         "c.toml:2:10: error: providers.p.models is a string; expected an array of strings; did "
         "you "
         "mean [\"a\"]?"},
        {"[providers.p]\nca_file = \"nowhere.pem\"",
         "c.toml:2:11: error: providers.p.ca_file = \"nowhere.pem\" cannot be read; "
         "expected a file of PEM certificates"},
        {"[providers.p]\nca_file = \"/etc\"",
         "c.toml:2:11: error: providers.p.ca_file = \"/etc\" cannot be read; "
         "expected a file of PEM certificates"},
        {"[providers.p]\nx = [inf]",
         "c.toml:2:6: error: \"x\" holds a number that is not finite; expected a number that JSON "
         "can hold"},
        {"[providers.p]\n[providers.My-Name]",
         "c.toml:2:12: error: a provider cannot be named \"My-Name\"; expected lower-case letters, "
         "digits, "
         "\"-\" and \"_\", with a letter or a digit first"},
        {"[providers]\np = {}\nq = 3",
         "c.toml:3:5: error: providers.q is an integer; expected a table"},
    };
    expect_all(cases, k_route);
    EXPECT_EQ(mistakes("providers = 1\nroutes = 2"),
              "c.toml:1:13: error: providers is an integer; expected a table\n"
              "c.toml:2:10: error: routes is an integer; expected an array of tables, [[routes]]");
}

}  // namespace
}  // namespace bellwether::config

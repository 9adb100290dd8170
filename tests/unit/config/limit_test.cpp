// [[limits]], max_concurrent, on_disconnect, default_max_tokens and default_context.
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

using std::chrono::seconds;

Config valid(const std::string& toml) {
    auto loaded = parse(toml + std::string(k_rest), "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    return std::move(loaded.config);
}

TEST(Limit, ReadsEveryKey) {
    const auto limits = valid(R"([[limits]]
name = "l"
match = { key = "*" }
each = "key"
requests = "60/min"
tokens = "1.5M/hour"
concurrent = 50
burst_requests = 5
burst_tokens = 20000
on_limit = "queue:10s"
queue_length = 7
[[limits]]
concurrent = 1
)")
                            .limits;
    ASSERT_EQ(limits.size(), 2u);
    const Limit& limit = limits[0];
    EXPECT_EQ(limit.name, "l");
    EXPECT_EQ(limit.scope.each, Subject::key);
    EXPECT_EQ(limit.requests, (Rate{60, seconds(60), 5}));
    EXPECT_EQ(limit.tokens, (Rate{1'500'000, seconds(3'600), 20'000}));
    EXPECT_EQ(limit.concurrent, 50);
    EXPECT_EQ(limit.queue_wait, milliseconds(10'000));
    EXPECT_EQ(limit.queue_length, 7u);
    EXPECT_EQ(limits[1].name, "limit-2");
    EXPECT_EQ(limits[1].requests, std::nullopt);
    EXPECT_EQ(limits[1].queue_wait, milliseconds(0));
    EXPECT_EQ(limits[1].queue_length, 100u);
}

TEST(Limit, KnowsTimes) {
    const std::pair<const char*, Rate> cases[] = {
        {"5/s", {5, seconds(1), 5}},
        {"5/sec", {5, seconds(1), 5}},
        {"5/second", {5, seconds(1), 5}},
        {"1k/min", {1'000, seconds(60), 1'000}},
        {"5/minute", {5, seconds(60), 5}},
        {"5/h", {5, seconds(3'600), 5}},
        {"5/hour", {5, seconds(3'600), 5}},
        {"2 Mtok/day", {2'000'000, seconds(86'400), 2'000'000}},
        {"200ktok/min", {200'000, seconds(60), 200'000}}};
    for (const auto& [text, rate] : cases) {
        const auto limits = valid("[[limits]]\ntokens = \"" + std::string(text) + "\"\n").limits;
        ASSERT_EQ(limits.size(), 1u) << text;
        EXPECT_EQ(limits[0].tokens, rate) << text;
    }
}

TEST(Limit, EveryMistakeHasItsPlace) {
    const std::string rate =
        "; expected a whole number and a time, such as \"60/min\"; times: s, min, h, day";
    const std::pair<std::string, std::string> cases[] = {
        {"requests = 60", "c.toml:2:12: error: limits.requests = \"60\" says no time" + rate +
                              "; did you mean \"60/min\"?"},
        {"requests = \"60/m\"",
         "c.toml:2:12: error: limits.requests = \"60/m\" has an unknown time" + rate +
             "; did you mean \"60/min\"?"},
        {"requests = \"0/min\"",
         "c.toml:2:12: error: limits.requests = \"0/min\" lets nothing through" + rate},
        {"requests = \"1.5/min\"",
         "c.toml:2:12: error: limits.requests = \"1.5/min\" is no whole number" + rate},
        {"requests = \"9999999999999/min\"",
         "c.toml:2:12: error: limits.requests = \"9999999999999/min\" is too much" + rate},
        {"requests = \"many\"",
         "c.toml:2:12: error: limits.requests = \"many\" is not a rate" + rate},
        {"requests = 1.5", "c.toml:2:12: error: limits.requests is a float" + rate},
        {"concurrent = 0",
         "c.toml:2:14: error: limits.concurrent = 0 is out of range; expected a whole number from "
         "1 to 1000000"},
        {"match = { user = \"x\" }",
         "c.toml:1:1: error: a limit limits nothing; expected at least one of requests, tokens and "
         "concurrent"},
        {"concurrent = 1\nburst_tokens = 5",
         "c.toml:3:1: error: limits.burst_tokens has no tokens beside it; expected both of them"},
        {"concurrent = 1\non_limit = \"queue\"",
         "c.toml:3:12: error: limits.on_limit = \"queue\" is unknown; expected \"reject\", or "
         "\"queue:\" and how long, from \"queue:1ms\" to \"queue:10m\""},
        {"concurrent = 1\non_limit = \"queue:11m\"",
         "c.toml:3:12: error: limits.on_limit = \"queue:11m\" is unknown; expected \"reject\", or "
         "\"queue:\" and how long, from \"queue:1ms\" to \"queue:10m\""},
        {"concurrent = 1\nqueue_length = 5",
         "c.toml:3:1: warning: limits.queue_length has no effect: nothing waits; to let calls wait "
         "write on_limit = \"queue:10s\""},
        {"concurrent = 1\nrps = 5",
         "c.toml:3:1: error: unknown key \"rps\" in limits; expected one of name, each, match, "
         "requests, tokens, burst_requests, burst_tokens, concurrent, on_limit, queue_length"},
    };
    for (const auto& [keys, message] : cases) {
        EXPECT_EQ(mistakes("[[limits]]\n" + keys + std::string(k_rest)), message);
    }
}

TEST(Limit, OfAProvidersCallsAtOnce) {
    EXPECT_EQ(valid("[providers.a]\nmax_concurrent = 9\n").providers[0].max_concurrent, 9);
    EXPECT_EQ(valid("").providers[0].max_concurrent, 0);
    EXPECT_EQ(
        mistakes("[providers.a]\nmax_concurrent = 0" + std::string(k_rest)),
        "c.toml:2:18: error: providers.a.max_concurrent = 0 is out of range; expected a whole "
        "number from 1 to 1000000");
}

TEST(Limit, OfAProviderItselfMakesCallsWaitUnlessToldToRefuse) {
    using std::chrono::milliseconds;
    EXPECT_EQ(valid("").providers[0].queue_wait, milliseconds(10'000));
    const Config config = valid(
        "[providers.a]\non_limit = \"queue:3s\"\nqueue_length = 7\n[providers.b]\non_limit = "
        "\"reject\"\n");
    EXPECT_EQ(config.providers[0].queue_wait, milliseconds(3'000));
    EXPECT_EQ(config.providers[0].queue_length, 7U);
    EXPECT_EQ(config.providers[1].queue_wait, milliseconds(0));
    EXPECT_EQ(
        mistakes("[providers.a]\non_limit = \"wait\"" + std::string(k_rest)),
        "c.toml:2:12: error: providers.a.on_limit = \"wait\" is unknown; expected \"reject\", "
        "or \"queue:\" and how long, from \"queue:1ms\" to \"queue:10m\"");
}

TEST(OnDisconnect, OfARouteBeatsTheServers) {
    EXPECT_EQ(valid("").server.on_disconnect, OnDisconnect{});
    const Config config = valid(R"([server]
on_disconnect = "drain"
[[routes]]
model = "a"
to = "echo"
on_disconnect = "drain:10s"
[[routes]]
model = "b"
to = "echo"
on_disconnect = "cancel"
)");
    EXPECT_EQ(config.server.on_disconnect, (OnDisconnect{.drains = true}));
    EXPECT_EQ(config.routes[0].on_disconnect,
              (OnDisconnect{.drains = true, .longest = milliseconds(10'000)}));
    EXPECT_EQ(config.routes[1].on_disconnect, OnDisconnect{});
    EXPECT_EQ(config.routes[2].on_disconnect, std::nullopt);
    EXPECT_EQ(mistakes("[server]\non_disconnect = \"drain:0s\"" + std::string(k_rest)),
              "c.toml:2:17: error: server.on_disconnect = \"drain:0s\" is unknown; expected "
              "\"cancel\", \"drain\", or \"drain:\" and how long, up to \"drain:24h\"");
}

TEST(DefaultContext, HasARange) {
    EXPECT_EQ(valid("").server.default_context, 1'000'000);
    EXPECT_EQ(valid("[server]\ndefault_context = 131072\n").server.default_context, 131'072);
    EXPECT_EQ(mistakes("[server]\ndefault_context = 0" + std::string(k_rest)),
              "c.toml:2:19: error: server.default_context = 0 is out of range; expected a whole "
              "number from 1 to 10000000");
}

TEST(DefaultMaxTokens, HasARange) {
    EXPECT_EQ(valid("").server.default_max_tokens, 4096);
    EXPECT_EQ(valid("[server]\ndefault_max_tokens = 100\n").server.default_max_tokens, 100);
    EXPECT_EQ(mistakes("[server]\ndefault_max_tokens = 0" + std::string(k_rest)),
              "c.toml:2:22: error: server.default_max_tokens = 0 is out of range; expected a whole "
              "number from 1 to 10000000");
}

}  // namespace
}  // namespace bellwether::config

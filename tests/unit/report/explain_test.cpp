// How a model is served, as people and as programs read it: golden outputs.
#include "report/explain.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace bellwether::report {
namespace {

constexpr const char* k_config = R"([providers.sheep]
plugin = "holysheep"
required = false
api_key = "env:BW_TEST_SHEEP_KEY"
timeouts = { connect = "5s", first_byte = "1500ms", idle = "none", total = "1h" }
[providers.echo]
[[routes]]
model = "best"
alias = "qwen-max"
[[routes]]
model = "qwen-*"
strategy = "weighted"
to = [{ provider = "sheep", weight = 2 }, { provider = "echo", model = "echo" }]
[[routes]]
model = "*"
to = "echo"
[[prices]]
provider = "sheep"
model = "qwen-*"
input = "1.20 USD"
output = "4.8 USD"
cached_input = "0.000001 USD"
list_input = "8 USD"
source = "a bill"
)";

// What may follow it.
constexpr const char* k_rules = R"([ledger]
url = "memory:"
[[keys]]
name = "ann"
team = "search"
id = "0a1b2c3d"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
models = ["echo"]
[[budgets]]
name = "each"
limit = "10 USD"
per = "day"
each = "user"
match = { provider = "sheep" }
[[limits]]
name = "pace"
requests = "100/min"
concurrent = 5
)";

constexpr const char* k_secret = "a-value-that-nobody-may-see";

class Explain : public ::testing::Test {
  protected:
    void SetUp() override {
        setenv("BW_TEST_SHEEP_KEY", k_secret, 1);
        unsetenv("HOLYSHEEP_BASE_URL");
        load(k_config);
    }
    void load(const std::string& text) {
        auto loaded = config::parse(text, "c.toml");
        for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
        config = std::move(loaded.config);
        std::vector<config::Diagnostic> diagnostics;
        registry = plugin::load(config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
        for (const auto& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
        catalogue.emplace(config, route::Table(config), registry);
    }
    void TearDown() override { unsetenv("BW_TEST_SHEEP_KEY"); }

    std::expected<Explanation, NotExplained> explained(
        const ExplainQuestion& question, const route::TargetStates* states = nullptr) {
        const route::Table routes(config);
        const policy::KeyRing keys(config.keys);
        auto explanation = explain({.config = config,
                                    .registry = registry,
                                    .routes = routes,
                                    .catalogue = *catalogue,
                                    .keys = keys,
                                    .states = states},
                                   question);
        if (!explanation) return explanation;
        for (auto& target : explanation->targets) {
            EXPECT_EQ(target.sha256.size(), 64u);
            EXPECT_TRUE(target.file.starts_with(BELLWETHER_PLUGIN_DIR)) << target.file;
            target.sha256 = "SUM";
            target.file = "FILE";
            target.version = "1.0.0";
        }
        return explanation;
    }

    config::Config config;
    plugin::Registry registry;
    std::optional<route::Catalogue> catalogue;
};

TEST_F(Explain, AsText) {
    const auto explanation = explained({.model = "best"});
    ASSERT_TRUE(explanation);
    EXPECT_EQ(to_text(*explanation), R"(best: rule "best" (c.toml:7), an alias of qwen-max
qwen-max: rule "qwen-*" (c.toml:10)
   strategy    weighted

1. sheep as qwen-max: weight 2, 66.7 % of the calls
   plugin      ai.holysheep 1.0.0, ABI 1.0, FILE
   sha256      SUM
   upstream    https://api.holysheep.ai:443
   credential  api_key from env:BW_TEST_SHEEP_KEY: set
   time-outs   connect 5s, first byte 1500ms, idle none, total 1h, stream total 1h
   retries     up to 5 attempts; waits up to 2s, doubled up to 1m; within 10m
   price       1.20 USD in, 0.000001 USD cached, 4.80 USD out, for a million tokens (c.toml:17)
   context     32768 tokens; output 8192 tokens
   serves      chat, completions, embeddings

2. echo as echo: weight 1, 33.3 % of the calls
   plugin      dev.bellwether.echo 1.0.0, ABI 1.0, FILE
   sha256      SUM
   upstream    none: it answers by itself
   time-outs   connect 5s, first byte 1m, idle 1m, total 10m, stream total 1h
   retries     up to 5 attempts; waits up to 2s, doubled up to 1m; within 10m
   price       unpriced
   context     1000000 tokens; output 1000000 tokens
   serves      chat, completions, embeddings

other rules
   "*" (c.toml:14) matches too: a pattern with more literal characters beats it
   1 that does not match

budgets and limits
   none counts such a call

client keys
   none are configured: every caller may use every model
)");
}

TEST_F(Explain, SaysWhatCountsTheCallAndWhatAKeyMayDo) {
    load(std::string(k_config) + k_rules);
    const auto end_of = [](const Explanation& explanation) {
        const std::string text = to_text(explanation);
        return text.substr(text.find("budgets and limits"));
    };
    const auto nobody = explained({.model = "best"});
    ASSERT_TRUE(nobody);
    EXPECT_EQ(end_of(*nobody), R"(budgets and limits
   "each": 10.00 USD a day, hard, for each user (--user names one) (line 33)
   "pace": 5 at once (line 39)
   "pace": 100/min requests (line 39)

client keys
   a caller needs one of 1; --key NAME says what one may do
)");
    const auto ann = explained({.model = "best", .key = "ann", .user = "eve"});
    ASSERT_TRUE(ann);
    EXPECT_EQ(end_of(*ann), R"(budgets and limits
   "each": 10.00 USD a day, hard, of the user eve (line 33)
   "pace": 5 at once (line 39)
   "pace": 100/min requests (line 39)

client key
   ann (bw-0a1b2c3d...), team search: MAY NOT use best: none of its models is this one
   models      echo
   expires     never
)");
    const std::string json = to_json(*ann);
    for (const char* part :
         {R"("counts": "10.00 USD a day, hard")", R"("each": "user")", R"("eve")",
          R"("may_use": false)", R"("id": "0a1b2c3d")", R"("expires": null)"}) {
        EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
    }
}

TEST_F(Explain, SaysWhyItCannot) {
    const auto no_key = explained({.model = "echo", .key = "bw-secret"});
    ASSERT_FALSE(no_key);
    EXPECT_EQ(to_json(no_key.error()).find("secret"), std::string::npos)
        << "it may be the key itself";
    config.routes.pop_back();
    const auto no_model = explained({.model = "best-of-all"});
    ASSERT_FALSE(no_model);
    EXPECT_EQ(to_json(no_model.error()).find(R"({
    "model": "best-of-all",
    "error": ")"),
              0u);
    EXPECT_NE(to_json(no_model.error()).find(R"(    "models": [)"), std::string::npos);
}

// An explanation up to its first target's end.
constexpr const char* k_json = R"({
    "model": "qwen-max",
    "rules": [
        {
            "name": "qwen-max",
            "rule": "qwen-*",
            "place": "c.toml:10",
            "alias": null
        }
    ],
    "strategies": [
        "weighted"
    ],
    "sticky_by": null,
    "hedge": null,
    "shadow_percent": 0,
    "continue_stream": false,
    "targets": [
        {
            "provider": "sheep",
            "model": "qwen-max",
            "tier": 1,
            "weight": 2,
            "share_permille": 667,
            "unavailable": null,
            "plugin": {
                "id": "ai.holysheep",
                "version": "1.0.0",
                "abi": "1.0",
                "file": "FILE",
                "sha256": "SUM"
            },
            "origin": "https://api.holysheep.ai:443",
            "credentials": [
                {
                    "name": "api_key",
                    "reference": "env:BW_TEST_SHEEP_KEY",
                    "set": true
                }
            ],
            "timeouts_ms": {
                "connect": 5000,
                "first_byte": 1500,
                "idle": null,
                "total": 3600000,
                "stream_total": 3600000
            },
            "retry": {
                "attempts": 5,
                "first_ms": 2000,
                "longest_ms": 60000,
                "within_ms": 600000
            },
            "strip_prefix": null,
            "set": {},
            "drop": [],
            "price": {
                "input_micro_usd": 1200000,
                "cached_input_micro_usd": 1,
                "output_micro_usd": 4800000,
                "per_tokens": 1000000,
                "list_input_micro_usd": 8000000,
                "model": "qwen-*",
                "place": "c.toml:17",
                "source": "a bill"
            },
            "context": 32768,
            "max_output": 8192,
            "operations": [
                "chat",
                "completions",
                "embeddings"
            ]
)";

TEST_F(Explain, AsJson) {
    const auto explanation = explained({.model = "qwen-max"});
    ASSERT_TRUE(explanation);
    const std::string json = to_json(*explanation);
    EXPECT_EQ(json.substr(0, json.find("        },\n        {")), k_json);
}

TEST_F(Explain, ShowsAllThatAPriceTellsApart) {
    config::Price& price = config.prices.at(0);
    price.parts.cache_write_input = 1'500'000;
    price.above = {{.prompt_tokens = 200'000, .prices = {.input = 2'400'000, .output = 6'000'000}}};
    price.tiers = {{"priority", {.input = 3'000'000, .output = 9'000'000}, {}}};
    price.units = {{"web_search", 10'000}};
    const auto explanation = explained({.model = "qwen-max"});
    ASSERT_TRUE(explanation);
    const std::string text = to_text(*explanation);
    EXPECT_NE(text.find(R"(
               cache_write_input 1.50 USD
               above 200000 tokens of prompt: 2.40 USD in, 6.00 USD out
               tier priority: 3.00 USD in, 9.00 USD out
               each web_search 0.01 USD
)"),
              std::string::npos)
        << text;
    const std::string json = to_json(*explanation);
    for (const char* part :
         {"\"cache_write_input_micro_usd\": 1500000", "\"prompt_tokens\": 200000",
          "\"priority\": {", "\"web_search\": 10000"}) {
        EXPECT_NE(json.find(part), std::string::npos) << part;
    }
}

// The lines of a text that say how calls are routed.
std::string routing_of(const std::string& text) {
    std::string lines;
    bool in_targets = true;
    for (std::size_t at = 0; at < text.size() && in_targets;) {
        const std::string line = text.substr(at, text.find('\n', at) - at);
        at += line.size() + 1;
        const auto is = [&](const char* name) {
            return line.starts_with(std::string("   ") + name);
        };
        const bool known = is("plugin ") || is("sha256 ") || is("upstream ") || is("time-outs ") ||
                           is("price ") || is("context ") || is("serves ") || is("credential ");
        in_targets = line != "other rules";
        if (!known && in_targets && !line.empty()) lines += line + '\n';
    }
    return lines;
}

class ExplainRoute : public Explain {
  protected:
    void SetUp() override {
        Explain::SetUp();
        route().strategies = {config::Strategy::least_latency, config::Strategy::sticky};
        route().sticky_by = {.of = config::StickyBy::Of::header, .header = "x-session-id"};
        route().to.push_back(route().to[1]);
        for (const std::size_t i : {1U, 2U}) route().to[i].tier = 4;
        route().to[1].weight = 3;
        route().to[1].set = {{.key = "temperature", .json = "0.2", .at = {}}};
        route().to[1].drop = {"top_k", "seed"};
        route().to[0].strip_prefix = "qwen-";
        route().to[0].retry = {.attempts = 1};
        route().on_context_length = {route().to[1]};
        route().on_budget = {route().to[0], route().to[0]};
        route().hedge = config::Hedge{.percentile = 95};
        route().shadow = config::Shadow{.to = route().to[2], .percent = 5};
        route().continue_stream = true;
    }
    config::Route& route() { return config.routes[1]; }
};

TEST_F(ExplainRoute, SaysHowItChooses) {
    const auto explanation = explained({.model = "qwen-max"});
    ASSERT_TRUE(explanation);
    const std::string retries =
        "   retries     up to 5 attempts; waits up to 2s, doubled up to 1m; within 10m\n";
    const std::string none = "   retries     none: a call is tried once\n";
    const std::string strips = "   strips      \"qwen-\" off the model's name\n";
    const std::string changes =
        "   sets        temperature = 0.2, where the client has none\n"
        "   drops       top_k, seed\n";
    EXPECT_EQ(
        routing_of(to_text(*explanation)),
        "qwen-max: rule \"qwen-*\" (c.toml:10)\n"
        "   strategy    least_latency, then sticky\n"
        "   sticky by   header:x-session-id\n"
        "   hedge       a second target after p95\n"
        "   shadow      copies of 5 % of the calls go to echo as echo\n"
        "   streams     that break off go on at the next target\n"
        "1. sheep as max: tier 1, by the time to its first content\n" +
            strips + none + "2. echo as echo: tier 4, weight 3, 75 % of the callers\n" + changes +
            retries + "3. echo as echo: tier 4, weight 1, 25 % of the callers\n" + retries +
            "on_context_length: if the prompt is too long for those above\n"
            "1. echo as echo: by the time to its first content\n" +
            changes + retries +
            "on_budget: if a budget refuses the call at those above\n"
            "1. sheep as max: by the time to its first content\n" +
            strips + none + "2. sheep as max: by the time to its first content\n" + strips + none);
}

TEST_F(ExplainRoute, SaysTheSameToPrograms) {
    const auto explanation = explained({.model = "qwen-max"});
    ASSERT_TRUE(explanation);
    const std::string json = to_json(*explanation);
    for (const char* part :
         {R"("sticky_by": "header:x-session-id")", R"("hedge": "p95")", R"("shadow_percent": 5)",
          R"("continue_stream": true)", R"("strip_prefix": "qwen-")", R"("temperature": 0.2)",
          R"("on_context_length": [
        {)",
          R"("on_content_filter": [])", R"("shadow": {)"}) {
        EXPECT_NE(json.find(part), std::string::npos) << part << json;
    }
    EXPECT_EQ(json.find("live"), std::string::npos) << "nothing runs";
}

TEST_F(ExplainRoute, SaysHowEachStrategyChooses) {
    using config::Strategy;
    auto& targets = route().to;
    targets = {targets[0], targets[1]};
    for (auto& target : targets) target.tier = 1;
    const auto roles = [&](Strategy strategy, std::uint32_t weight) {
        route().strategies = {strategy};
        targets[1].weight = weight;
        const std::string text = to_text(*explained({.model = "qwen-max"}));
        const auto first = text.find("as max: "), second = text.find("as echo: ");
        return text.substr(first + 8, text.find('\n', first) - first - 8) + "; " +
               text.substr(second + 9, text.find('\n', second) - second - 9);
    };
    EXPECT_EQ(roles(Strategy::ordered, 1), "first; fallback");
    EXPECT_EQ(roles(Strategy::weighted, 0),
              "weight 2, 100 % of the calls; weight 0, only as a fallback");
    EXPECT_EQ(roles(Strategy::sticky, 6),
              "weight 2, 25 % of the callers; weight 6, 75 % of the callers");
    EXPECT_EQ(roles(Strategy::least_busy, 0),
              "by its calls in flight, weight 2; weight 0, only as a fallback");
    EXPECT_EQ(roles(Strategy::cheapest, 0),
              "by what the call would cost; by what the call would cost");
}

TEST_F(Explain, SaysHowATargetStandsWhereTheHostRuns) {
    route::TargetStates states(config.health, route::Table(config).targets().size());
    const auto explanation = explained({.model = "qwen-max"}, &states);
    ASSERT_TRUE(explanation);
    EXPECT_NE(to_json(*explanation).find(R"("live": {
                "service": "in")"),
              std::string::npos)
        << to_json(*explanation);
}

TEST_F(Explain, NeverShowsACredential) {
    const auto explanation = explained({.model = "best"});
    ASSERT_TRUE(explanation);
    EXPECT_EQ(to_text(*explanation).find(k_secret), std::string::npos);
    EXPECT_EQ(to_json(*explanation).find(k_secret), std::string::npos);
}

TEST_F(Explain, KnowsNothingOfWhatNoRuleServes) {
    config.routes.pop_back();
    EXPECT_FALSE(explained({.model = "gpt-4"}));
    EXPECT_FALSE(explained({.model = std::string(1000, 'q')}));
    ASSERT_TRUE(explained({.model = "qwen-max"}));
}

// A valid configuration has no circle; an explanation of another must still end.
TEST_F(Explain, EndsInACircle) {
    config.routes[1].model = "qwen-max";
    config.routes[1].alias = "best";
    config.routes[1].to.clear();
    EXPECT_FALSE(explained({.model = "best"}));
}

}  // namespace
}  // namespace bellwether::report

// Whatever the bytes are, there is an answer and no crash; under the sanitizers this says most.
#include <fstream>
#include <iterator>
#include <random>

#include "mistakes.hpp"

namespace bellwether::config {
namespace {

std::string shipped(const char* name) {
    std::ifstream file(std::filesystem::path(BELLWETHER_SOURCE_DIR) / "config" / name);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Every key once, so that mutations reach every reader.
constexpr std::string_view k_everything = R"(plugin_path = ["p"]
default_to = ["a", { provider = "a", model = "z" }]
[server]
listen = "[::1]:0"
workers = 2
max_body = "1MiB"
drain = "5s"
[log]
level = "debug"
format = "text"
access = true
[retry]
attempts = 3
first = "100ms"
budget_percent = 10
[health]
failures = 3
window = "1m"
[providers.k]
api_keys = ["env:A", "file:/b"]
retry = { longest = "1s" }
probe = "30s"
[providers.a]
plugin = "x"
base_url = "http://h:1/v1"
required = false
api_key = "env:K"
models = ["m"]
timeouts = { connect = "1s", idle = "none" }
option = [1, 2.5, { d = 2026-01-02T03:04:05Z, s = "\u00e9" }]
[[routes]]
model = "a?*"
strategy = "weighted"
to = [{ provider = "a", model = "m", weight = 2 }, "a"]
[[routes]]
model = "t"
strategy = ["sticky", "least_latency"]
sticky_by = "header:x-id"
to = ["k", { provider = "a", tier = 2, strip_prefix = "t/", set = { t = [0.2] }, drop = ["k"], timeouts = { idle = "1s" } }]
on_context_length = "a"
on_budget = [{ provider = "k", model = "c" }]
hedge = "p95"
shadow = { to = "a", model = "m", share = "5%" }
retry = { attempts = 2 }
[[routes]]
model = "b"
alias = "ab"
[ledger]
url = "redis://u@h:1/2"
password = "env:P"
keep_usage = "90d"
linger = "5ms"
sync = "os"
[[budgets]]
name = "c"
limit = "1.5 Mtok"
per = "month"
reset = { day = 31, hour = 1, zone = "Asia/Bangkok" }
match = { key = ["k*"], provider = "a" }
each = "user"
warn_at = [0.8, "95%"]
[[limits]]
requests = "60/min"
tokens = "200k/min"
on_limit = "queue:1s"
)";

void expect_answer(std::string_view toml) {
    const auto loaded = parse(toml, "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) {
        EXPECT_FALSE(to_string(diagnostic).empty());
        EXPECT_FALSE(diagnostic.what.empty());
    }
}

TEST(Robustness, EveryPrefixHasAnAnswer) {
    for (std::size_t length = 0; length <= k_everything.size(); ++length) {
        expect_answer(k_everything.substr(0, length));
    }
    const std::string full = shipped("holysheep.toml");
    ASSERT_FALSE(full.empty());
    for (std::size_t length = 0; length <= full.size(); ++length) {
        expect_answer(std::string_view(full).substr(0, length));
    }
}

TEST(Robustness, RandomMutationsHaveAnAnswer) {
    constexpr std::string_view k_lively = "\"'[]{}=.,*#\n\\0 -_e";
    std::mt19937 random(20260228);
    const auto below = [&](std::size_t end) { return random() % end; };
    for (int round = 0; round < 20'000; ++round) {
        std::string text(k_everything);
        for (std::size_t count = 1 + below(4); count > 0; --count) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
                case 0: text[at] = static_cast<char>(random()); break;
                case 1: text[at] = k_lively[below(k_lively.size())]; break;
                case 2: text.erase(at, 1 + below(8)); break;
                default: text.insert(at, text, below(text.size()), below(40)); break;
            }
        }
        expect_answer(text);
    }
}

TEST(Robustness, RandomBytesHaveAnAnswer) {
    std::mt19937 random(7);
    for (int round = 0; round < 5'000; ++round) {
        std::string text(random() % 200, '\0');
        for (char& c : text) c = static_cast<char>(random());
        expect_answer(text);
    }
}

}  // namespace
}  // namespace bellwether::config

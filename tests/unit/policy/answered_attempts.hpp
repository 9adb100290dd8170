// Attempts as an object, between real plugins and upstreams that the test speaks for, on a clock
// that the test moves.
#pragma once

#include <gmock/gmock.h>

#include "../plugin/scripted_transport.hpp"
#include "base/clock.hpp"
#include "policy/attempts/attempts.hpp"
#include "session_under_test.hpp"

namespace bellwether::policy {

inline constexpr const char* k_two_targets = R"(
[providers.a]
plugin = "openai"
base_url = "https://a.test/v1"
timeouts = { first_byte = "4s", idle = "3s", total = "20s", stream_total = "30s" }
[providers.b]
plugin = "openai"
base_url = "https://b.test/v1"
[[routes]]
model = "*"
to = ["a", "b"]
)";

inline std::string chunk(const std::string& delta, const std::string& finish = "null") {
    return R"({"id":"c","choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + finish +
           "}]}";
}
inline const std::string k_role = chunk(R"({"role":"assistant","content":""})");
inline const std::string k_hello = chunk(R"({"content":"hello"})");
inline const std::string k_stop = chunk("{}", R"("stop")");

class NotingClient final : public Replies {
  public:
    void on_reply(std::string json) override { reply = json; }
    void on_chunk(std::string_view json) override { chunks.emplace_back(json); }
    void on_bytes(std::string_view, std::string_view) override {
        ADD_FAILURE() << "there are no bytes";
    }
    void on_end(const CallEnd& outcome) override { ends.push_back(outcome); }

    std::string reply;
    std::vector<std::string> chunks;
    std::vector<CallEnd> ends;
};

class AnsweredAttempts : public testing::Test {
  protected:
    explicit AnsweredAttempts(config::RetryBudget repeats = {.percent = 0, .per_second = 0},
                              const char* file = k_two_targets)
        : repeats_(repeats), file_(file) {
        Clock::give(&time);
    }
    ~AnsweredAttempts() override {
        attempts.reset();
        Clock::give(nullptr);
    }

    void begin(bool stream, const std::string& more = "") {
        call.started = Clock::now();
        call.body = std::string(R"({"model":"m","messages":[{"role":"user","content":"hi"}])") +
                    (stream ? R"(,"stream":true)" : "") + more + "}";
        ASSERT_TRUE(json::read_request(call));
        attempts.emplace(engine, call, targets, reckoner, client, leeway);
        attempts->start();
        ASSERT_EQ(wire.upstreams.size(), 1U);
    }
    // The newest upstream begins to answer.
    void streams() { wire.last().head(200, "text/event-stream"); }
    void pass(std::chrono::milliseconds wait) {
        time.now += wait;
        loop.restart();
        loop.poll();
    }
    static config::Config parsed(config::RetryBudget repeats, const char* file) {
        config::Config config = Desk::parsed(file);
        config.retry_budget = repeats;
        return config;
    }
    // The newest upstream refuses the call with this status.
    void refuses(int status, const std::vector<std::pair<std::string, std::string>>& headers = {}) {
        wire.last().head(status, "application/json", headers);
        wire.last().says(R"({"error":{"message":"no"}})");
        wire.last().ends();
    }
    void replies(const std::string& text) {
        wire.last().head(200, "application/json");
        wire.last().says(R"({"choices":[{"index":0,"message":{"content":")" + text +
                         R"("},"finish_reason":"stop"}]})");
        wire.last().ends();
    }
    static std::vector<plugin::ProviderSlot> loaded(const config::Config& config) {
        std::vector<config::Diagnostic> diagnostics;
        auto registry = plugin::load(config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
        for (const auto& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
        return {registry.providers.begin(), registry.providers.end()};
    }

  private:
    const config::RetryBudget repeats_;
    const char* const file_;

  protected:
    Leeway leeway;
    Clock::Simulated time;
    boost::asio::io_context loop;
    net::ScriptedTransport wire;
    credentials::TokenDesk desk{loop, wire};
    config::Config config = parsed(repeats_, file_);
    std::vector<plugin::ProviderSlot> slots = loaded(config);
    Books books{loop, config, nullptr};
    Upstreams upstreams{config, 8};
    std::mt19937_64 random;
    AttemptServices engine{loop, wire, desk, slots, upstreams, random};
    Call call;
    std::vector<Prospect> targets{{.provider = "a", .target = {.provider = 0, .model = "m"}},
                                  {.provider = "b", .target = {.provider = 1, .model = "n"}}};
    Reckoner reckoner{books, slots, call};
    NotingClient client;
    std::optional<Attempts> attempts;
};

}  // namespace bellwether::policy

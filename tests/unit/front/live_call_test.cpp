// A call between the policy and a client that only notes what it is told. The upstream is the echo,
// which does as a request says.
#include "front/live_call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "../policy/session_under_test.hpp"
#include "front/drained_calls.hpp"
#include "net/client.hpp"

namespace bw::front {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* k_config = R"(
[server]
heartbeat = "100ms"
[providers.echo]
plugin = "echo"
[[routes]]
model = "echo"
to = ["echo"]
[[routes]]
model = "drained"
to = ["echo"]
on_disconnect = "drain"
[[routes]]
model = "patient"
to = ["echo"]
on_disconnect = "drain:10s"
[[routes]]
model = "two"
to = [{ provider = "echo", model = "first" }, { provider = "echo", model = "second" }]
)";

// Notes in one word each what it is told.
class Client final : public Downstream {
  public:
    void respond(int status, std::string_view extra, std::string_view body) override {
        said.push_back(std::to_string(status));
        headers = extra;
        last = body;
    }
    void begin_stream(std::string_view extra) override {
        said.emplace_back("stream");
        headers = extra;
    }
    void event(std::string_view json) override {
        if (said.back() != "event") said.emplace_back("event");
        last = json;
        if (on_event) on_event();
    }
    void comment() override {
        if (said.back() != "comment") said.emplace_back("comment");
    }
    void end_stream() override { said.emplace_back("end"); }
    void finished() override {
        said.emplace_back("finished");
        call.reset();
    }
    bool has_finished() const { return !said.empty() && said.back() == "finished"; }

    std::unique_ptr<LiveCall> call;
    std::vector<std::string> said;
    std::string headers;
    std::string last;  // body or event
    std::function<void()> on_event;
};

Host host_of(config::Config config) {
    std::vector<config::Diagnostic> diagnostics;
    auto registry = plugin::load(config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
    for (const auto& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
    route::Table routes(config);
    route::Catalogue catalogue(config, routes, registry);
    return {.config = std::move(config),
            .registry = std::move(registry),
            .routes = std::move(routes),
            .catalogue = std::move(catalogue),
            .keys = policy::KeyRing(std::vector<config::Key>())};
}

config::Config parsed() {
    auto loaded = config::parse(k_config, "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    loaded.config.retry_budget = {.percent = 0, .per_second = 0};
    return std::move(loaded.config);
}

class LiveCallTest : public testing::Test {
  protected:
    void begin(const std::string& model, const std::string& more, const char* timeout = "",
               std::chrono::milliseconds ago = 0ms) {
        Call call;
        call.id = "req";
        call.body = R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi"}])" +
                    more + "}";
        call.timeout = timeout;
        call.started = std::chrono::steady_clock::now() - ago;
        client.call = std::make_unique<LiveCall>(context, client, std::move(call), nullptr, "-");
        client.call->start();
    }
    // Lets the loop turn until something is so; a test that waits for more than it gets fails.
    bool until(const std::function<bool()>& is_so) {
        const auto give_up = std::chrono::steady_clock::now() + 10s;
        loop.restart();
        while (!is_so() && std::chrono::steady_clock::now() < give_up) loop.run_one_for(100ms);
        return is_so();
    }
    bool finishes() {
        return until([this] { return client.has_finished(); });
    }
    bool has_said(const std::string& word) const {
        return std::ranges::find(client.said, word) != client.said.end();
    }
    std::string counted() const {
        observe::PrometheusText text;
        running.metrics.write(text);
        return text.take();
    }
    // Whether one call has been counted, in all, with this status and error.
    bool is_recorded(const std::string& status, const std::string& error) const {
        const std::string text = counted();
        std::string results;
        for (std::size_t at = 0;
             (at = text.find("\nbellwether_requests_total{", at)) != std::string::npos;) {
            const std::size_t end = text.find('\n', ++at);
            results += text.substr(at, end - at) + "\n";
        }
        return std::ranges::count(results, '\n') == 1 &&
               results.find("code=\"" + status + "\",error_type=\"" + error + "\"} 1\n") !=
                   std::string::npos;
    }

    boost::asio::io_context loop;
    Host host = host_of(parsed());
    net::Client wire{loop};
    std::vector<plugin::ProviderSlot> slots{host.registry.providers.begin(),
                                            host.registry.providers.end()};
    policy::Upstreams upstreams{host.config, host.routes.targets().size()};
    std::mt19937_64 random;
    policy::Books books{loop, host.config, nullptr};
    DrainedCalls drained{loop, [] {}};
    Running running{.metrics = {{.routes = {"", {"echo", "drained", "patient", "two"}},
                                 .providers = {"", {"echo"}},
                                 .models = {"other", {"echo", "drained", "patient", "two"}}},
                                1}};
    observe::AccessLog access_log{loop};
    Context context{.host = host,
                    .engine = {loop, wire, slots, upstreams, random},
                    .books = books,
                    .drained_calls = drained,
                    .running = running,
                    .metrics = running.metrics.worker(0),
                    .access_log = access_log,
                    .random = random,
                    .http_limits = {}};
    Client client;
};

TEST_F(LiveCallTest, AnswersWithOneReply) {
    begin("echo", "");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("200", "finished"));
    EXPECT_THAT(client.last, HasSubstr("echo: hi"));
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-provider: echo\r\n"));
    EXPECT_TRUE(is_recorded("200", ""));
}

TEST_F(LiveCallTest, AnswersWithAStream) {
    begin("echo", R"(,"stream":true)");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("stream", "event", "end", "finished"));
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-attempts: 1\r\n"));
    EXPECT_TRUE(is_recorded("200", ""));
}

TEST_F(LiveCallTest, RefusesWhatItCannotBegin) {
    begin("nobody", "");
    EXPECT_THAT(client.said, ElementsAre("404", "finished")) << client.last;
    EXPECT_TRUE(is_recorded("404", "model_not_found"));
}

TEST_F(LiveCallTest, RefusesATimeoutWithoutAUnit) {
    begin("echo", "", "30");
    EXPECT_THAT(client.said, ElementsAre("400", "finished"));
    EXPECT_THAT(client.last, HasSubstr("invalid_timeout"));
}

// The try finds out while it starts, and its client drops the call at once.
TEST_F(LiveCallTest, ACallWhoseTimeIsOverBeforeItIsSentEndsInItsStart) {
    for (const char* more : {"", R"(,"stream":true)"}) {
        client.said.clear();
        begin("echo", more, "1ms", 1s);
        EXPECT_THAT(client.said, ElementsAre("504", "finished"));
        EXPECT_EQ(client.call, nullptr);
        EXPECT_THAT(client.last, HasSubstr("deadline_exceeded"));
    }
}

TEST_F(LiveCallTest, TakesNothingNewWhileTheHostDrains) {
    context.draining = true;
    begin("echo", "");
    EXPECT_THAT(client.said, ElementsAre("503", "finished"));
}

TEST_F(LiveCallTest, AnErrorBeforeTheFirstChunkHasAStatusOfItsOwn) {
    begin("echo", R"(,"stream":true,"echo":{"status":500})");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("500", "finished")) << client.last;
}

TEST_F(LiveCallTest, AnErrorAfterTheFirstChunkIsTheStreamsLastEvent) {
    begin("echo", R"(,"stream":true,"echo":{"repeat":9,"cut_after":3})");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("stream", "event", "end", "finished"));
    EXPECT_THAT(client.last, HasSubstr("stream_truncated"));
    EXPECT_TRUE(is_recorded("200", "stream_truncated"));
}

TEST_F(LiveCallTest, CountsBothAttemptsOfACall) {
    begin("two", R"(,"echo":{"status":503,"fail_attempts":1})");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("200", "finished")) << client.last;
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-model: second\r\n"));
    EXPECT_THAT(client.headers, HasSubstr("x-bellwether-attempts: 2\r\n"));
    EXPECT_THAT(counted(), HasSubstr("bellwether_fallbacks_total{provider=\"echo\"} 1\n"));
}

// Whoever answers in the end is not known yet.
TEST_F(LiveCallTest, ASilentStreamBeginsWithACommentAndNamesNobody) {
    begin("echo", R"(,"stream":true,"echo":{"first_delay_ms":300})");
    ASSERT_TRUE(until([this] { return has_said("comment"); }));
    EXPECT_THAT(client.said, ElementsAre("stream", "comment"));
    EXPECT_EQ(client.headers, "");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("stream", "comment", "event", "end", "finished"));
}

TEST_F(LiveCallTest, ASilentReplyHasNoHeartbeat) {
    begin("echo", R"(,"echo":{"first_delay_ms":300})");
    ASSERT_TRUE(finishes());
    EXPECT_THAT(client.said, ElementsAre("200", "finished"));
}

TEST_F(LiveCallTest, SaysNothingMoreWhenItIsInterrupted) {
    begin("echo", R"(,"stream":true,"echo":{"first_delay_ms":3600000})");
    ASSERT_TRUE(until([this] { return has_said("comment"); }));
    client.call->interrupt();
    EXPECT_THAT(client.said, ElementsAre("stream", "comment", "event", "end", "finished"));
    EXPECT_THAT(client.last, HasSubstr("draining"));
    EXPECT_TRUE(is_recorded("200", "draining"));
}

TEST_F(LiveCallTest, IsRecordedOnceWhenItsClientHangsUp) {
    begin("echo", R"(,"stream":true,"echo":{"repeat":1000,"delay_ms":50})");
    ASSERT_TRUE(until([this] { return has_said("event"); }));
    EXPECT_FALSE(client.call->on_disconnect().drains);
    client.call->abandoned();
    client.call.reset();
    EXPECT_TRUE(is_recorded("499", "client_closed"));
    EXPECT_THAT(counted(), HasSubstr("bellwether_streams_active 0\n"));
    EXPECT_THAT(client.said, ElementsAre("stream", "event"));
}

TEST_F(LiveCallTest, GoesOnWithoutItsClientIfToldTo) {
    begin("drained", R"(,"stream":true,"echo":{"repeat":3,"delay_ms":20})");
    ASSERT_TRUE(until([this] { return has_said("event"); }));
    ASSERT_TRUE(client.call->on_disconnect().drains);
    const auto said = client.said;
    drained.adopt(std::move(client.call), {}, 0ms);
    ASSERT_TRUE(until([this] { return drained.empty(); }));
    EXPECT_EQ(client.said, said);
    EXPECT_TRUE(is_recorded("499", "")) << "the call itself was served";
    EXPECT_THAT(counted(), HasSubstr("bellwether_tokens_total{route=\"drained\""));
}

TEST_F(LiveCallTest, GoesOnWithoutAClientThatWasTooSlow) {
    client.on_event = [this] {
        client.on_event = {};
        client.call->pause();
    };
    begin("drained", R"(,"stream":true,"echo":{"repeat":50})");
    ASSERT_TRUE(until([this] { return has_said("comment"); }));
    drained.adopt(std::move(client.call), {}, 0ms);
    ASSERT_TRUE(until([this] { return drained.empty(); }));
    EXPECT_TRUE(is_recorded("499", ""));
    EXPECT_THAT(counted(), HasSubstr("bellwether_streams_paused 0\n"));
}

// Without a time of its own a call that drains goes on for as long as its provider may take.
TEST_F(LiveCallTest, WaitsForAMomentIfOnlyTheUsageIsToCome) {
    const auto on_disconnect_at_last_word = [this](const char* model) {
        config::OnDisconnect then;
        client.said.clear();
        client.on_event = [&] {
            if (client.last.find(R"("stop")") == std::string::npos) return;
            then = client.call->on_disconnect();
        };
        begin(model, R"(,"stream":true)");
        EXPECT_TRUE(finishes());
        client.on_event = {};
        return then;
    };
    using config::OnDisconnect;
    EXPECT_EQ(on_disconnect_at_last_word("echo"), (OnDisconnect{.drains = true, .longest = 3s}));
    EXPECT_EQ(on_disconnect_at_last_word("patient"),
              (OnDisconnect{.drains = true, .longest = 10s}));
    EXPECT_EQ(on_disconnect_at_last_word("drained"), (OnDisconnect{.drains = true, .longest = 0s}));
}

TEST_F(LiveCallTest, PausesItsUpstreamForASlowClient) {
    begin("echo", R"(,"stream":true,"echo":{"repeat":50})");
    client.on_event = [this] {
        client.on_event = {};
        client.call->pause();
    };
    ASSERT_TRUE(until([this] { return has_said("comment"); }));  // of what is silent
    EXPECT_THAT(counted(), HasSubstr("bellwether_streams_paused 1\n"));
    EXPECT_THAT(client.said, ElementsAre("stream", "event", "comment"));
    client.call->resume();
    ASSERT_TRUE(finishes());
    EXPECT_THAT(counted(), HasSubstr("bellwether_streams_paused 0\n"));
    EXPECT_TRUE(is_recorded("200", ""));
}

// Between a client and a ledger that answers when the test says.
class CountedLiveCallTest : public LiveCallTest {
  protected:
    CountedLiveCallTest() {
        auto session = std::make_unique<policy::SessionUnderTest>();
        ledger = session.get();
        books.session = std::move(session);
    }
    // Until the answer waits for its hold to be durable.
    bool is_kept() {
        return until([this] { return !ledger->waiting.empty(); });
    }

    policy::SessionUnderTest* ledger = nullptr;
};

TEST_F(CountedLiveCallTest, SaysNothingBeforeItsHoldIsDurable) {
    begin("echo", R"(,"stream":true,"echo":{"first_delay_ms":300})");
    ledger->answer({});
    ASSERT_TRUE(is_kept());
    EXPECT_THAT(client.said, ElementsAre()) << "not even that it waits";
    ledger->commit();
    ASSERT_TRUE(finishes());
    EXPECT_EQ(client.said.front(), "stream");
}

TEST_F(CountedLiveCallTest, CountsAWholeAnswerThatWaitedWhenItsClientHungUp) {
    begin("echo", "");
    ledger->answer({});
    ASSERT_TRUE(is_kept());
    client.call->abandoned();
    client.call.reset();
    ASSERT_EQ(ledger->settled.size(), 1U);
    EXPECT_TRUE(ledger->settled[0].recorded);
    EXPECT_EQ(ledger->settled[0].usage.status, 499);
    EXPECT_EQ(ledger->settled[0].usage.usage.source, UsageSource::provider);
    EXPECT_GT(ledger->settled[0].usage.usage.output_tokens, 0);
}

}  // namespace
}  // namespace bw::front

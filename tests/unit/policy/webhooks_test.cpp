// A webhook is told until it has understood, or there is no more hope; and the host's end loses
// nothing that could still be told.
#include "policy/notices/webhooks.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "../net/harness.hpp"

namespace bellwether::policy {
namespace {

using net::test::Clock;
using net::test::Peer;
using net::test::reply;
using net::test::ScriptedServer;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr WebhookRetries k_quick{.first_wait = milliseconds(1), .answer = std::chrono::seconds(20)};

std::string status(std::string_view line, std::string_view headers = {}) {
    return fmt::format("HTTP/1.1 {}\r\n{}content-length: 0\r\n\r\n", line, headers);
}

class WebhookPostsTest : public net::test::NetTest {
  protected:
    // A receiver that answers each request with the next of these, the last one again and again.
    void listen(std::vector<std::string> answers, WebhookRetries patience = k_quick) {
        server.emplace([this, answers](Peer& peer) {
            for (std::string request; !(request = peer.read_request()).empty();) {
                const std::scoped_lock lock(mutex);
                times.push_back(Clock::now());
                requests.push_back(request);
                if (!peer.send(answers[std::min(requests.size(), answers.size()) - 1])) return;
            }
        });
        open(server->url("/hook?token=s"), patience);
    }
    void open(const std::string& url, WebhookRetries patience) {
        webhooks = {{.name = "ops", .url = url, .wire = nullptr}};
        posts.emplace(loop, *client, webhooks, counts, patience);
    }
    void TearDown() override {
        posts.reset();
        client.reset();
        server.reset();
    }

    void finish() {
        posts->finish([this] { ++ended; });
    }
    bool run_until_done() {
        return run_until([this] { return posts->empty(); });
    }
    bool run_until_asked(std::size_t times_asked) {
        return run_until([&] { return asked() >= times_asked; });
    }
    std::size_t asked() {
        const std::scoped_lock lock(mutex);
        return requests.size();
    }
    std::uint64_t delivered() const { return counts.counted(0, 0); }
    std::uint64_t failed() const { return counts.counted(0, 1); }

    std::optional<ScriptedServer> server;
    std::mutex mutex;
    std::vector<std::string> requests;
    std::vector<Clock::time_point> times;
    std::vector<WebhookTarget> webhooks;
    WebhookCounts counts{std::vector<WebhookTarget>(1)};
    std::optional<WebhookPosts> posts;
    int ended = 0;
};

TEST_F(WebhookPostsTest, TellsOnceWhoUnderstands) {
    listen({reply("ok")});
    posts->post(0, R"({"a":1})");
    ASSERT_TRUE(run_until_done());
    ASSERT_EQ(asked(), 1U);
    EXPECT_TRUE(requests[0].starts_with("POST /hook?token=s HTTP/1.1\r\n")) << requests[0];
    EXPECT_NE(requests[0].find("content-type: application/json\r\n"), std::string::npos);
    EXPECT_NE(requests[0].find("user-agent: bellwether/"), std::string::npos);
    EXPECT_TRUE(requests[0].ends_with("\r\n\r\n{\"a\":1}"));
    EXPECT_EQ(delivered(), 1U);
    EXPECT_EQ(failed(), 0U);
}

TEST_F(WebhookPostsTest, TriesAgainWhatMayPass) {
    listen({status("503 Busy"), status("429 Slow"), status("408 Late"), status("204 Ok")});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(asked(), 4U);
    EXPECT_EQ(delivered(), 1U);
}

TEST_F(WebhookPostsTest, GivesUpAtOnceWhereThereIsNoHope) {
    listen({status("404 No")});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(asked(), 1U);
    EXPECT_EQ(failed(), 1U);
}

// A redirect was taken for a connection that fails, and tried five times.
TEST_F(WebhookPostsTest, ARedirectIsAnAnswerAsAnyOther) {
    for (const char* line : {"300 Choose", "301 Moved", "302 Found", "303 See", "304 Same",
                             "307 There", "308 There", "399 What", "101 Switch", "600 What"}) {
        requests.clear();
        listen({status(line, "location: http://127.0.0.1:1/\r\nconnection: close\r\n")});
        posts->post(0, "{}");
        ASSERT_TRUE(run_until_done()) << line;
        EXPECT_EQ(asked(), 1U) << line;
    }
    EXPECT_EQ(failed(), 10U);
}

TEST_F(WebhookPostsTest, WhatIsNoHttpIsNotTriedAgain) {
    listen({"SSH-2.0-hello\r\n"});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(asked(), 1U);
    EXPECT_EQ(failed(), 1U);
}

TEST_F(WebhookPostsTest, AnEncodingIsNoMatterOfTheStatus) {
    listen({status("200 Ok", "content-encoding: br\r\n")});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(delivered(), 1U);
}

// Reading 80 GiB of answers kept the calls of the same worker waiting for half a minute.
TEST_F(WebhookPostsTest, ReadsLittleOfAnAnswer) {
    constexpr std::size_t k_most = 64u << 20;  // far beyond what the system takes for nobody
    std::atomic<std::size_t> sent = 0;
    std::atomic<bool> cut = false;
    server.emplace([&](Peer& peer) {
        if (peer.read_request().empty()) return;
        peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        const std::string chunk = "10000\r\n" + std::string(65'536, 'x') + "\r\n";
        while (sent < k_most && peer.send(chunk)) sent += chunk.size();
        cut = sent < k_most;
    });
    open(server->url("/hook"), {.answer = std::chrono::seconds(20)});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(delivered(), 1U);
    EXPECT_TRUE(run_until([&] { return cut.load(); }));
}

TEST_F(WebhookPostsTest, GivesUpAfterFiveTries) {
    listen({status("500 No")});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(asked(), 5U);
    EXPECT_EQ(failed(), 1U);
    EXPECT_EQ(delivered(), 0U);
}

TEST_F(WebhookPostsTest, WaitsAsLongAsItIsAskedToWithinReason) {
    const milliseconds longest(300);
    listen({status("429 Slow", "retry-after: 3600\r\n"), reply("ok")},
           {.first_wait = milliseconds(1), .longest_wait = longest});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    ASSERT_EQ(asked(), 2U);
    EXPECT_GE(times[1] - times[0], longest - milliseconds(5));
    EXPECT_EQ(delivered(), 1U);
}

TEST_F(WebhookPostsTest, DoesNotWaitForAnAnswerWithoutEnd) {
    listen({""}, {.tries = 2, .first_wait = milliseconds(1), .answer = milliseconds(50)});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(failed(), 1U);
}

TEST_F(WebhookPostsTest, HasUnderstoodEvenIfItsAnswerNeverEnds) {
    listen({"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok"}, {.answer = milliseconds(200)});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(asked(), 1U);
    EXPECT_EQ(delivered(), 1U);
}

TEST_F(WebhookPostsTest, FailsWhereNobodyListens) {
    std::string url;
    {
        ScriptedServer gone([](Peer&) {});
        url = gone.url();
    }
    open(url, {.tries = 3, .first_wait = milliseconds(1)});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(failed(), 1U);
}

TEST_F(WebhookPostsTest, HasItsLastTryWhenTheHostEnds) {
    listen({status("503 Busy"), reply("ok")}, {.first_wait = hours(1), .longest_wait = hours(1)});
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_asked(1));
    EXPECT_EQ(ended, 0);
    finish();
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(asked(), 2U);
    EXPECT_EQ(delivered(), 1U);
    EXPECT_EQ(ended, 1);
}

TEST_F(WebhookPostsTest, TriesOnlyOnceMoreWhileTheHostEnds) {
    listen({status("503 Busy")}, {.first_wait = hours(1), .longest_wait = hours(1)});
    finish();
    posts->post(0, "{}");
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(asked(), 2U);
    EXPECT_EQ(failed(), 1U);
}

TEST_F(WebhookPostsTest, KeepsNoMoreThanSixtyFour) {
    listen({reply("ok")});
    for (int i = 0; i < 70; ++i) posts->post(0, "{}");
    EXPECT_EQ(failed(), 6U);
    ASSERT_TRUE(run_until_done());
    EXPECT_EQ(delivered(), 64U);
}

TEST(Webhooks, SayWhereTheyCannotBeReachedAsTheFileSays) {
    auto loaded = config::parse(
        "[webhooks.ops]\nurl = \"https://example.com/x\"\nproxy = \"http://p:1\"\n"
        "proxy_secret = \"env:BELLWETHER_NO_SUCH_VARIABLE\"\n",
        "c.toml");
    std::vector<config::Diagnostic> diagnostics;
    make_webhooks(loaded.config, diagnostics);
    ASSERT_EQ(diagnostics.size(), 1U);
    EXPECT_EQ(to_string(diagnostics[0]),
              "c.toml:4:16: error: the proxy of webhook \"ops\": the environment variable "
              "BELLWETHER_NO_SUCH_VARIABLE is not set");
}

}  // namespace
}  // namespace bellwether::policy

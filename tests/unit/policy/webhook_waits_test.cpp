// How long a webhook's post waits for its next try, on a clock that the test moves and to a
// receiver that it speaks for.
#include <gtest/gtest.h>

#include "../plugin/scripted_transport.hpp"
#include "base/clock.hpp"
#include "policy/notices/webhooks.hpp"

namespace bellwether::policy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_first_wait{1};

class WebhookWaitsTest : public testing::Test {
  protected:
    WebhookWaitsTest() { Clock::give(&time); }
    ~WebhookWaitsTest() override { Clock::give(nullptr); }

    void pass(milliseconds wait) {
        time.now += wait;
        loop.restart();
        loop.poll();
    }

    Clock::Simulated time;
    boost::asio::io_context loop;
    net::ScriptedTransport wire;
    std::vector<WebhookTarget> webhooks{{.name = "ops", .url = "u", .wire = nullptr}};
    WebhookCounts counts{webhooks};
    WebhookPosts posts{loop, wire, webhooks, counts, {.first_wait = k_first_wait}};
};

TEST_F(WebhookWaitsTest, AWaitThatWasAskedForIsBeforeOneTryOnly) {
    posts.post(0, "{}");
    wire.last().head(429, "text/plain", {{"retry-after", "30"}});
    wire.last().ends();
    pass(milliseconds(29'999));
    EXPECT_EQ(wire.upstreams.size(), 1U);
    pass(milliseconds(1));
    ASSERT_EQ(wire.upstreams.size(), 2U);
    wire.last().fails(net::FailureKind::cut);
    pass(2 * k_first_wait);
    ASSERT_EQ(wire.upstreams.size(), 3U);
    wire.last().head(204, "text/plain");
    wire.last().ends();
    EXPECT_TRUE(posts.empty());
    EXPECT_EQ(counts.counted(0, 0), 1U);
}

}  // namespace
}  // namespace bellwether::policy

// Sends what the host warns of to webhooks. Each warning is a POST of JSON, which is tried again
// until it is accepted, all tries are used up, or the answer leaves no hope. A call never waits for
// it.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "net/transport.hpp"

namespace bellwether::policy {

// A section [webhooks.NAME] of the configuration.
struct WebhookTarget {
    std::string name;
    std::string url;  // never printed
    std::shared_ptr<const net::WireOptions> wire;
};

// Makes the webhooks in the order of the configuration. Appends a diagnostic for each whose proxy
// cannot be used as the config says.
std::vector<WebhookTarget> make_webhooks(const config::Config& config,
                                         std::vector<config::Diagnostic>& diagnostics);

// Counts for each webhook the posts that were delivered and those that failed. One object serves
// all workers of one configuration, from any thread.
class WebhookCounts {
  public:
    static constexpr std::array<std::string_view, 2> k_outcomes{"delivered", "failed"};

    // `before`: those of the configuration before, whose counts go on; null: there was none.
    explicit WebhookCounts(std::span<const WebhookTarget> webhooks,
                           const WebhookCounts* before = nullptr);
    void count(std::size_t webhook, bool delivered) {
        ++(*counts_[webhook].count)[delivered ? 0 : 1];
    }
    std::uint64_t counted(std::size_t webhook, std::size_t outcome) const {
        return (*counts_[webhook].count)[outcome];
    }

  private:
    using Count = std::array<std::atomic<std::uint64_t>, k_outcomes.size()>;
    struct NamedCount {
        std::string name;
        std::shared_ptr<Count> count;
    };

    std::vector<NamedCount> counts_;  // by webhook
};

struct WebhookRetries {
    unsigned tries = 5;
    std::chrono::milliseconds first_wait{1'000};  // before the second try; twice as long each time
    std::chrono::milliseconds longest_wait{60'000};  // also if the other side asks for more
    std::chrono::milliseconds answer{10'000};        // for one try
};

// The posts of one worker, on its thread only.
class WebhookPosts {
  public:
    // All arguments must outlive the object.
    WebhookPosts(boost::asio::io_context& loop, net::Transport& transport,
                 std::span<const WebhookTarget> webhooks, WebhookCounts& counts,
                 WebhookRetries retries = {});
    ~WebhookPosts();
    WebhookPosts(const WebhookPosts&) = delete;
    WebhookPosts& operator=(const WebhookPosts&) = delete;

    // Posts `json`; `webhook` is an index into Config::webhooks. If 64 posts are under way already,
    // this one fails at once: warnings are rare, so something must be wrong.
    void post(std::size_t webhook, std::string json);
    // To be called when the host drains. A post that waits for its next try has its last one now;
    // one that fails later is tried once more, at once. `on_last` is called each time that no post
    // is left.
    void finish(std::function<void()> on_last);
    // The same without the hurry: posts are tried as long as ever.
    void when_empty(std::function<void()> on_last) { on_last_ = std::move(on_last); }
    bool empty() const { return posts_.empty(); }

  private:
    class Post;

    std::chrono::milliseconds wait_before(unsigned tries);
    void done(Post& post, const std::string& fault);

    boost::asio::io_context& loop_;
    net::Transport& transport_;
    const std::span<const WebhookTarget> webhooks_;
    WebhookCounts& counts_;
    const WebhookRetries retries_;
    std::function<void()> on_last_;  // when no post is left; empty: nobody asks
    bool hurries_ = false;           // the host drains
    std::minstd_rand random_{std::random_device{}()};
    std::list<Post> posts_;
};

}  // namespace bellwether::policy

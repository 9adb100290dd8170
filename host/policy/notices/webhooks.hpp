// Tells others of what the host warns of: each gets a POST of JSON, tried again until it is taken
// or there is no more hope. A call never waits for it.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
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

namespace bw::policy {

// One [webhooks.NAME].
struct WebhookTarget {
    std::string name;
    std::string url;  // never printed
    std::shared_ptr<const net::WireOptions> wire;
};

// In the order of the configuration. Appends a diagnostic for each that cannot be reached as the
// file says.
std::vector<WebhookTarget> make_webhooks(const config::Config& config,
                                         std::vector<config::Diagnostic>& diagnostics);

// How often each was told, and how often in vain. Shared by all workers.
class WebhookCounts {
  public:
    static constexpr std::array<std::string_view, 2> k_outcomes{"delivered", "failed"};

    explicit WebhookCounts(std::size_t webhooks) : counts_(webhooks) {}
    void count(std::size_t webhook, bool delivered) { ++counts_[webhook][delivered ? 0 : 1]; }
    std::uint64_t counted(std::size_t webhook, std::size_t outcome) const {
        return counts_[webhook][outcome];
    }

  private:
    std::deque<std::array<std::atomic<std::uint64_t>, k_outcomes.size()>> counts_;
};

struct WebhookRetries {
    unsigned tries = 5;
    std::chrono::milliseconds first_wait{1'000};  // before the second try; twice as long each time
    std::chrono::milliseconds longest_wait{60'000};  // that the other side may ask for
    std::chrono::milliseconds answer{10'000};        // for one try
};

// One worker's, on its thread.
class WebhookPosts {
  public:
    // All must outlive it.
    WebhookPosts(boost::asio::io_context& loop, net::Transport& transport,
                 std::span<const WebhookTarget> webhooks, WebhookCounts& counts,
                 WebhookRetries patience = {});
    ~WebhookPosts();
    WebhookPosts(const WebhookPosts&) = delete;
    WebhookPosts& operator=(const WebhookPosts&) = delete;

    // `json` goes to the webhook of this place in the configuration. Beyond 64 under way it is
    // given up at once: the host warns rarely, so that something is wrong.
    void post(std::size_t webhook, std::string json);
    // The host ends: what waits for its next try has it now, and what fails has one more at once.
    // `on_last` is told whenever none is left.
    void finish(std::function<void()> on_last);
    bool empty() const { return posts_.empty(); }

  private:
    class Post;

    std::chrono::milliseconds wait_before(unsigned tries);
    void done(Post& post, const std::string& fault);

    boost::asio::io_context& loop_;
    net::Transport& transport_;
    const std::span<const WebhookTarget> webhooks_;
    WebhookCounts& counts_;
    const WebhookRetries patience_;
    std::function<void()> on_last_;  // there once the host ends
    std::minstd_rand random_{std::random_device{}()};
    std::list<Post> posts_;
};

}  // namespace bw::policy

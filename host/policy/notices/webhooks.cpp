#include "policy/notices/webhooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/clock.hpp"
#include "net/alarm.hpp"
#include "observe/log.hpp"
#include "plugin/wire.hpp"

namespace bellwether::policy {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t k_posts_max = 64;
constexpr std::size_t k_answer_bytes_max = 16u << 10;

bool is_success(int status) { return status >= 200 && status < 300; }

// True if another try may succeed after this status.
bool may_pass(int status) { return status == 408 || status == 429 || status >= 500; }

// The wait that `retry-after` asks for, in seconds. A date, which the header may have instead,
// counts as 0: the host then waits as long as it would by itself.
milliseconds asked_wait(std::span<const net::Header> headers) {
    const auto header = std::ranges::find(headers, "retry-after", &net::Header::name);
    if (header == headers.end()) return milliseconds(0);
    std::uint32_t seconds = 0;
    const char* const end = header->value.data() + header->value.size();
    const auto [read, error] = std::from_chars(header->value.data(), end, seconds);
    if (error == std::errc::result_out_of_range) return std::chrono::hours(1);
    return error == std::errc() && read == end ? std::chrono::seconds(seconds) : milliseconds(0);
}

}  // namespace

std::vector<WebhookTarget> make_webhooks(const config::Config& config,
                                         std::vector<config::Diagnostic>& diagnostics) {
    std::vector<WebhookTarget> webhooks;
    for (const config::Webhook& wanted : config.webhooks) {
        auto wire = plugin::make_wire(wanted.wire, wanted.url);
        WebhookTarget& webhook = webhooks.emplace_back();
        webhook.name = wanted.name;
        webhook.url = wanted.url;
        if (wire) {
            webhook.wire = *std::move(wire);
            continue;
        }
        const config::Position at = wire.error().at.line != 0 ? wire.error().at : wanted.at;
        diagnostics.push_back(
            {.severity = config::Severity::error,
             .file = config.file_of(at).string(),
             .at = at,
             .what = fmt::format("the proxy of webhook \"{}\": {}", wanted.name, wire.error().what),
             .expected = {},
             .hint = {}});
    }
    return webhooks;
}

WebhookCounts::WebhookCounts(std::span<const WebhookTarget> webhooks, const WebhookCounts* before) {
    for (const WebhookTarget& webhook : webhooks) {
        NamedCount& here = counts_.emplace_back(webhook.name, nullptr);
        for (std::size_t i = 0; before != nullptr && i < before->counts_.size(); ++i) {
            if (before->counts_[i].name == webhook.name) here.count = before->counts_[i].count;
        }
        if (!here.count) here.count = std::make_shared<Count>();
    }
}

class WebhookPosts::Post final : private net::Events {
  public:
    Post(WebhookPosts& owner, std::size_t webhook, std::string json)
        : owner_(owner), webhook_(webhook), json_(std::move(json)), alarm_(owner.loop_) {}

    // begin() and retry_now() may both destroy the post before they return.
    void begin() {
        ++tries_;
        status_ = 0;
        no_answer_ = false;
        answer_bytes_ = 0;
        asked_wait_ = {};
        waits_ = false;
        const WebhookTarget& webhook = owner_.webhooks_[webhook_];
        exchange_ =
            owner_.transport_.start({.url = webhook.url,
                                     .headers = {"content-type: application/json",
                                                 "user-agent: bellwether/" BELLWETHER_VERSION},
                                     .body = json_,
                                     .connect_timeout = owner_.retries_.answer,
                                     .wire = webhook.wire,
                                     .reads = net::Reads::status},
                                    *this);
        alarm_.set(Clock::now() + owner_.retries_.answer, [this] { judge("no answer in time"); });
    }
    void retry_now() {
        if (waits_) begin_last();
    }
    std::size_t webhook() const { return webhook_; }

  private:
    void on_head(int status, std::span<const net::Header> headers) override {
        status_ = status;
        asked_wait_ = asked_wait(headers);
    }
    // Only the status counts. A small body is read, so that the connection can be used for the next
    // post. A larger one is not, because this is the thread that calls run on.
    void on_data(std::string_view bytes) override {
        answer_bytes_ += bytes.size();
        if (answer_bytes_ > k_answer_bytes_max) judge({});
    }
    void on_end(std::optional<net::Failure> failure) override {
        no_answer_ = status_ == 0 && failure && failure->kind == net::FailureKind::protocol;
        judge(failure ? failure->for_operator() : std::string());
    }

    void begin_last() {
        last_ = true;
        begin();
    }

    // Decides whether the post is delivered, has failed or is tried again. A status that has come
    // counts, even if the rest of the answer has not.
    void judge(std::string fault) {
        exchange_.reset();
        alarm_.cancel();
        if (is_success(status_)) return owner_.done(*this, {});
        if (status_ != 0) fault = fmt::format("it answers with status {}", status_);
        const bool hopeless = no_answer_ || (status_ != 0 && !may_pass(status_));
        if (hopeless || last_ || tries_ >= owner_.retries_.tries) {
            return owner_.done(*this, fmt::format("{} (try {})", fault, tries_));
        }
        if (owner_.hurries_) return begin_last();
        waits_ = true;
        const milliseconds wait = std::max(owner_.wait_before(tries_), asked_wait_);
        alarm_.set(Clock::now() + std::min(wait, owner_.retries_.longest_wait),
                   [this] { begin(); });
    }

    WebhookPosts& owner_;
    const std::size_t webhook_;
    const std::string json_;
    net::Exchange exchange_;
    net::Alarm alarm_;
    unsigned tries_ = 0;
    int status_ = 0;
    std::size_t answer_bytes_ = 0;
    bool no_answer_ = false;  // what came is not HTTP
    milliseconds asked_wait_{0};
    bool waits_ = false;  // for its next try
    bool last_ = false;   // this try is the last
};

WebhookPosts::WebhookPosts(boost::asio::io_context& loop, net::Transport& transport,
                           std::span<const WebhookTarget> webhooks, WebhookCounts& counts,
                           WebhookRetries retries)
    : loop_(loop), transport_(transport), webhooks_(webhooks), counts_(counts), retries_(retries) {}

WebhookPosts::~WebhookPosts() {
    for (Post& post : posts_) {
        observe::warn("webhook \"{}\" was not told of a warning: the host has ended",
                      webhooks_[post.webhook()].name);
    }
}

void WebhookPosts::post(std::size_t webhook, std::string json) {
    Post& post = posts_.emplace_back(*this, webhook, std::move(json));
    if (posts_.size() > k_posts_max) {
        return done(post, fmt::format("{} others are under way", k_posts_max));
    }
    post.begin();
}

void WebhookPosts::finish(std::function<void()> on_last) {
    on_last_ = std::move(on_last);
    hurries_ = true;
    for (Post& post : posts_) post.retry_now();
}

// The wait is drawn at random from its upper half, so that several hosts do not retry at the same
// moment.
milliseconds WebhookPosts::wait_before(unsigned tries) {
    const milliseconds most = retries_.first_wait * (1 << (tries - 1));
    std::uniform_int_distribution<std::int64_t> spread(most.count() / 2, most.count());
    return milliseconds(spread(random_));
}

void WebhookPosts::done(Post& post, const std::string& fault) {
    counts_.count(post.webhook(), fault.empty());
    if (!fault.empty()) {
        observe::warn("webhook \"{}\" was not told of a warning: {}",
                      webhooks_[post.webhook()].name, fault);
    }
    std::erase_if(posts_, [&post](const Post& one) { return &one == &post; });
    if (on_last_ && posts_.empty()) on_last_();
}

}  // namespace bellwether::policy

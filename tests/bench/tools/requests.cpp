// Plain requests: the closed and the open loop.
#include <cstdio>
#include <deque>

#include "links.hpp"
#include "measure.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

Target plain_target(const Options& options) {
    const auto bytes = static_cast<std::size_t>(options.number("body-bytes", 1024));
    const std::string model = options.text("model", "plain-" + std::to_string(bytes));
    return {.port = static_cast<std::uint16_t>(options.number("port", 0)),
            .request = chat_request(model, bytes, false)};
}

std::int64_t nanoseconds(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

// Replies are counted between `begin` and `end`; before that everything warms up.
struct Window {
    Window(const Options& options)
        : begin(now_ns() + nanoseconds(options.real("warm-up", 0.5))),
          end(begin + nanoseconds(options.real("seconds", 2))) {}
    std::int64_t begin;
    std::int64_t end;
};

class ClosedLoop : public Workload {
  public:
    explicit ClosedLoop(const Options& options)
        : watched_(options.text("pids", "")),
          links_(plain_target(options), static_cast<std::size_t>(options.number("connections", 64)),
                 *this),
          window_(options) {}

    void run() {
        for (std::size_t i = 0; i < links_.size(); ++i) links_.send(links_[i], now_ns());
        while (now_ns() < window_.begin) links_.poll(window_.begin);
        const std::int64_t cpu_before = watched_.cpu_ns();
        const std::int64_t begin = now_ns();
        counted_ = 0;
        while (now_ns() < window_.end) links_.poll(window_.end);
        const std::int64_t cpu = watched_.cpu_ns() - cpu_before;
        const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
        const auto count = static_cast<double>(counted_);
        std::printf(
            "{\"requests\": %.0f, \"answered\": %lld, \"failures\": %lld, "
            "\"requests_per_s\": %.1f, \"cpu_us_per_request\": %.2f, \"latency_us\": %s}\n",
            count, static_cast<long long>(answered_), static_cast<long long>(links_.failures()),
            count / seconds, count == 0 ? 0 : static_cast<double>(cpu) / 1e3 / count,
            latency_.json().c_str());
    }

    void on_reply(Link& link, bool good) override {
        const std::int64_t now = now_ns();
        answered_ += good;
        if (good && now >= window_.begin && now < window_.end) {
            latency_.add(now - link.since_ns);
            ++counted_;
        }
        if (now < window_.end && links_.failures() < k_failures_max) links_.send(link, now);
    }

  private:
    static constexpr std::int64_t k_failures_max = 10'000;  // nobody listens any more

    Watched watched_;
    Links links_;
    Window window_;
    Samples latency_;
    std::int64_t counted_ = 0;   // in the window
    std::int64_t answered_ = 0;  // in all
};

class OpenLoop : public Workload {
  public:
    explicit OpenLoop(const Options& options)
        : interval_ns_(k_second / options.number("rate", 500)),
          watched_(options.text("pids", "")),
          links_(plain_target(options), static_cast<std::size_t>(options.number("connections", 64)),
                 *this),
          window_(options) {
        for (std::size_t i = 0; i < links_.size(); ++i) free_.push_back(i);
    }

    void run() {
        std::int64_t due = now_ns();
        std::int64_t cpu_before = 0;
        while (due < window_.end) {
            const std::int64_t now = now_ns();
            if (cpu_before == 0 && now >= window_.begin) cpu_before = watched_.cpu_ns();
            for (; due <= now; due += interval_ns_) late_.push_back(due);
            send_late();
            links_.poll(due);
        }
        const std::int64_t cpu = watched_.cpu_ns() - cpu_before;
        const std::int64_t patience = now_ns() + k_patience_ns;
        while (free_.size() < links_.size() && now_ns() < patience) links_.poll(patience);
        std::printf(
            "{\"requests\": %zu, \"failures\": %lld, \"unanswered\": %zu, "
            "\"cpu_us_per_request\": %.2f, \"latency_us\": %s}\n",
            latency_.count(), static_cast<long long>(links_.failures()),
            links_.size() - free_.size() + late_.size(),
            latency_.count() == 0
                ? 0
                : static_cast<double>(cpu) / 1e3 / static_cast<double>(latency_.count()),
            latency_.json().c_str());
    }

    void on_reply(Link& link, bool good) override {
        if (good && link.since_ns >= window_.begin) latency_.add(now_ns() - link.since_ns);
        free_.push_back(link.number);
        if (links_.failures() < k_failures_max) send_late();
    }

  private:
    static constexpr std::int64_t k_patience_ns = 5 * k_second;
    static constexpr std::int64_t k_failures_max = 10'000;

    // A request that finds no free connection waits, and its waiting counts.
    void send_late() {
        while (!late_.empty() && !free_.empty()) {
            const std::size_t number = free_.front();
            const std::int64_t due = late_.front();
            free_.pop_front();
            late_.pop_front();
            links_.send(links_[number], due);
        }
    }

    std::int64_t interval_ns_;
    Watched watched_;
    Links links_;
    Window window_;
    Samples latency_;
    std::deque<std::size_t> free_;
    std::deque<std::int64_t> late_;
};

}  // namespace

void closed_loop(const Options& options) { ClosedLoop(options).run(); }
void open_loop(const Options& options) { OpenLoop(options).run(); }

}  // namespace bench

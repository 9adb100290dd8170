// Many streams at once, all read as their chunks come.
#include <charconv>
#include <cstdio>
#include <cstring>

#include "links.hpp"
#include "measure.hpp"
#include "reply_texts.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

std::int64_t nanoseconds(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

// Finds the time stamps in a stream's body, also those that come in two pieces.
template <typename Found>
void find_stamps(Link& link, std::string_view bytes, Found&& found) {
    while (!bytes.empty()) {
        if (!link.stamped) {
            const auto mark = bytes.find(k_stamp_mark);
            if (mark == std::string_view::npos) return;
            link.stamped = true;
            bytes.remove_prefix(mark + 1);
        }
        const std::size_t taken = std::min(k_stamp_digits - link.stamp.size(), bytes.size());
        link.stamp.append(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
        if (link.stamp.size() < k_stamp_digits) return;
        std::int64_t stamp_ns = 0;
        std::from_chars(link.stamp.data(), link.stamp.data() + link.stamp.size(), stamp_ns, 16);
        link.stamp.clear();
        link.stamped = false;
        found(stamp_ns);
    }
}

// The streams begin spread over the ramp, so that their chunks are spread over time as well; then
// the window is measured; then they end by themselves.
class Streams : public Workload {
  public:
    explicit Streams(const Options& options)
        : rate_(options.number("rate", 20)),
          ramp_ns_(nanoseconds(options.real("ramp", 1))),
          window_ns_(nanoseconds(options.real("seconds", 3))),
          watched_(options.text("pids", "")),
          links_(target(options), static_cast<std::size_t>(options.number("connections", 200)),
                 *this),
          seen_(links_.size(), false) {}

    void run() {
        const std::int64_t resident_before = watched_.resident_bytes();
        const std::int64_t start = now_ns();
        begin_ = start + ramp_ns_ + k_second / 2;
        end_ = begin_ + window_ns_;
        start_all(start);
        until(begin_);
        const std::int64_t cpu_before = watched_.cpu_ns();
        until(end_);
        const std::int64_t cpu = watched_.cpu_ns() - cpu_before;
        const std::int64_t resident = watched_.resident_bytes() - resident_before;
        const std::int64_t patience = end_ + ramp_ns_ + 5 * k_second;
        while (ended_ < links_.size() && now_ns() < patience) links_.poll(patience);
        print(cpu, resident);
    }

    void on_reply(Link&, bool good) override {
        ++ended_;
        if (good) ++completed_;
    }

    void on_body(Link& link, std::string_view bytes) override {
        const std::int64_t now = now_ns();
        find_stamps(link, bytes, [&](std::int64_t stamp_ns) {
            ++chunks_;
            if (!seen_[link.number]) first_.add(now - link.since_ns);
            seen_[link.number] = true;
            if (now >= begin_ && now < end_) delay_.add(now - stamp_ns);
        });
    }

  private:
    // As long as the ramp, the window and half a second around it.
    static Target target(const Options& options) {
        const std::int64_t rate = options.number("rate", 20);
        const double seconds = options.real("ramp", 1) + options.real("seconds", 3) + 1;
        const auto count = static_cast<std::int64_t>(static_cast<double>(rate) * seconds);
        const std::string model = "stream-" + std::to_string(count) + "-" + std::to_string(rate);
        return {.port = static_cast<std::uint16_t>(options.number("port", 0)),
                .request = chat_request(options.text("model", model), 1024, true)};
    }

    void start_all(std::int64_t start) {
        const auto count = static_cast<std::int64_t>(links_.size());
        for (std::int64_t i = 0; i < count; ++i) {
            until(start + ramp_ns_ * i / count);
            links_.send(links_[static_cast<std::size_t>(i)], now_ns());
        }
    }

    void until(std::int64_t time_ns) {
        while (now_ns() < time_ns) links_.poll(time_ns);
    }

    void print(std::int64_t cpu, std::int64_t resident) {
        const auto count = static_cast<double>(delay_.count());
        std::printf(
            "{\"streams\": %zu, \"completed\": %zu, \"failures\": %lld, \"chunks\": %.0f, "
            "\"chunks_in_all\": %lld, "
            "\"cpu_us_per_chunk\": %.2f, \"resident_bytes_per_stream\": %.0f, "
            "\"first_chunk_us\": %s, \"chunk_delay_us\": %s}\n",
            links_.size(), completed_, static_cast<long long>(links_.failures()), count,
            static_cast<long long>(chunks_),
            count == 0 ? 0 : static_cast<double>(cpu) / 1e3 / count,
            static_cast<double>(resident) / static_cast<double>(links_.size()),
            first_.json().c_str(), delay_.json().c_str());
    }

    std::int64_t rate_;
    std::int64_t ramp_ns_;
    std::int64_t window_ns_;
    Watched watched_;
    Links links_;
    std::vector<bool> seen_;
    Samples first_;
    Samples delay_;
    std::int64_t begin_ = 0;
    std::int64_t end_ = 0;
    std::int64_t chunks_ = 0;  // in the window and outside
    std::size_t ended_ = 0;
    std::size_t completed_ = 0;
};

}  // namespace

void streams(const Options& options) { Streams(options).run(); }

}  // namespace bench

// What takes memory rather than time: idle connections, readers that do not read, one long stream.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "links.hpp"
#include "measure.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

std::int64_t nanoseconds(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

std::uint16_t port_of(const Options& options) {
    return static_cast<std::uint16_t>(options.number("port", 0));
}

bool input_ended() {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    char ignored[64];
    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0;
}

// Each connection asks once, one after the other, and then stays open.
class Idle : public Workload {
  public:
    explicit Idle(const Options& options)
        : limit_ns_(nanoseconds(options.real("seconds", 60))),
          links_({.port = port_of(options), .request = chat_request("plain-1024", 1024, false)},
                 static_cast<std::size_t>(options.number("connections", 1000)), *this) {}

    void run() {
        const std::int64_t limit = now_ns() + limit_ns_;
        for (std::size_t i = 0; i < links_.size() && now_ns() < limit; ++i) {
            links_.send(links_[i], now_ns());
            while (links_[i].busy && now_ns() < limit) links_.poll(limit);
        }
        print("ready");
        while (!input_ended() && now_ns() < limit) links_.poll(now_ns() + 50 * k_millisecond);
        print("end");
    }

    void on_reply(Link&, bool) override {}

  private:
    void print(const char* state) {
        std::size_t open = 0;
        for (std::size_t i = 0; i < links_.size(); ++i) open += links_[i].fd >= 0;
        std::printf("{\"state\": \"%s\", \"open\": %zu, \"failures\": %lld}\n", state, open,
                    static_cast<long long>(links_.failures()));
        std::fflush(stdout);
    }

    std::int64_t limit_ns_;
    Links links_;
};

// Streams whose reader takes a few bytes now and then, or after the reply's head nothing at all.
class Slow : public Workload {
  public:
    explicit Slow(const Options& options)
        : limit_ns_(nanoseconds(options.real("seconds", 60))),
          ramp_ns_(nanoseconds(options.real("ramp", 1))),
          patience_ns_(nanoseconds(options.real("ready-within", 120))),
          pause_ns_(nanoseconds(options.real("read-every", 1))),
          read_bytes_(static_cast<std::size_t>(options.number("read-bytes", 0))),
          links_({.port = port_of(options),
                  .request = chat_request(options.text("model", "flood-4096"), 1024, true),
                  .receive_buffer_bytes = static_cast<int>(options.number("receive-buffer", 4096)),
                  .read_bytes = 4096,
                  .reads = false},
                 static_cast<std::size_t>(options.number("connections", 1000)), *this) {}

    void run() {
        const std::int64_t start = now_ns();
        const std::int64_t limit = start + limit_ns_;
        const auto count = static_cast<std::int64_t>(links_.size());
        for (std::int64_t i = 0; i < count && now_ns() < limit; ++i) {
            until(std::min(limit, start + ramp_ns_ * i / count));
            links_.send(links_[static_cast<std::size_t>(i)], now_ns());
        }
        const std::int64_t begun_by = std::min(limit, now_ns() + patience_ns_);
        while (!all_begun() && now_ns() < begun_by) read_all(1024, 100 * k_millisecond);
        print("ready");
        while (!input_ended() && now_ns() < limit) {
            if (read_bytes_ > 0) {
                read_all(read_bytes_, pause_ns_);
            } else {
                until(now_ns() + 100 * k_millisecond);
            }
        }
        print("end");
    }

    void on_reply(Link&, bool) override {}

  private:
    void until(std::int64_t time_ns) {
        while (now_ns() < time_ns) links_.poll(time_ns);
    }

    bool waits(std::size_t number) { return read_bytes_ > 0 || !links_[number].reply.begun(); }

    // One round over all links, spread over the time given.
    void read_all(std::size_t bytes, std::int64_t duration_ns) {
        const std::int64_t start = now_ns();
        const auto count = static_cast<std::int64_t>(links_.size());
        for (std::int64_t i = 0; i < count; ++i) {
            if (i % 64 == 0) until(start + duration_ns * i / count);
            const auto number = static_cast<std::size_t>(i);
            if (waits(number)) links_.read_some(links_[number], bytes);
        }
        until(start + duration_ns);
    }

    bool all_begun() {
        return begun() + static_cast<std::size_t>(links_.failures()) >= links_.size();
    }

    std::size_t begun() {
        std::size_t count = 0;
        for (std::size_t i = 0; i < links_.size(); ++i) {
            count += links_[i].fd >= 0 && links_[i].reply.status() == 200;
        }
        return count;
    }

    void print(const char* state) {
        std::int64_t bytes = 0;
        for (std::size_t i = 0; i < links_.size(); ++i) bytes += links_[i].body_bytes;
        std::printf(
            "{\"state\": \"%s\", \"open\": %zu, \"failures\": %lld, \"body_bytes\": %lld}\n", state,
            begun(), static_cast<long long>(links_.failures()), static_cast<long long>(bytes));
        std::fflush(stdout);
    }

    std::int64_t limit_ns_;
    std::int64_t ramp_ns_;
    std::int64_t patience_ns_;  // for all streams to have begun
    std::int64_t pause_ns_;
    std::size_t read_bytes_;
    Links links_;
};

// One stream without end, read as fast as it comes; what the gateway holds meanwhile.
class Drain : public Workload {
  public:
    explicit Drain(const Options& options)
        : limit_ns_(nanoseconds(options.real("seconds", 10))),
          watched_(options.text("pids", "")),
          links_({.port = port_of(options),
                  .request = chat_request(options.text("model", "flood-4096"), 1024, true)},
                 1, *this) {}

    void run() {
        const std::int64_t start = now_ns();
        const std::int64_t limit = start + limit_ns_;
        const std::int64_t before = watched_.resident_bytes();
        std::int64_t early = 0;
        std::int64_t most = 0;
        links_.send(links_[0], start);
        for (std::int64_t look = start + k_second / 2; now_ns() < limit; look += k_second / 2) {
            while (now_ns() < std::min(look, limit)) links_.poll(std::min(look, limit));
            most = std::max(most, watched_.resident_bytes());
            if (early == 0) early = most;
        }
        std::printf(
            "{\"body_bytes\": %lld, \"failures\": %lld, \"resident_before\": %lld, "
            "\"resident_early\": %lld, \"resident_most\": %lld}\n",
            static_cast<long long>(links_[0].body_bytes), static_cast<long long>(links_.failures()),
            static_cast<long long>(before), static_cast<long long>(early),
            static_cast<long long>(most));
    }

    void on_reply(Link&, bool) override {}

  private:
    std::int64_t limit_ns_;
    Watched watched_;
    Links links_;
};

}  // namespace

void hold_idle(const Options& options) { Idle(options).run(); }
void hold_slow(const Options& options) { Slow(options).run(); }
void drain(const Options& options) { Drain(options).run(); }

}  // namespace bench

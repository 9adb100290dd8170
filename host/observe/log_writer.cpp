#include "observe/log_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "observe/log.hpp"
#include "observe/write.hpp"

namespace bellwether::observe {
namespace {

constexpr std::chrono::seconds k_end_wait{1};

std::atomic<std::uint64_t> g_dropped = 0;

// The lock is held only while the pointer is copied or set. A worker gathers its access lines, so
// that it does not take the lock for each of them.
Mutex g_mutex;
std::shared_ptr<LogWriter::State> g_state GUARDED_BY(g_mutex);  // null: no LogWriter lives

}  // namespace

struct LogWriter::State {
    int descriptor;
    Mutex mutex;
    Condition changed;
    std::string waiting GUARDED_BY(mutex);
    std::uint64_t dropped GUARDED_BY(mutex) = 0;  // lines, since the log last told of them
    bool ending GUARDED_BY(mutex) = false;
    bool ended GUARDED_BY(mutex) = false;

    void put(std::string_view lines) {
        const Lock lock(mutex);
        if (waiting.size() + lines.size() > k_log_bytes_max) {
            const auto count = static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
            dropped += count;
            g_dropped.fetch_add(count, std::memory_order_relaxed);
            return;
        }
        waiting.append(lines);
        changed.notify_all();
    }

    void run() {
        while (const auto taken = take()) {
            write_all(descriptor, taken->text);
            if (taken->lost > 0) write_all(descriptor, dropped_line(taken->lost));
        }
    }

    struct Taken {
        std::string text;
        std::uint64_t lost;  // lines that were dropped since the last take
    };
    // Waits for something to write. Gives nothing when the writer ends and all has been written.
    std::optional<Taken> take() {
        const Lock lock(mutex);
        changed.wait(mutex, [this]() REQUIRES(mutex) { return ending || !waiting.empty(); });
        if (!waiting.empty()) return Taken{std::exchange(waiting, {}), std::exchange(dropped, 0)};
        ended = true;
        changed.notify_all();
        return std::nullopt;
    }

    // Asks the thread to end. False: it has not written everything within the limit.
    bool end(std::chrono::seconds limit) {
        const Lock lock(mutex);
        ending = true;
        changed.notify_all();
        return changed.wait_until(mutex, Clock::now() + limit,
                                  [this]() REQUIRES(mutex) { return ended; });
    }

    static std::string dropped_line(std::uint64_t count) {
        return log_line(LogLevel::warn,
                        fmt::format("{} log lines were dropped: standard error was not read fast "
                                    "enough",
                                    count));
    }
};

LogWriter::LogWriter(int descriptor) : state_(std::make_shared<State>()) {
    state_->descriptor = descriptor;
    thread_ = std::thread([state = state_] { state->run(); });
    const Lock lock(g_mutex);
    g_state = state_;
}

LogWriter::~LogWriter() {
    {
        const Lock lock(g_mutex);
        g_state.reset();
    }
    state_->end(k_end_wait) ? thread_.join() : thread_.detach();
}

void write_log(std::string_view lines) {
    std::shared_ptr<LogWriter::State> state;
    {
        const Lock lock(g_mutex);
        state = g_state;
    }
    state ? state->put(lines) : write_all(STDERR_FILENO, lines);
}

std::uint64_t log_lines_dropped() { return g_dropped.load(std::memory_order_relaxed); }

}  // namespace bellwether::observe

#include "observe/log_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "observe/log.hpp"
#include "observe/write.hpp"

namespace bw::observe {
namespace {

constexpr std::chrono::seconds k_end_wait{1};

std::atomic<std::uint64_t> g_dropped = 0;

// The lock is held to append some lines, by each worker ten times a second at most.
std::mutex g_mutex;
std::shared_ptr<LogWriter::State> g_state;  // of the writer that lives

}  // namespace

struct LogWriter::State {
    int descriptor;
    std::mutex mutex;
    std::condition_variable changed;
    std::string waiting;
    std::uint64_t dropped = 0;  // since it was last told of
    bool ending = false;
    bool ended = false;

    void put(std::string_view lines) {
        const std::lock_guard lock(mutex);
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
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return ending || !waiting.empty(); });
            if (waiting.empty()) break;
            std::string text = std::move(waiting);
            waiting.clear();
            const std::uint64_t lost = std::exchange(dropped, 0);
            lock.unlock();
            write_all(descriptor, text);
            if (lost > 0) write_all(descriptor, dropped_line(lost));
            lock.lock();
        }
        ended = true;
        changed.notify_all();
    }

    static std::string dropped_line(std::uint64_t count) {
        return log_line(Level::warn,
                        fmt::format("{} log lines were dropped: standard error was not read fast "
                                    "enough",
                                    count));
    }
};

LogWriter::LogWriter(int descriptor) : state_(std::make_shared<State>()) {
    state_->descriptor = descriptor;
    thread_ = std::thread([state = state_] { state->run(); });
    const std::lock_guard lock(g_mutex);
    g_state = state_;
}

LogWriter::~LogWriter() {
    {
        const std::lock_guard lock(g_mutex);
        g_state.reset();
    }
    std::unique_lock lock(state_->mutex);
    state_->ending = true;
    state_->changed.notify_all();
    const bool ended = state_->changed.wait_for(lock, k_end_wait, [this] { return state_->ended; });
    lock.unlock();
    ended ? thread_.join() : thread_.detach();
}

void write_log(std::string_view lines) {
    std::shared_ptr<LogWriter::State> state;
    {
        const std::lock_guard lock(g_mutex);
        state = g_state;
    }
    state ? state->put(lines) : write_all(STDERR_FILENO, lines);
}

std::uint64_t log_lines_dropped() { return g_dropped.load(std::memory_order_relaxed); }

}  // namespace bw::observe

// Writes the log from a thread of its own, so that a terminal that is stopped, or a pipe that
// nobody reads, never stops a worker. The buffer of this thread is bounded: a write that does not
// fit is dropped as a whole, and one line tells how many lines were lost once there is room again.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>

namespace bellwether::observe {

inline constexpr std::size_t k_log_bytes_max = 1u << 20;

// At most one may exist at a time. While it lives, write_log leaves the writing to its thread;
// before and after, write_log writes by itself.
class LogWriter {
  public:
    explicit LogWriter(int descriptor = 2);
    // Waits for what is left to be written, at most a second: a process must be able to end.
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    struct State;

  private:
    std::shared_ptr<State> state_;  // shared with a thread that may never come back from a write
    std::thread thread_;
};

// Writes complete lines. Never blocks while a LogWriter lives. From any thread.
void write_log(std::string_view lines);

std::uint64_t log_lines_dropped();

}  // namespace bellwether::observe

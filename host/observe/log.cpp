#include "observe/log.hpp"

#include <atomic>
#include <chrono>
#include <iterator>
#include <string>

#include "observe/escape.hpp"
#include "observe/log_writer.hpp"
#include "observe/timestamp.hpp"

namespace bellwether::observe {

namespace {

// Set before the threads start; the level also while they run.
std::atomic<LogLevel> g_least = LogLevel::info;
std::atomic<Format> g_format = Format::text;
std::atomic<bool> g_access = false;

void append_text_line(std::string& out, LogLevel level, std::string_view message) {
    append_timestamp(out, std::chrono::system_clock::now());
    fmt::format_to(std::back_inserter(out), " {:<5} ", to_string(level));
    append_printable(out, message);
}

void append_json_line(std::string& out, LogLevel level, std::string_view message) {
    out += R"({"time":")";
    append_timestamp(out, std::chrono::system_clock::now());
    fmt::format_to(std::back_inserter(out), R"(","level":"{}","message":)", to_string(level));
    append_json_string(out, message);
    out += '}';
}

}  // namespace

void configure(LogLevel least, Format format, bool access) {
    g_least.store(least, std::memory_order_relaxed);
    g_format.store(format, std::memory_order_relaxed);
    g_access.store(access, std::memory_order_relaxed);
}

bool enabled(LogLevel level) { return level >= g_least.load(std::memory_order_relaxed); }
Format log_format() { return g_format.load(std::memory_order_relaxed); }
bool access_enabled() { return g_access.load(std::memory_order_relaxed); }

void set_level(LogLevel least) { g_least.store(least, std::memory_order_relaxed); }
LogLevel least_level() { return g_least.load(std::memory_order_relaxed); }

std::string log_line(LogLevel level, std::string_view message) {
    std::string line;
    line.reserve(message.size() + 64);
    if (log_format() == Format::json) {
        append_json_line(line, level, message);
    } else {
        append_text_line(line, level, message);
    }
    line += '\n';
    return line;
}

void log(LogLevel level, std::string_view message) {
    if (enabled(level)) write_log(log_line(level, message));
}

}  // namespace bellwether::observe

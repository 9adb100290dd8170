// The operational log: what happened to the process, one line each on standard error. Any thread
// may write; a line is handed over as a whole, so lines of several threads do not mix.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/log_level.hpp"

namespace bellwether::observe {

enum class Format { text, json };

// Called at start-up. Until then the log has info and above, as text, and no access lines.
void configure(LogLevel least, Format format, bool access);

[[nodiscard]] bool enabled(LogLevel level);
[[nodiscard]] Format log_format();
[[nodiscard]] bool access_enabled();

// The level may be changed at any time, from any thread.
void set_level(LogLevel least);
[[nodiscard]] LogLevel least_level();

void log(LogLevel level, std::string_view message);
// The line that log would write, whatever the level.
std::string log_line(LogLevel level, std::string_view message);

template <typename... Arguments>
void log_formatted(LogLevel level, fmt::format_string<Arguments...> format,
                   Arguments&&... arguments) {
    if (enabled(level)) log(level, fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <typename... Arguments>
void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    log_formatted(LogLevel::debug, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    log_formatted(LogLevel::info, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void warn(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    log_formatted(LogLevel::warn, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    log_formatted(LogLevel::error, format, std::forward<Arguments>(arguments)...);
}

}  // namespace bellwether::observe

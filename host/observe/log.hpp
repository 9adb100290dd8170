// The operational log: what happened to the process, one line each on standard error. Any thread
// may write; a line is handed over as a whole, so lines of several threads do not mix.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace bw::observe {

enum class Level { debug, info, warn, error };
enum class Format { text, json };

constexpr std::string_view to_string(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warn: return "warn";
        case Level::error: return "error";
    }
    return "info";
}

// At start-up; until then: info and above, as text, no access log.
void configure(Level least, Format format, bool access);

[[nodiscard]] bool enabled(Level level);
[[nodiscard]] Format log_format();
[[nodiscard]] bool access_enabled();

// At any time, from any thread.
void set_level(Level least);
[[nodiscard]] Level least_level();

void log(Level level, std::string_view message);
// The line that log would write, whatever the level.
std::string log_line(Level level, std::string_view message);

template <typename... Arguments>
void log_formatted(Level level, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (enabled(level)) log(level, fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <typename... Arguments>
void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    log_formatted(Level::debug, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    log_formatted(Level::info, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void warn(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    log_formatted(Level::warn, format, std::forward<Arguments>(arguments)...);
}
template <typename... Arguments>
void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    log_formatted(Level::error, format, std::forward<Arguments>(arguments)...);
}

}  // namespace bw::observe

// How important a line of the log is, the least first.
#pragma once

#include <string_view>

namespace bellwether {

enum class LogLevel { debug, info, warn, error };

constexpr std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warn: return "warn";
        case LogLevel::error: return "error";
    }
    return "info";
}

}  // namespace bellwether

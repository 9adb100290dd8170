#include "serve/log_settings.hpp"

#include <unistd.h>

#include "observe/log.hpp"

namespace bellwether::serve {
namespace {

observe::Format format_of(config::LogFormat format) {
    switch (format) {
        case config::LogFormat::json: return observe::Format::json;
        case config::LogFormat::text: return observe::Format::text;
        case config::LogFormat::automatic: break;
    }
    return isatty(STDERR_FILENO) ? observe::Format::text : observe::Format::json;
}

}  // namespace

void apply(const config::Log& log) {
    observe::configure(log.level, format_of(log.format), log.access);
}

}  // namespace bellwether::serve

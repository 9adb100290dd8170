// Why a call that is under way is ended by the host, and what its client is told.
#pragma once

#include <cstdint>

#include "base/error.hpp"

namespace bellwether::front {

enum class CutOff : std::uint8_t {
    host_ends,
    config_ends  // it was replaced by a reload, and the time for its last calls is over
};

inline const char* code_of(CutOff why) {
    return why == CutOff::host_ends ? "draining" : "config_replaced";
}

inline Error error_of(CutOff why) {
    return {.kind = ErrorKind::unavailable,
            .message = why == CutOff::host_ends
                           ? "The host is shutting down; try again."
                           : "The config that this call began under was replaced, and the time for "
                             "its last calls (server.reload_drain) is over; try again.",
            .code = code_of(why),
            .retry_after = std::chrono::seconds(1)};
}

}  // namespace bellwether::front

// How long to wait before a target that has failed is tried again. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "config/config.hpp"

namespace bellwether::policy {

// `failures`: how often the target has failed in this call, 1 or more. `retry_after`: the wait that
// the upstream asked for; nothing, zero or less: it asked for none. `random`: any 64 bits. The
// upstream's own wait counts, with up to a tenth more, so that those who were told the same do not
// come back at the same moment. Else the wait is drawn evenly from zero up to a limit that doubles
// with each failure.
Clock::duration back_off(const config::Retry& retry, unsigned failures,
                         std::optional<std::chrono::milliseconds> retry_after,
                         std::uint64_t random);

}  // namespace bellwether::policy

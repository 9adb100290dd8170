// Which of the errors of a call's tries its client is told. Pure.
#pragma once

#include "base/error.hpp"

namespace bellwether::policy {

// True if the client can do more with `later` than with `earlier`, the error of a try before it. An
// error that may be gone soon is told rather than one that stays: another target could have served
// the call. Of two refusals by rate limits the shorter wait is told.
bool is_more_useful(const Error& later, const Error& earlier);

}  // namespace bellwether::policy

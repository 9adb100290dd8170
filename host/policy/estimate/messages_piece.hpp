// Reads a piece of an answer in Anthropic's dialect, which is relayed as it is. Pure.
#pragma once

#include <string_view>

#include "policy/estimate/tokens.hpp"

namespace bellwether::policy {

// An event of a stream, or a whole message.
PieceSeen look_at_messages_piece(std::string_view json);

}  // namespace bellwether::policy

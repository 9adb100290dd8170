// Makes text from outside safe to write into a log line. Private to observe.
#pragma once

#include <string>
#include <string_view>

namespace bellwether::observe {

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8, and C1 controls,
// become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Appends `text` with control characters and bytes that are not UTF-8 as \xNN, so that it can
// neither begin a new line nor talk to a terminal.
void append_printable(std::string& out, std::string_view text);

// Appends `text` in the same way as the value in a `key=value` list, in quotes if it could be
// mistaken for more of the list.
void append_value(std::string& out, std::string_view text);

}  // namespace bellwether::observe

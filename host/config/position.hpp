// Where a value of the config stands.
#pragma once

namespace bellwether::config {

// Line and column are 1-based, 0: unknown.
struct Position {
    int line = 0;
    int column = 0;
    int file = 0;  // index into Config::files; 0: the file that was asked for

    bool operator==(const Position&) const = default;
};

}  // namespace bellwether::config

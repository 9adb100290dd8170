// Where a value stands in a file.
#pragma once

namespace bellwether::config {

// Both 1-based, 0: unknown.
struct Position {
    int line = 0;
    int column = 0;
};

}  // namespace bellwether::config

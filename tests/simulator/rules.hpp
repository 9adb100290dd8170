// What must hold whatever happens. The first rule that is broken ends a simulation, and the command
// that shows it again is said.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace bellwether::simulator {

inline std::string command_again;

inline void require(bool rule, const std::string& what) {
    if (rule) return;
    std::fprintf(stderr, "broken rule: %s\nshow it again: %s\n", what.c_str(),
                 command_again.c_str());
    std::_Exit(1);
}

}  // namespace bellwether::simulator

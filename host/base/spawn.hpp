// Starts programs as child processes, with the descriptors that they are given and no others.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <vector>

namespace bellwether {

struct GivenDescriptor {
    int descriptor;  // of this process
    int as;          // its number there
};

struct ProgramStart {
    std::string program;             // looked for in PATH if it has no "/"
    std::vector<std::string> words;  // its argv
    std::vector<std::string> environment;
    std::vector<GivenDescriptor> given;
    int first_closed = 0;  // above all that are given; from it on no descriptor is open there
};

// Gives the process's id, or an errno. No signal is blocked or ignored there: a program expects
// that, whatever this process does with signals. Any thread.
std::expected<pid_t, int> start_program(const ProgramStart& wanted);

}  // namespace bellwether

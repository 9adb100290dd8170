// Listening sockets that another process has opened and bound for the host, and that the host finds
// open when it starts: what systemd calls socket activation (sd_listen_fds(3)).
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <vector>

#include "serve/sockets.hpp"

namespace bellwether::serve {

// What the environment says of the sockets; null: the variable is not set.
struct InheritedWords {
    const char* pid = nullptr;    // $LISTEN_PID: for which process they are
    const char* count = nullptr;  // $LISTEN_FDS: their descriptors are 3 and those that follow
    const char* names = nullptr;  // $LISTEN_FDNAMES: with a colon between two
};

// The name of each of them, empty where it has none. There are none if they are for another process
// than `own_pid`. The error is a sentence.
std::expected<std::vector<std::string>, std::string> inherited_names(const InheritedWords& words,
                                                                     pid_t own_pid);

struct InheritedSockets {
    Sockets api;
    Sockets admin;  // those that are named "admin"
};

// Takes them over, and removes the variables, so that no process that the host starts takes the
// sockets for its own. Best called while the process has one thread. The error is a sentence.
std::expected<InheritedSockets, std::string> take_inherited_sockets();

}  // namespace bellwether::serve

// How many descriptors the process may have open, and who gets them.
#pragma once

#include <cstddef>

namespace bw::serve {

// How many of each kind of client connection there may be.
struct ConnectionRoom {
    std::size_t served = 0;
    std::size_t refused = 0;  // that are told so, at one time
};

// Of `limit` descriptors, where so many connections are wished for: each that is served needs a
// second one for its call's upstream, which no client may take away. Pure.
ConnectionRoom connection_room(std::size_t limit, std::size_t connections);

// Raises the soft limit to the hard one, and has the system make room for so many connections. If
// they are too few it warns, and gives the smaller number for which they do. Best called while the
// process has one thread.
ConnectionRoom prepare_descriptors(std::size_t connections);

}  // namespace bw::serve

// Divides the descriptors that the process may have open among the connections of clients.
#pragma once

#include <cstddef>

namespace bellwether::serve {

// How many client connections of each kind may be open at one time.
struct ConnectionRoom {
    std::size_t served = 0;
    std::size_t refused = 0;  // connections that are only told that they are refused
};

// Divides `limit` descriptors; `connections` is the number to be served if they suffice. A
// connection that is served needs a second descriptor for the upstream of its call, which no other
// client may take. Pure.
ConnectionRoom connection_room(std::size_t limit, std::size_t connections);

// Raises the soft limit to the hard one, and makes the kernel enlarge its table for so many
// connections. If there are too few descriptors, it warns and gives the smaller number of
// connections for which they suffice. Best called while the process has one thread.
ConnectionRoom prepare_descriptors(std::size_t connections);

}  // namespace bellwether::serve

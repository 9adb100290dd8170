// How many descriptors the process may have open.
#pragma once

#include <cstddef>

namespace bw::serve {

// Raises the soft limit to the hard one, warns if that is too low for so many connections, and has
// the system make room for them. Best called while the process has one thread.
void prepare_descriptors(std::size_t connections);

}  // namespace bw::serve

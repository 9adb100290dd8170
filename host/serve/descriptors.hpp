// How many descriptors the process may have open.
#pragma once

#include <cstddef>

namespace bw::serve {

// Raises the soft limit to the hard one, and warns if that is too low for so many connections.
void raise_descriptor_limit(std::size_t connections);

}  // namespace bw::serve

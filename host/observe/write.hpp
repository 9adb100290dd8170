// Writes all of `text` to a descriptor, in one write(2) unless the kernel takes only a part. What
// cannot be written is given up: there is nowhere to say so. Private to observe.
#pragma once

#include <string_view>

namespace bellwether::observe {

void write_all(int descriptor, std::string_view text);

}  // namespace bellwether::observe

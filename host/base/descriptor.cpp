#include "base/descriptor.hpp"

#include <unistd.h>

namespace bellwether {

void Descriptor::reset() {
    if (number_ >= 0) close(number_);
    number_ = -1;
}

}  // namespace bellwether

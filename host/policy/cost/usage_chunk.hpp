// Makes the last chunk of a stream, which tells the client of the usage, where no provider has sent
// one that would do. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/usage.hpp"

namespace bellwether::policy {

// `first_chunk` begins the stream, and names it.
std::string make_usage_chunk(std::string_view first_chunk, const Usage& usage);

}  // namespace bellwether::policy

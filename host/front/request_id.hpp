// The id of a request: the client's own if it is fit for a header and a log, else a new one.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace bellwether::front {

std::string request_id(std::string_view given, std::mt19937_64& random);

}  // namespace bellwether::front

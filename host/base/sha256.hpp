// SHA-256 by OpenSSL. Any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace bellwether {

using Sha256 = std::array<unsigned char, 32>;

// Throws std::runtime_error where the system's OpenSSL has no SHA-256.
Sha256 sha256(std::string_view bytes);

// Lower-case digits.
std::string to_hex(const Sha256& hash);

// Takes the same time, however much of the two is equal.
bool equal_in_constant_time(const Sha256& left, const Sha256& right);

}  // namespace bellwether

// Makes client keys.
#pragma once

#include <expected>
#include <string>

namespace bellwether::policy {

struct NewKey {
    std::string id;    // the public part
    std::string text;  // the whole key; there is no other copy
};

// Makes a key from the system's random numbers. The error is a sentence.
std::expected<NewKey, std::string> new_key();

}  // namespace bellwether::policy

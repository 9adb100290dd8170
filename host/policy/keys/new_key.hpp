// Makes client keys.
#pragma once

#include <expected>
#include <string>

namespace bw::policy {

struct NewKey {
    std::string id;    // the public part
    std::string text;  // the whole of it: the only copy there is
};

// From the system's random numbers; the error is a sentence.
std::expected<NewKey, std::string> new_key();

}  // namespace bw::policy

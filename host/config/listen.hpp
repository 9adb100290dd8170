// Where the host of a config listens, for those that only look for it.
#pragma once

#include <expected>
#include <filesystem>
#include <vector>

#include "config/config.hpp"

namespace bw::config {

// Only what keeps this from being told counts: a host runs on while its file has mistakes
// elsewhere. The error is why it cannot be told.
std::expected<Server, std::vector<Diagnostic>> load_listen(const std::filesystem::path& file);

}  // namespace bw::config

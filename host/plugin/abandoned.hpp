// Folders for the libraries that plugins bring along: each names the process that made it, so that
// the next one can take away what a crash has left.
#pragma once

#include <filesystem>
#include <string>

namespace bw::plugin {

// What the names of this process's folders begin with.
std::string own_prefix();

// Removes from `base` the folders of this user's processes that are no more.
void sweep_abandoned(const std::filesystem::path& base);

}  // namespace bw::plugin

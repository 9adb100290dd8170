// Names and removes the temporary folders for the libraries that plugins bring along. A folder's
// name contains the id of its process, so that a later host can remove what a crashed one has left.
#pragma once

#include <filesystem>
#include <string>

namespace bellwether::plugin {

// The prefix of the names of this process's folders.
std::string own_prefix();

// Removes from `base` the folders of this user's processes that no longer run.
void sweep_abandoned(const std::filesystem::path& base);

}  // namespace bellwether::plugin

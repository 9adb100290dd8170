// Checks who could change a plugin's file, or put another in its place, and so run code in the
// host: root and the host's own user may, other users may not. Write access of a group is not
// looked at.
#pragma once

#include <sys/stat.h>

#include <expected>
#include <filesystem>
#include <string>

namespace bellwether::plugin {

// The real path of `file` (absolute), with all links followed. The error is a sentence that says
// what to do: another user could redirect one of the links, or replace what is in one of the
// folders. The file itself is not checked here: open it first, then use check_ownership.
std::expected<std::filesystem::path, std::string> follow_safely(const std::filesystem::path& file);

// Checks the owner and the mode of the open file, which fstat has given as `info`.
std::expected<void, std::string> check_ownership(const std::filesystem::path& file,
                                                 const struct stat& info);

}  // namespace bellwether::plugin

// Who could change a file, or put another in its place: whoever can, runs code in the host if it is
// a plugin. That may be root and the host's own user, and nobody else.
#pragma once

#include <sys/stat.h>

#include <expected>
#include <filesystem>
#include <string>

namespace bw::plugin {

// Where `file` (absolute) really is, all links followed. An error, which is a sentence that says
// what to do: somebody else could lead one of these links or folders elsewhere. The file itself is
// for who has opened it to check.
std::expected<std::filesystem::path, std::string> follow_safely(const std::filesystem::path& file);

// The same of the open file.
std::expected<void, std::string> check_ownership(const std::filesystem::path& file,
                                                 const struct stat& info);

}  // namespace bw::plugin

// Checks and reads a library's file, and makes the copy in memory that is run in its place:
// replacing or truncating the original cannot touch a running process, and the bytes that were
// checked are those that run. Used at start-up, on one thread.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"

namespace bellwether::plugin {

// Reads `file` (absolute), and checks that other users cannot change it (ownership.hpp) and that it
// is a whole shared library. The error is a sentence that says what to do.
std::expected<std::vector<char>, std::string> read_library(const std::filesystem::path& file);

// In hexadecimal digits.
std::string sha256_of(const std::vector<char>& bytes);

// Makes a sealed copy in memory that lives as long as its descriptor is open anywhere. Symbols that
// g++ shares within a process are the copy's own (see keep_symbols_apart).
std::expected<Descriptor, std::string> sealed_copy(const std::filesystem::path& file,
                                                   std::vector<char> bytes);
// The path by which a linker can open it.
std::filesystem::path path_of(const Descriptor& copy);

// Makes a copy for the linker of this process, which lives as long as the process, and gives its
// path. A copy of the same bytes of the same file is taken again: the linker maps it once, also if
// what was loaded was refused.
std::expected<std::filesystem::path, std::string> private_copy(const std::filesystem::path& file,
                                                               std::vector<char> bytes);

// Notes that `path` leads to a private copy of `file`.
void remember_original(const std::filesystem::path& path, const std::filesystem::path& file);
// The file that a private copy was made of, or the path itself.
std::string original_of(const std::string& path);
// The text with the original file in place of the path of each private copy.
std::string with_originals(std::string text);

}  // namespace bellwether::plugin

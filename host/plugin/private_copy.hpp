// A library's file, checked and read, and the copy in memory that is run in its place: replacing or
// truncating the original cannot touch a running process, and what was checked is what runs.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bw::plugin {

// The bytes of `file` (absolute), which nobody but root and the host's own user could change, and
// which are those of a whole library. The error is a sentence that says what to do.
std::expected<std::vector<char>, std::string> read_library(const std::filesystem::path& file);

// In hexadecimal digits.
std::string sha256_of(const std::vector<char>& bytes);

// A sealed copy in memory, by a path that the linker can open, for the life of the process: symbols
// that others would take for theirs are its own (see keep_symbols_apart).
std::expected<std::filesystem::path, std::string> private_copy(const std::filesystem::path& file,
                                                               std::vector<char> bytes);

// A copy has this path, too.
void remember_original(const std::filesystem::path& path, const std::filesystem::path& file);
// The file that a private copy was made of, or the path itself.
std::string original_of(const std::string& path);
// The same of all such paths in a text.
std::string with_originals(std::string text);

}  // namespace bw::plugin

// Rewrites the dynamic linker's message about a library that it refuses, so that an operator sees
// what is missing.
#pragma once

#include <filesystem>
#include <string>

#include "plugin/elf_file.hpp"

namespace bellwether::plugin {

// A sentence that says why the linker refused `file`. `words` are the linker's own, with the real
// names of files in them.
std::string plain_words(std::string words, const std::filesystem::path& file,
                        const Dependencies& needs);

// The linker's own words within the message that Boost.DLL throws. Boost.DLL adds its own text and
// the errno of some unrelated call.
std::string linker_words(std::string_view thrown);

}  // namespace bellwether::plugin

// What the dynamic linker says when it refuses a library, in words that tell what is missing.
#pragma once

#include <filesystem>
#include <string>

#include "plugin/elf_file.hpp"

namespace bw::plugin {

// `words` are the linker's own, of `file`, with files' real names in them. A sentence.
std::string plain_words(std::string words, const std::filesystem::path& file, const Needs& needs);

// The linker's own words in what Boost.DLL throws, which adds its own and an errno of some other
// call.
std::string linker_words(std::string_view thrown);

}  // namespace bw::plugin

// The private copies of a plugin and of the libraries that it brings along, for child processes. A
// child cannot follow links to them, so that none are laid out: it is given their descriptors, and
// opens the libraries one by one before the plugin.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "plugin/elf_file.hpp"

namespace bellwether::plugin::isolated {

struct LibraryCopy {
    std::filesystem::path file;
    Descriptor copy;
};

struct LibraryCopies {
    Descriptor plugin;
    std::vector<LibraryCopy> libraries;  // each behind those that it needs
};

// Finds, checks and copies the libraries that the plugin `file` needs; `copy` is its own copy.
// A child has what the program itself is linked with, and nothing that other plugins have brought
// along. The error is a sentence.
std::expected<LibraryCopies, std::string> copies_for_child(const std::filesystem::path& file,
                                                           Descriptor copy,
                                                           const Dependencies& needs);

// The same copies, for other child processes. The error is a sentence.
std::expected<LibraryCopies, std::string> again(const LibraryCopies& copies);

}  // namespace bellwether::plugin::isolated

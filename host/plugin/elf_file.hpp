// Reads a shared library's file before the dynamic linker gets it: what it is, and which libraries
// it needs. The linker trusts the bytes that it maps; the functions here trust none of them.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

namespace bellwether::plugin {

// Checks that `bytes` are a whole shared library for this machine. The error is a sentence.
std::expected<void, std::string> check_library(std::span<const char> bytes);

// What the linker is told to load with a library, and where to look for it.
struct Dependencies {
    std::vector<std::string> libraries;  // DT_NEEDED, DT_AUXILIARY and DT_FILTER, in file order
    std::vector<std::string> places;  // DT_RUNPATH or, in its absence, DT_RPATH; some may be empty
    bool places_are_inherited = false;  // DT_RPATH: the needed libraries use them, too
    std::string name;                   // DT_SONAME
};
// Reads the needs of a library that check_library accepted. Entries that cannot be read are left
// out.
Dependencies read_needs(std::span<const char> bytes);

// Turns the library's STB_GNU_UNIQUE symbols into global ones of its own. g++ gives that binding to
// statics of inline functions and of templates, and the linker keeps one of each for the whole
// process: two plugins with a class of the same name would share one table.
void keep_symbols_apart(std::span<char> bytes);

}  // namespace bellwether::plugin

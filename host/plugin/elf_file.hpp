// A shared library as a file: what it is and what it needs, read before the dynamic linker gets it.
// The linker trusts what it maps; nothing here does.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

namespace bw::plugin {

// The error is a sentence: these are not the bytes of a whole shared library for this machine.
std::expected<void, std::string> check_library(std::span<const char> bytes);

// What the linker is told to load with a library, and where to look for it.
struct Needs {
    std::vector<std::string> libraries;  // DT_NEEDED and what it filters, in its order
    std::vector<std::string> places;  // DT_RUNPATH or, in its absence, DT_RPATH; some may be empty
    bool places_are_inherited = false;  // DT_RPATH: they hold for what it needs, too
    std::string name;                   // DT_SONAME
};
// Of a library that was checked; what cannot be read is left out.
Needs read_needs(std::span<const char> bytes);

// g++ marks statics of inline functions and of templates as one for the whole process, whoever
// loads them: two plugins of one class name would share one table. Makes them the library's own.
void keep_symbols_apart(std::span<char> bytes);

}  // namespace bw::plugin

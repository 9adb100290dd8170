// Which libraries a process has loaded, by their names. The linker has one of a name, and uses it
// for every later library that needs that name. Used at start-up, on one thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace bellwether::plugin {

// The file of the library that this process has under the name, if there is one.
std::optional<std::filesystem::path> loaded_as(const std::string& name);

// The same of the libraries that the program itself is linked with: what a child process, which is
// the same program, has before it loads a plugin. What plugins have brought into this process is
// not among them.
std::optional<std::filesystem::path> loaded_by_program(const std::string& name);

}  // namespace bellwether::plugin

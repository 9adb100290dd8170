// Checks that a plugin's table, functions and texts lie in the plugin's own file. The linker may
// bind a name to a symbol of the same name in another library, and the wrong plugin would answer.
#pragma once

#include <bellwether/provider.h>

#include <expected>
#include <string>

namespace bellwether::plugin {

// `handle` is what dlopen gave for the plugin; `entry` is the address of the exported function that
// returns the table. The error is a sentence.
std::expected<void, std::string> check_entry_is_own(void* handle, const void* entry);
std::expected<void, std::string> check_table(void* handle, const bw_plugin& table);

}  // namespace bellwether::plugin

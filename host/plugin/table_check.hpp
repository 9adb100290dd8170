// Whether a plugin's table, its functions and its texts are the plugin's own: a linker may take
// another library's symbol of the same name for it, and the wrong plugin would answer.
#pragma once

#include <bellwether/provider.h>

#include <expected>
#include <string>

namespace bw::plugin {

// `handle` is the linker's, of the plugin; `entry` the address of the function that gave `table`.
// The error is a sentence.
std::expected<void, std::string> check_entry_is_own(void* handle, const void* entry);
std::expected<void, std::string> check_table(void* handle, const bw_plugin& table);

}  // namespace bw::plugin

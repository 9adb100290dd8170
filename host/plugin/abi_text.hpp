// The ABI's texts as the host's, and back.
#pragma once

#include <bellwether/provider.h>

#include <string_view>

namespace bellwether::plugin {

inline std::string_view view(bw_str text) { return {text.ptr, text.ptr == nullptr ? 0 : text.len}; }
inline bw_str str(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace bellwether::plugin

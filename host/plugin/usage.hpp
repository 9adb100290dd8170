// Converts the usage that a plugin reports: texts that belong to the plugin are copied, and figures
// that make no sense are left out.
#pragma once

#include <bellwether/provider.h>

#include <string_view>

#include "base/usage.hpp"

namespace bellwether::plugin {

Usage usage_of(const bw_usage& reported);

// The usage in JSON that a plugin emits, under OpenAI's names: for a plugin that passes on the
// upstream's usage and does not report it. Every figure is -1 if there is none.
Usage usage_in(std::string_view json);

// Raises the figures of `known` to those of `told`, which came later. A smaller figure changes
// nothing.
void keep_larger(Usage& known, const Usage& told);

}  // namespace bellwether::plugin

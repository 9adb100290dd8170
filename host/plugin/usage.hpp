// A usage as a plugin reports it, taken over: what it borrows is copied, what makes no sense is
// left out.
#pragma once

#include <bellwether/provider.h>

#include <string_view>

#include "base/usage.hpp"

namespace bw::plugin {

// Reads no further than the plugin's own struct goes.
Usage usage_of(const bw_usage& reported);

// Of a plugin that hands a usage on and does not report it: the usage in what it emits, in OpenAI's
// words. Without a figure if there is none.
Usage usage_in(std::string_view json);

// Adds to what is known what was told later: nothing of it is taken back by less.
void keep_larger(Usage& known, const Usage& told);

}  // namespace bw::plugin

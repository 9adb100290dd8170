// The table of a plugin that runs in a child process: functions that look like the plugin's own and
// ask the child. The rest of the host need not know.
#pragma once

#include <bellwether/ext/engine.h>
#include <bellwether/provider.h>

#include <bellwether/provider/rules.hpp>
#include <string>

namespace bellwether::plugin::isolated {

class Keepers;

// The table for what the keepers' plugin is like. It lives as long as they do.
bw_plugin proxy_table(const Keepers& keepers);
// The plugin's side of an extension, or null.
const void* extension_of(const Keepers& keepers, const char* id);

// For calls that such a table has opened. `watch` has the ticket woken when the call's process
// ends, until the call is closed. `failed_in_data`: what the last call_end returned came from a
// call_data or call_head that was asked for together with it.
void watch(bw_call* call, bw_ticket ticket);
bool failed_in_data(bw_call* call);
// In which of the plugin's functions the host hears what it hears, where `call_end` was called.
bw::rules::Phase phase_of(bw_call* call);
// Why its process has ended, as a sentence.
std::string end_of_process(bw_call* call);

}  // namespace bellwether::plugin::isolated

// Writes one line to standard error when a plugin crashes the process: which plugin it was, and in
// which of its functions. The process still ends with the same signal, exit code and core dump.
#pragma once

namespace bellwether::plugin {

// The plugin's function that a thread is in. The texts must live until leave_plugin.
struct InPlugin {
    const char* function = nullptr;
    const char* provider = "";  // empty: none yet, the file is being loaded
    const char* file = "";
    const char* version = "";  // the plugin's own; empty: not known yet
};

// Note that this thread enters a plugin, and that it leaves it. Calls into plugins do not nest.
void enter_plugin(const InPlugin& where);
void leave_plugin();

// Installs the signal handlers, once for the process; a second call does nothing.
void name_plugins_in_crashes();
// Gives this thread a stack for the signal handler, once: a plugin that recurses without end leaves
// no room on the thread's own.
void give_thread_a_stack_for_crashes();

}  // namespace bellwether::plugin

// One line on standard error when a plugin brings the process down: which one, and in which of its
// functions. What becomes of the process stays as it is: its signal, its exit code, its core dump.
#pragma once

namespace bw::plugin {

// What a thread runs just now; the texts outlive it.
struct InPlugin {
    const char* function;
    const char* provider;  // empty: none yet, the file is being loaded
    const char* file;
};

// Of this thread; not nested.
void enter_plugin(const InPlugin& where);
void leave_plugin();

// Once for the process; again does nothing.
void name_plugins_in_crashes();
// Once for each thread: a plugin that recurses without end leaves no stack to report it on.
void give_thread_a_stack_for_crashes();

}  // namespace bw::plugin

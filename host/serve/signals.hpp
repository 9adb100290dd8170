// What each signal does to the host: one table of them, from the first line of `serve` to the last.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string_view>

namespace bw::serve {

enum class SignalUse {
    end,    // finish what runs; a second one: at once
    reload  // nothing yet, and least of all an end
};

struct Signal {
    int number;
    std::string_view name;
    SignalUse use;
};

// Null: one that the host does not listen to.
const Signal* find_signal(int number);

// Keeps those back that must not end a host which is starting, until watch_signals; what tells of a
// failed write is ignored for good. Best called while the process has one thread: the others begin
// with what it keeps back.
void hold_signals();

// Both are called on the loop's thread.
struct SignalActions {
    std::function<void(std::string_view name)> end;  // at the first signal that asks for it
    std::function<void()> stop;                      // at each later one
};

// Once in a process, and until its end: the loop is never destroyed, for a signal that comes while
// the process is ending must not kill it.
void watch_signals(boost::asio::io_context& loop, SignalActions actions);

}  // namespace bw::serve

// The table of what each signal does to the host, from the beginning of `serve` to its end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string_view>

namespace bellwether::serve {

enum class SignalUse {
    end,      // finish the running calls and end; a second such signal ends the host at once
    reload,   // read the config again
    upgrade,  // let a new host, of the program as it is now, take over
    nothing   // only a line in the log; it must not end the host, as it would by default
};

struct Signal {
    int number;
    std::string_view name;
    SignalUse use;
};

// Null: the host does not handle this signal.
const Signal* find_signal(int number);

// Blocks all signals but those of SignalUse::end until watch_signals, so that they do not end a
// host which is starting. Ignores for good the signals that tell of a failed write. Best called
// while the process has one thread: later threads inherit its signal mask.
void block_signals();

// What signals do to the host. The functions are called on the loop's thread.
struct SignalActions {
    std::function<void(std::string_view name)> end;      // at the first signal of SignalUse::end
    std::function<void()> stop;                          // at each later one
    std::function<void(std::string_view name)> reload;   // not after the first of SignalUse::end
    std::function<void(std::string_view name)> upgrade;  // nor this one
};

// Handles signals from now on. Called once in a process. The loop must never be destroyed, because
// a signal that comes while the process is ending must not kill it.
void watch_signals(boost::asio::io_context& loop, SignalActions actions);

}  // namespace bellwether::serve

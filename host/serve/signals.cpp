#include "serve/signals.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <memory>
#include <utility>

#include "observe/log.hpp"

namespace bellwether::serve {
namespace {

// Everything that people, terminals, service managers and log rotators send to a server by habit.
constexpr std::array k_signals{
    Signal{SIGTERM, "SIGTERM", SignalUse::end},     Signal{SIGINT, "SIGINT", SignalUse::end},
    Signal{SIGQUIT, "SIGQUIT", SignalUse::end},     Signal{SIGHUP, "SIGHUP", SignalUse::reload},
    Signal{SIGUSR1, "SIGUSR1", SignalUse::nothing}, Signal{SIGUSR2, "SIGUSR2", SignalUse::upgrade}};

sigset_t those_held() {
    sigset_t held;
    sigemptyset(&held);
    for (const Signal& signal : k_signals) {
        if (signal.use != SignalUse::end) sigaddset(&held, signal.number);
    }
    return held;
}

class Watch {
  public:
    Watch(boost::asio::io_context& loop, SignalActions actions)
        : set_(loop), actions_(std::move(actions)) {
        for (const Signal& signal : k_signals) set_.add(signal.number);
        wait();
    }

  private:
    void wait() {
        set_.async_wait([this](boost::system::error_code error, int number) {
            if (error) return;
            if (const Signal* const signal = find_signal(number)) take(*signal);
            wait();
        });
    }

    void take(const Signal& signal) {
        if (signal.use == SignalUse::nothing) {
            return observe::warn(
                "{} received: nothing is done. The log goes to standard error, where nothing has "
                "to be opened anew; SIGHUP has the config read again",
                signal.name);
        }
        if (signal.use == SignalUse::end) {
            if (std::exchange(ending_, true)) return actions_.stop();
            return actions_.end(signal.name);
        }
        if (ending_) return observe::warn("{} received: the host is about to end", signal.name);
        const bool reloads = signal.use == SignalUse::reload;
        reloads ? actions_.reload(signal.name) : actions_.upgrade(signal.name);
    }

    boost::asio::signal_set set_;
    SignalActions actions_;
    bool ending_ = false;
};

}  // namespace

const Signal* find_signal(int number) {
    const auto* const found = std::ranges::find(k_signals, number, &Signal::number);
    return found == k_signals.end() ? nullptr : found;
}

// With SIGXFSZ ignored, a write beyond a file's size limit fails like one to a full disk. With
// SIGPIPE ignored, a write to a reader that has gone fails like any other.
void block_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    const sigset_t held = those_held();
    pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

void watch_signals(boost::asio::io_context& loop, SignalActions actions) {
    static auto& watch = *new Watch(loop, std::move(actions));
    static_cast<void>(watch);
    const sigset_t held = those_held();
    pthread_sigmask(SIG_UNBLOCK, &held, nullptr);
}

}  // namespace bellwether::serve

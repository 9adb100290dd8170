#include "plugin/crash_report.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>

namespace bellwether::plugin {
namespace {

#if defined(BELLWETHER_SANITIZED)
constexpr bool k_sanitized = true;  // the sanitizer's own report says more
#else
constexpr bool k_sanitized = false;
#endif

// On some machines a trap instruction raises SIGTRAP; a forbidden system call may raise SIGSYS.
constexpr int k_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
constexpr std::size_t k_stack_bytes = 64u << 10;

constinit thread_local InPlugin running{nullptr, nullptr, nullptr};

const char* name_of(int signal) {
    switch (signal) {
        case SIGSEGV: return "SIGSEGV";
        case SIGBUS: return "SIGBUS";
        case SIGFPE: return "SIGFPE";
        case SIGILL: return "SIGILL";
        case SIGTRAP: return "SIGTRAP";
        case SIGSYS: return "SIGSYS";
        default: return "SIGABRT";
    }
}

// Puts a line together without allocating memory, which a signal handler must not do.
class SignalSafeLine {
  public:
    SignalSafeLine& add(const char* text) {
        const std::size_t length = std::min(std::strlen(text), text_.size() - used_);
        std::memcpy(text_.data() + used_, text, length);
        used_ += length;
        return *this;
    }
    void write() const {
        [[maybe_unused]] const ssize_t wrote = ::write(STDERR_FILENO, text_.data(), used_);
    }

  private:
    std::array<char, 1024> text_;
    std::size_t used_ = 0;
};

// Resets the signal to its default action. The kernel has done so already (SA_RESETHAND), unless a
// plugin's own handler has called this one as a function: without the reset, the faulty instruction
// would then lead back here for ever.
void give_back(int signal) {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    sigemptyset(&usual.sa_mask);
    sigaction(signal, &usual, nullptr);
}

// Whether the signal is raised again when the handler returns, because the faulty instruction runs
// again. After a trap or a forbidden system call the thread goes on behind the instruction, and a
// signal that was sent to the process (si_code <= 0) does not repeat itself.
bool comes_back(int signal, const siginfo_t* info) {
    return info != nullptr && info->si_code > 0 && signal != SIGTRAP && signal != SIGSYS;
}

// Raises the signal at once. It is unblocked first, as a handler that called this one may have
// blocked it.
void end_by(int signal) {
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    raise(signal);
}

void report(int signal, siginfo_t* info, void*) {
    give_back(signal);
    if (running.function != nullptr) {
        SignalSafeLine line;
        line.add("bellwether: ").add(name_of(signal)).add(" in the plugin ").add(running.file);
        if (running.provider[0] != '\0')
            line.add(" of provider \"").add(running.provider).add("\"");
        line.add(", in ").add(running.function).add("\n").write();
    }
    if (!comes_back(signal, info)) end_by(signal);
}

class SignalStack {
  public:
    SignalStack() : bytes_(std::make_unique<std::byte[]>(k_stack_bytes)) {
        const stack_t stack{.ss_sp = bytes_.get(), .ss_flags = 0, .ss_size = k_stack_bytes};
        sigaltstack(&stack, nullptr);
    }
    ~SignalStack() {
        const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
        sigaltstack(&none, nullptr);
    }
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

  private:
    std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace

void enter_plugin(const InPlugin& where) {
    assert(running.function == nullptr);
    running = where;
}

void leave_plugin() { running.function = nullptr; }

void name_plugins_in_crashes() {
    static const bool done = [] {
        for (const int signal : k_signals) {
            struct sigaction before {};
            struct sigaction action {};
            action.sa_sigaction = report;
            action.sa_flags = static_cast<int>(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
            sigemptyset(&action.sa_mask);
            if (k_sanitized || sigaction(signal, nullptr, &before) != 0) continue;
            if (before.sa_handler == SIG_DFL) sigaction(signal, &action, nullptr);
        }
        return true;
    }();
    static_cast<void>(done);
}

void give_thread_a_stack_for_crashes() {
    if constexpr (!k_sanitized) static thread_local const SignalStack stack;
}

}  // namespace bellwether::plugin

#include "plugin/crash_report.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>

#include "plugin/plugin_code.hpp"

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

constinit thread_local InPlugin running{};
constinit thread_local bool is_hosts = false;  // the thread is one that calls plugins

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

// Says which plugin this thread is in.
SignalSafeLine& add_place(SignalSafeLine& line) {
    line.add(" in the plugin ").add(running.file);
    if (running.version[0] != '\0') line.add(" ").add(running.version);
    if (running.provider[0] != '\0') line.add(" of provider \"").add(running.provider).add("\"");
    return line.add(", in ").add(running.function).add("\n");
}

SignalSafeLine& add_own_thread(SignalSafeLine& line, const PluginCode& code) {
    line.add(" in the plugin ").add(code.file).add(" ").add(code.version);
    return line.add(", in a thread of its own\n");
}

// A plugin that ends the process by exit() or quick_exit() would end it with a status of its choice
// and without a word. No destructor of the host's runs after this.
void report_ending(SignalSafeLine& line) {
    constexpr int k_failure = 70;  // EX_SOFTWARE of sysexits.h
    const bool is_main = getpid() == gettid();
    const PluginCode* const code =
        is_hosts || is_main ? nullptr : plugin_code_on_stack(__builtin_frame_address(0));
    if (running.function == nullptr && code == nullptr) return;
    (code == nullptr ? add_place(line) : add_own_thread(line, *code)).write();
    _exit(k_failure);
}

void report_exit(int status, void*) {
    fmt::format_int number(status);
    SignalSafeLine line;
    report_ending(line.add("bellwether: exit(").add(number.c_str()).add(")"));
}

void report_quick_exit() {
    SignalSafeLine line;
    report_ending(line.add("bellwether: quick_exit()"));
}

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

// Where the thread was when the signal came; 0: not known on this machine.
std::uintptr_t code_of([[maybe_unused]] const void* context) {
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(
        static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return static_cast<std::uintptr_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.pc);
#else
    return 0;
#endif
}

const void* stack_of([[maybe_unused]] const void* context) {
#if defined(__x86_64__)
    return reinterpret_cast<const void*>(
        static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
    return reinterpret_cast<const void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.sp);
#else
    return nullptr;
#endif
}

// A thread that no function of a plugin runs on may be a plugin's own.
const PluginCode* own_thread_of(int signal, const void* context) {
    if (context == nullptr || is_hosts) return nullptr;
    const PluginCode* const code = plugin_code_at(code_of(context));
    const void* const stack = stack_of(context);
    if (code != nullptr || signal != SIGABRT || stack == nullptr) return code;
    return plugin_code_on_stack(stack);
}

void report(int signal, siginfo_t* info, void* context) {
    give_back(signal);
    SignalSafeLine line;
    line.add("bellwether: ").add(name_of(signal));
    if (running.function != nullptr) {
        add_place(line).write();
    } else if (const PluginCode* const code = own_thread_of(signal, context)) {
        add_own_thread(line, *code).write();
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
        on_exit(report_exit, nullptr);
        at_quick_exit(report_quick_exit);
        return true;
    }();
    static_cast<void>(done);
}

void give_thread_a_stack_for_crashes() {
    is_hosts = true;
    if constexpr (!k_sanitized) static thread_local const SignalStack stack;
}

}  // namespace bellwether::plugin

#include "plugin/isolated/child/confine.hpp"

#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "plugin/isolated/child/landlock.hpp"
#include "plugin/isolated/child/system_calls.hpp"
#include "plugin/isolated/confinement.hpp"

namespace bellwether::plugin::isolated {
namespace {

#if defined(BELLWETHER_SANITIZED)
constexpr bool k_room_for_sanitizer = true;  // it maps terabytes that nobody touches
#else
constexpr bool k_room_for_sanitizer = false;
#endif

constinit Notices* counted_in = nullptr;
constinit int told_by = -1;

// The system call fails, and the plugin goes on: what it tried is counted, and the host tells.
void refuse(int, siginfo_t* info, void* context) {
    const auto number = static_cast<std::size_t>(info->si_syscall);
    if (number < k_calls_of_system) counted_in->refused[number].fetch_add(1);
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    registers.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
    registers.regs[0] = static_cast<unsigned long long>(-EPERM);
#endif
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t wrote = write(told_by, &one, sizeof(one));
}

bool limit(int resource, rlim_t most) {
    const rlimit both{.rlim_cur = most, .rlim_max = most};
    return setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

// Of a host that runs as root. True also where there is nothing to give up.
bool give_up_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct all[_LINUX_CAPABILITY_U32S_3] = {};
    if (syscall(SYS_capset, &header, all) == 0) return true;
    if (syscall(SYS_capget, &header, all) != 0) return false;
    return std::ranges::all_of(all, [](const auto& one) { return one.permitted == 0; });
}

std::uint32_t bit_if(bool on, Confinement bit) { return on ? bit : 0u; }

}  // namespace

void count_refusals_in(Notices& notices, int bell) {
    counted_in = &notices;
    told_by = bell;
    struct sigaction action {};
    action.sa_sigaction = refuse;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSYS, &action, nullptr);
}

std::uint32_t confine_for_loading(std::uint64_t memory_bytes, pid_t host) {
    std::uint32_t on = 0;
    on |= bit_if(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, k_dies_with_host);
    if (getppid() != host) _exit(0);  // it ended before the line above
    on |= bit_if(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, k_no_new_privileges);
    on |= bit_if(prctl(PR_SET_DUMPABLE, 0) == 0 && limit(RLIMIT_CORE, 0), k_no_core);
    limit(RLIMIT_FSIZE, 0);
    on |= bit_if(give_up_capabilities(), k_no_capabilities);
    on |= bit_if(!k_room_for_sanitizer && limit(RLIMIT_DATA, memory_bytes), k_memory_limit);
    on |= bit_if(see_only_libraries(), k_landlock);
    on |= bit_if(allow_calls_for_loading(), k_seccomp);
    return on;
}

std::uint32_t confine_for_good() {
    const std::uint32_t on = bit_if(limit(RLIMIT_NOFILE, 0), k_no_files);
    return on | bit_if(allow_calls_for_good(), k_seccomp);
}

}  // namespace bellwether::plugin::isolated

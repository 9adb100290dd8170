#include "plugin/isolated/child/system_calls.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

namespace bellwether::plugin::isolated {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t k_machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t k_machine = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t k_machine = 0;  // no filter is installed
#endif

// Memory, threads and their locks, the time, and the end.
constexpr int k_plain[] = {
    SYS_read,
    SYS_write,
    SYS_writev,
    SYS_close,
    SYS_lseek,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_exit,
    SYS_exit_group,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_restart_syscall,
    SYS_getcpu,
    SYS_membarrier,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrusage,
    SYS_fstat,
#if defined(SYS_rseq)
    SYS_rseq,
#endif
#if defined(SYS_time)
    SYS_time,
#endif
};

// What the dynamic linker does to load a library.
constexpr int k_of_loading[] = {
    SYS_newfstatat, SYS_pread64, SYS_readlinkat, SYS_faccessat, SYS_getcwd, SYS_statx,
#if defined(SYS_open)
    SYS_stat,       SYS_lstat,   SYS_readlink,   SYS_access,
#endif
};

// Puts the kernel's program together: tests of the call's number, one after the other.
class Program {
  public:
    Program() {
        load(offsetof(seccomp_data, arch));
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k_machine, 1, 0));
        give(SECCOMP_RET_KILL_PROCESS);
        load(offsetof(seccomp_data, nr));
    }
    Program& allow(int call) {
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, std::uint32_t(call), 0, 1));
        return give(SECCOMP_RET_ALLOW);
    }
    template <std::size_t count>
    Program& allow(const int (&calls)[count]) {
        for (const int call : calls) allow(call);
        return *this;
    }
    // Only where these bits of the argument are `wanted`.
    Program& allow_if(int call, unsigned argument, std::uint32_t bits, std::uint32_t wanted) {
        constexpr std::uint8_t k_rest = 5;
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, std::uint32_t(call), 0, k_rest));
        load(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t));
        code_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits));
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, wanted, 0, 1));
        give(SECCOMP_RET_ALLOW);
        load(offsetof(seccomp_data, nr));
        return *this;
    }
    // The call fails so, and nobody hears of it: libraries try it and go on without.
    Program& fail(int call, int error) {
        code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, std::uint32_t(call), 0, 1));
        return give(SECCOMP_RET_ERRNO | std::uint32_t(error));
    }
    std::vector<sock_filter> refuse_all_others() {
        give(SECCOMP_RET_TRAP);
        return std::move(code_);
    }

  private:
    void load(std::size_t offset) {
        code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, std::uint32_t(offset)));
    }
    Program& give(std::uint32_t result) {
        code_.push_back(BPF_STMT(BPF_RET | BPF_K, result));
        return *this;
    }

    std::vector<sock_filter> code_;
};

constexpr std::uint32_t k_all = ~0u;

// Threads of this process, signals to itself, and names for its threads and memory. A handler of
// SIGSYS would hide what is refused.
void allow_within_process(Program& program) {
    program.allow_if(SYS_clone, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM);
    program.fail(SYS_clone3, ENOSYS);  // its flags cannot be seen: the C library then uses clone
    program.allow_if(SYS_tgkill, 0, k_all, std::uint32_t(getpid()));
    program.allow_if(SYS_sched_setaffinity, 0, k_all, 0);
    program.allow_if(SYS_prlimit64, 0, k_all, 0);
    program.allow_if(SYS_prctl, 0, k_all, PR_SET_NAME).allow_if(SYS_prctl, 0, k_all, PR_SET_VMA);
    for (int signal = 1; signal < SIGRTMIN; ++signal) {
        if (signal == SIGSYS) continue;
        program.allow_if(SYS_rt_sigaction, 0, k_all, std::uint32_t(signal));
    }
    program.fail(SYS_ioctl, ENOTTY);
}

bool install(const std::vector<sock_filter>& code) {
    if (k_machine == 0) return false;
    sock_fprog program{.len = static_cast<unsigned short>(code.size()),
                       .filter = const_cast<sock_filter*>(code.data())};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0) {
        return true;
    }
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct CallName {
    int call;
    const char* name;
};

// Those that somebody who wants out would try first.
constexpr CallName k_names[] = {
    {SYS_socket, "socket"},
    {SYS_connect, "connect"},
    {SYS_socketpair, "socketpair"},
    {SYS_openat, "openat"},
    {SYS_newfstatat, "newfstatat"},
    {SYS_execve, "execve"},
    {SYS_execveat, "execveat"},
    {SYS_clone, "clone (a process)"},
    {SYS_kill, "kill"},
    {SYS_tkill, "tkill"},
    {SYS_tgkill, "tgkill (another process)"},
    {SYS_ptrace, "ptrace"},
    {SYS_process_vm_readv, "process_vm_readv"},
    {SYS_process_vm_writev, "process_vm_writev"},
    {SYS_pidfd_open, "pidfd_open"},
    {SYS_memfd_create, "memfd_create"},
    {SYS_mmap, "mmap (of code)"},
    {SYS_mprotect, "mprotect (to code)"},
    {SYS_rt_sigaction, "rt_sigaction (of SIGSYS)"},
    {SYS_prctl, "prctl"},
    {SYS_sched_setaffinity, "sched_setaffinity (of another process)"},
    {SYS_setsid, "setsid"},
    {SYS_unlinkat, "unlinkat"},
    {SYS_mkdirat, "mkdirat"},
    {SYS_bpf, "bpf"},
    {SYS_unshare, "unshare"},
    {SYS_mount, "mount"},
#if defined(SYS_open)
    {SYS_open, "open"},
    {SYS_fork, "fork"},
    {SYS_vfork, "vfork"},
    {SYS_unlink, "unlink"},
    {SYS_stat, "stat"},
#endif
};

}  // namespace

std::vector<sock_filter> filter_for_loading() {
    constexpr std::uint32_t k_writes = O_ACCMODE | O_CREAT | O_TRUNC;
    Program program;
    program.allow(k_plain).allow(k_of_loading).allow(SYS_mmap).allow(SYS_mprotect);
    program.allow_if(SYS_openat, 2, k_writes, O_RDONLY);
#if defined(SYS_open)
    program.allow_if(SYS_open, 1, k_writes, O_RDONLY);
#endif
    program.allow(SYS_seccomp).allow_if(SYS_prctl, 0, k_all, PR_SET_SECCOMP);
    allow_within_process(program);
    return program.refuse_all_others();
}

std::vector<sock_filter> filter_for_good() {
    Program program;
    program.allow(k_plain);
    program.allow_if(SYS_mmap, 2, PROT_EXEC, 0).allow_if(SYS_mprotect, 2, PROT_EXEC, 0);
    allow_within_process(program);
    return program.refuse_all_others();
}

bool allow_calls_for_loading() { return install(filter_for_loading()); }
bool allow_calls_for_good() { return install(filter_for_good()); }

const char* name_of_call(unsigned number) {
    for (const auto& [call, name] : k_names) {
        if (static_cast<unsigned>(call) == number) return name;
    }
    return "another system call";
}

}  // namespace bellwether::plugin::isolated

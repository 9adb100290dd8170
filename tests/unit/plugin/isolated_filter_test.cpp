// Which system calls the filters of a plugin's process let through, as the kernel would judge them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "plugin/isolated/child/system_calls.hpp"

namespace bellwether::plugin::isolated {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t k_this_machine = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t k_this_machine = AUDIT_ARCH_AARCH64;
#endif

using Arguments = std::array<std::uint64_t, 6>;

// Runs the program on a call: the few instructions that it is made of.
std::uint32_t judge(const std::vector<sock_filter>& program, int call, Arguments arguments = {},
                    std::uint32_t machine = k_this_machine) {
    seccomp_data data{};
    data.nr = call;
    data.arch = machine;
    for (std::size_t i = 0; i < arguments.size(); ++i) data.args[i] = arguments[i];
    std::uint32_t value = 0;
    for (std::size_t at = 0; at < program.size(); ++at) {
        const sock_filter& step = program[at];
        switch (step.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                std::memcpy(&value, reinterpret_cast<const char*>(&data) + step.k, sizeof(value));
                break;
            case BPF_ALU | BPF_AND | BPF_K: value &= step.k; break;
            case BPF_JMP | BPF_JEQ | BPF_K: at += value == step.k ? step.jt : step.jf; break;
            case BPF_RET | BPF_K: return step.k;
            default: ADD_FAILURE() << "an instruction that no filter needs: " << step.code;
        }
    }
    ADD_FAILURE() << "the program has no end";
    return 0;
}

TEST(FilterTest, WhatAPluginNeedsIsAllowed) {
    for (const auto& filter : {filter_for_loading(), filter_for_good()}) {
        for (const int call : {SYS_read, SYS_write, SYS_futex, SYS_munmap, SYS_brk, SYS_getrandom,
                               SYS_clock_gettime, SYS_exit, SYS_exit_group, SYS_rt_sigreturn}) {
            EXPECT_EQ(judge(filter, call), SECCOMP_RET_ALLOW) << call;
        }
        EXPECT_EQ(judge(filter, SYS_clone, {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND}),
                  SECCOMP_RET_ALLOW);
        EXPECT_EQ(judge(filter, SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE}), SECCOMP_RET_ALLOW);
        EXPECT_EQ(judge(filter, SYS_tgkill, {std::uint64_t(getpid())}), SECCOMP_RET_ALLOW);
        EXPECT_EQ(judge(filter, SYS_rt_sigaction, {SIGSEGV}), SECCOMP_RET_ALLOW);
    }
}

TEST(FilterTest, WaysOutAreRefused) {
    for (const auto& filter : {filter_for_loading(), filter_for_good()}) {
        for (const int call : {SYS_socket,
                               SYS_connect,
                               SYS_execve,
                               SYS_execveat,
                               SYS_ptrace,
                               SYS_kill,
                               SYS_tkill,
                               SYS_process_vm_readv,
                               SYS_process_vm_writev,
                               SYS_pidfd_open,
                               SYS_memfd_create,
                               SYS_unshare,
                               SYS_setns,
                               SYS_mount,
                               SYS_bpf,
                               SYS_perf_event_open,
                               SYS_io_uring_setup,
                               SYS_userfaultfd,
                               SYS_open_by_handle_at,
                               SYS_keyctl,
                               SYS_setrlimit,
                               SYS_unlinkat,
                               SYS_sendmsg,
                               SYS_recvmsg,
                               SYS_dup,
                               SYS_fcntl}) {
            EXPECT_EQ(judge(filter, call), SECCOMP_RET_TRAP) << call;
        }
        EXPECT_EQ(judge(filter, SYS_clone, {SIGCHLD}), SECCOMP_RET_TRAP);
        EXPECT_EQ(judge(filter, SYS_clone, {CLONE_VM | CLONE_VFORK | SIGCHLD}), SECCOMP_RET_TRAP);
        EXPECT_EQ(judge(filter, SYS_tgkill, {std::uint64_t(getppid())}), SECCOMP_RET_TRAP);
        EXPECT_EQ(judge(filter, SYS_rt_sigaction, {SIGSYS}), SECCOMP_RET_TRAP);
        EXPECT_EQ(judge(filter, SYS_prctl, {PR_SET_DUMPABLE}), SECCOMP_RET_TRAP);
        EXPECT_EQ(judge(filter, SYS_sched_setaffinity, {1}), SECCOMP_RET_TRAP);
        EXPECT_EQ(judge(filter, SYS_clone3), SECCOMP_RET_ERRNO | ENOSYS);
    }
}

TEST(FilterTest, FilesAreReadWhileThePluginIsLoadedAndNotAfterwards) {
    constexpr Arguments k_reading{0, 0, O_RDONLY | O_CLOEXEC};
    constexpr Arguments k_writing{0, 0, O_WRONLY | O_CREAT};
    EXPECT_EQ(judge(filter_for_loading(), SYS_openat, k_reading), SECCOMP_RET_ALLOW);
    EXPECT_EQ(judge(filter_for_loading(), SYS_openat, k_writing), SECCOMP_RET_TRAP);
    EXPECT_EQ(judge(filter_for_good(), SYS_openat, k_reading), SECCOMP_RET_TRAP);
    EXPECT_EQ(judge(filter_for_good(), SYS_newfstatat), SECCOMP_RET_TRAP);
}

TEST(FilterTest, NoCodeIsMadeAfterwards) {
    EXPECT_EQ(judge(filter_for_good(), SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC}),
              SECCOMP_RET_TRAP);
    EXPECT_EQ(judge(filter_for_good(), SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}),
              SECCOMP_RET_TRAP);
}

TEST(FilterTest, CallsOfAnotherMachineEndTheProcess) {
    EXPECT_EQ(judge(filter_for_good(), SYS_read, {}, AUDIT_ARCH_I386), SECCOMP_RET_KILL_PROCESS);
}

TEST(FilterTest, CallsKeepTheirNamesForMessages) {
    EXPECT_STREQ(name_of_call(SYS_socket), "socket");
    EXPECT_STREQ(name_of_call(499), "another system call");
}

}  // namespace
}  // namespace bellwether::plugin::isolated

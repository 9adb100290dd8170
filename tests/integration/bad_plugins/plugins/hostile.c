/* A plugin that wants out of its process: the option "how" says by which way. Each reply tells what
 * came of it: "refused", and why, or "ESCAPED". */
#define _GNU_SOURCE
#include "bad.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char secret[] = "the host's";

/* The process of the host, or of another plugin: it is the parent. */
static pid_t host(void) { return getppid(); }

static long by_fork(void) {
    const long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    return child;
}
static long by_exec(void) {
    char* const none[] = {NULL};
    return execve("/bin/true", none, none);
}
static long by_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long by_socketpair(void) {
    int pair[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}
static long by_open(void) { return open("/etc/passwd", O_RDONLY); }
static long by_write(void) { return open("/tmp/bellwether-escaped", O_WRONLY | O_CREAT, 0600); }
static long by_proc(void) { return open("/proc/self/maps", O_RDONLY); }
static long by_memory_file(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)host());
    return open(path, O_RDWR);
}
static long by_stat(void) {
    struct stat info;
    return stat("/etc/passwd", &info);
}
static long by_ptrace(void) { return ptrace(PTRACE_ATTACH, host(), NULL, NULL); }
static long by_kill(void) { return kill(host(), SIGTERM); }
static long by_tgkill(void) { return syscall(SYS_tgkill, host(), host(), SIGTERM); }
static long by_read_memory(void) {
    char into[16];
    struct iovec own = {into, sizeof into}, other = {(void*)(uintptr_t)secret, sizeof into};
    return process_vm_readv(host(), &own, 1, &other, 1, 0);
}
static long by_memfd(void) { return syscall(SYS_memfd_create, "x", 0); }
static long by_code(void) {
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? -1
               : 0;
}
static long by_handler(void) { return signal(SIGSYS, SIG_IGN) == SIG_ERR ? -1 : 0; }
static long by_prctl(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }
static long by_limit(void) {
    const struct rlimit more = {1u << 20, 1u << 20};
    return setrlimit(RLIMIT_NOFILE, &more);
}
static long by_session(void) { return setsid(); }
static long by_unlink(void) { return unlink("/tmp/bellwether-nothing"); }
static long by_affinity(void) {
    unsigned long one = 1;
    return syscall(SYS_sched_setaffinity, host(), sizeof one, &one);
}
static long by_other(void) { return syscall(SYS_inotify_init1, 0); }
/* What the host is told of refusals, written over: the first page of the memory that they share. */
static long by_forging(void) {
    for (int fd = 3; fd < 16; ++fd) {
        if (lseek(fd, 0, SEEK_END) < (32 << 20)) continue;
        memset(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), 0xff, 4096);
    }
    return by_other();
}
/* No system call is needed to look at these. */
static long by_environment(void) {
    errno = ENOENT;
    return environ == NULL || environ[0] == NULL ? -1 : 0;
}
static long by_descriptors(void) {
    char byte;
    for (int fd = 6; fd < 1024; ++fd) {
        if (write(fd, &byte, 0) == 0 || errno != EBADF) return 0;
    }
    errno = EBADF;
    return -1;
}

static const struct way {
    const char* how;
    long (*go)(void);
} ways[] = {{"fork", by_fork},
            {"exec", by_exec},
            {"socket", by_socket},
            {"socketpair", by_socketpair},
            {"open", by_open},
            {"write", by_write},
            {"proc", by_proc},
            {"memory-file", by_memory_file},
            {"stat", by_stat},
            {"ptrace", by_ptrace},
            {"kill", by_kill},
            {"tgkill", by_tgkill},
            {"read-memory", by_read_memory},
            {"memfd", by_memfd},
            {"code", by_code},
            {"handler", by_handler},
            {"prctl", by_prctl},
            {"limit", by_limit},
            {"session", by_session},
            {"unlink", by_unlink},
            {"affinity", by_affinity},
            {"other", by_other},
            {"forge", by_forging},
            {"environment", by_environment},
            {"descriptors", by_descriptors}};

static bw_status tries(bad_call* call, const bw_request* request) {
    const bw_str how = option(call->of, "what", S(""));
    char text[512];
    const struct way* way = ways;
    long came;
    (void)request;
    while (!bw_str_equal(how, bw_str_from(way->how))) ++way;
    errno = 0;
    came = way->go();
    snprintf(text, sizeof text,
             GOOD_HEAD
             "\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":"
             "{\"role\":\"assistant\",\"content\":\"%s %d\"}}]}",
             came < 0 ? "refused" : "ESCAPED", errno);
    emit(call, BW_EMIT_REPLY, bw_str_from(text));
    return BW_COMPLETE;
}

/* What must not be in an isolated plugin's way. */
static bw_status hangs(bad_call* call, const bw_request* request) {
    (void)call;
    (void)request;
    for (;;) {
    }
}
static bw_status hangs_in_data(bad_call* call) { return hangs(call, NULL); }
static bw_status eats(bad_call* call, const bw_request* request) {
    (void)call;
    (void)request;
    for (;;) {
        char* const more = malloc(1u << 20);
        if (more == NULL) abort();
        memset(more, 1, 1u << 20);
    }
}
static bw_status leaves(bad_call* call, const bw_request* request) {
    (void)call;
    (void)request;
    _exit(3);
}
static bw_status waits(bad_call* call, const bw_request* request) {
    (void)request;
    return begin(call);
}
static bw_status waits_on(bad_call* call, bw_step* next) {
    (void)call;
    (void)next;
    return BW_OK;
}
static bw_status prints(bad_call* call, const bw_request* request) {
    printf("a line of its own\n");
    fflush(stdout);
    return send_well(call) | (request == NULL);
}

static bw_status hushes(bad_call* call, const bw_request* request) {
    for (int fd = 0; fd < 16; ++fd) close(fd);
    return send_well(call) | (request == NULL);
}

static void* spin(void* nothing) {
    for (;;) {
    }
    return nothing;
}
static bw_status spins(bad_call* call, const bw_request* request) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, spin, NULL) != 0) abort();
    return prints(call, request);
}

/* As many threads as it gets memory for. */
static void* sleep_on(void* nothing) {
    for (;;) pause();
    return nothing;
}
static bw_status crowds(bad_call* call, const bw_request* request) {
    pthread_t thread;
    while (pthread_create(&thread, NULL, sleep_on, NULL) == 0) {
    }
    return prints(call, request);
}

/* Lines without pause, from a thread that no call runs on. */
static void* log_on(void* provider) {
    const bad_provider* const of = provider;
    const bw_log line = {
        .size = sizeof line, .level = BW_LOG_WARN, .message = S("a line without pause")};
    for (;;) of->api->log(of->host, NULL, &line);
    return NULL;
}
static bw_status logs(bad_call* call, const bw_request* request) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, log_on, call->of) != 0) abort();
    return prints(call, request);
}

static const trick tricks[] = {{"tries", .open = tries},
                               {"crowds", .open = crowds},
                               {"logs", .open = logs},
                               {"hangs", .open = hangs},
                               {"hangs in data", .data = hangs_in_data},
                               {"eats", .open = eats},
                               {"leaves", .open = leaves},
                               {"waits", .open = waits, .step = waits_on},
                               {"prints", .open = prints},
                               {"hushes", .open = hushes},
                               {"spins", .open = spins}};
BAD_PLUGIN("hostile")

"""A plugin that crashes is named, one that is slow is counted, and one that misbehaves before anybody saw
a word of its answer costs nobody the call."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from integration.conftest import StartHost, route, server
from integration.host import BINARY, SLOWNESS, Host, run_cli, wait_for
from integration.metrics_page import scrape
from integration.test_plugin_files import compile_library

HAS_OWN_REPORTS = any(name in BINARY.read_bytes() for name in (b"__asan_init", b"__tsan_init"))
not_sanitized = pytest.mark.skipif(HAS_OWN_REPORTS, reason="a sanitizer reports crashes itself")

FAULTY = """
#include <bellwether/provider.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
static volatile int zero = 0;
static int deep(volatile char* above) {
    volatile char here[4096];
    here[0] = above[0];
    return deep(here) + here[0];
}
static void fail(const std::string& how) {
    if (how == "null") *reinterpret_cast<volatile int*>(zero) = 1;
    if (how == "abort") std::abort();
    if (how == "trap") __builtin_trap();
    if (how == "divide") zero = 7 / zero;
#if defined(__x86_64__)
    if (how == "breakpoint") asm volatile("int3");
#else
    if (how == "breakpoint") std::raise(SIGTRAP);
#endif
    if (how == "raise") std::raise(SIGTRAP);
    if (how == "deep") { char c = 0; zero = deep(&c); }
    if (how == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(80));
}
struct Faulty {
    explicit Faulty(const bw::Setup& setup) : how(setup.option("how").string()),
                                              where(setup.option("where").string()) {
        if (where == "create") fail(how);
    }
    struct Call;
    std::string how, where;
};
struct Faulty::Call {
    Call(Faulty& p, const bw::Request& request, bw::Attempt x)
        : provider(p), attempt(x), stream(request.stream()) {
        if (p.where == "call_open") fail(p.how);
        if (p.where == "call_open" && p.how == "misbehave") return;
        attempt.generate();
    }
    ~Call() { if (provider.where == "call_close") fail(provider.how); }
    bw::Step step() {
        const std::string head = R"({"id":"x","created":1,"model":"m","object":"chat.completion)";
        const std::string role = R"(.chunk","choices":[{"index":0,"delta":{"role":"assistant"}}]})";
        const std::string word = R"(.chunk","choices":[{"index":0,"delta":{"content":"hi"}}]})";
        if (provider.where == "step") fail(provider.how);
        if (provider.where == "step" && provider.how == "misbehave") {
            attempt.emit_reply("{");
        } else if (provider.where == "after role" || provider.where == "after word") {
            attempt.emit_chunk(head + (provider.where == "after role" ? role : word));
            attempt.emit_chunk("{");
        } else if (stream) {
            attempt.emit_chunk(head + word);
        } else {
            attempt.emit_reply(head + R"(","choices":[{"index":0,"finish_reason":"stop",)"
                                       R"("message":{"role":"assistant","content":"hi"}}]})");
        }
        return bw::Step::complete();
    }
    Faulty& provider;
    bw::Attempt attempt;
    bool stream;
};
BW_PROVIDER(Faulty, "com.example.faulty", "1.0.0", R"({"options":
    {"how": {"type": "string"}, "where": {"type": "string"}}})")
"""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("plugins") / "faulty.so", FAULTY)


def config(faulty: Path, where: str, how: str) -> str:
    return (server().replace("workers = 2", "workers = 1") + f"""
[providers.faulty-one]
plugin = "{faulty}"
how = "{how}"
where = "{where}"
[providers.echo]
""" + route("alone", '"faulty-one"') + route("m", '["faulty-one", "echo"]'))


def crash(host: Host) -> int:
    """Makes the plugin crash; what the process ends with."""
    with socket.create_connection(("127.0.0.1", host.port)) as client:
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}]}).encode()
        client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                       b"content-type: application/json\r\n"
                       b"content-length: %d\r\n\r\n%s" % (len(body), body))
        code = host.process.wait(20 * SLOWNESS)
        host.process.stdout.close()
    return code


@not_sanitized
@pytest.mark.parametrize(("how", "signal_"), [
    ("null", signal.SIGSEGV), ("abort", signal.SIGABRT), ("trap", signal.SIGILL),
    ("divide", signal.SIGFPE), ("raise", signal.SIGTRAP), ("breakpoint", signal.SIGTRAP), ("deep", signal.SIGSEGV)])
@pytest.mark.parametrize("where", ["call_open", "step", "call_close"])
def test_a_crash_names_the_plugin(tmp_path: Path, faulty: Path, where: str, how: str,
                                  signal_: signal.Signals) -> None:
    """And the process ends as it would have: by the signal, for the service manager and for a core
    dump."""
    host = Host(config(faulty, where, how), tmp_path)
    try:
        code = crash(host)
    finally:
        host.process.kill()
    assert code == -signal_, host.log()
    expected = (f"bellwether: {signal_.name} in the plugin {faulty} of provider \"faulty-one\", "
                f"in {where}\n")
    assert expected in host.log(), host.log()


@not_sanitized
def test_a_crash_while_a_plugin_is_loaded_names_its_file(tmp_path: Path) -> None:
    file = compile_library(tmp_path / "p.so", "__attribute__((constructor)) static void c() "
                                              "{ __builtin_trap(); }")
    done = run_cli("plugin", "inspect", file)
    assert done.returncode == -signal.SIGILL
    assert f"in the plugin {file}, in what runs when it is loaded" in done.stderr


CHAINING = """
#define _GNU_SOURCE
#include <signal.h>
static struct sigaction before;
static volatile int zero = 0;
static void mine(int signal, siginfo_t* info, void* context) {
    before.sa_sigaction(signal, info, context);
}
__attribute__((constructor)) static void c(void) {
    struct sigaction action = {.sa_sigaction = mine, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGNAL, &action, &before);
    FAIL;
}
"""


@not_sanitized
@pytest.mark.parametrize(("signal_", "fail"), [
    (signal.SIGSEGV, "*(volatile int*)(long)zero = 1"), (signal.SIGFPE, "zero = 7 / zero"),
    (signal.SIGILL, "__builtin_trap()"), (signal.SIGTRAP, "raise(SIGTRAP)"),
    (signal.SIGSEGV, "raise(SIGSEGV)")])
def test_a_handler_that_calls_the_hosts_ends_the_process(tmp_path: Path, signal_: signal.Signals,
                                                         fail: str) -> None:
    """As runtimes and crash reporters have it: the faulty instruction ran again and again, for ever."""
    file = compile_library(tmp_path / "p.so", CHAINING, f"-DSIGNAL={int(signal_)}", f"-DFAIL={fail}",
                           compiler="gcc")
    with subprocess.Popen([BINARY, "plugin", "inspect", file], stderr=subprocess.PIPE,
                          text=True) as process:
        assert process.stderr
        try:
            said = process.stderr.read(10_000)  # not all of what has no end
            assert said.count(f"bellwether: {signal_.name} in the plugin {file}") == 1, said[:1000]
            assert process.wait(20 * SLOWNESS) == -signal_
        finally:
            process.kill()


FORBIDDEN = """
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
__attribute__((constructor)) static void c(void) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof rules / sizeof rules[0], rules};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) syscall(SYS_getppid);
}
"""


@not_sanitized
def test_a_system_call_that_is_forbidden_ends_the_process(tmp_path: Path) -> None:
    """Its signal comes from behind the call: the plugin went on."""
    file = compile_library(tmp_path / "p.so", FORBIDDEN, compiler="gcc")
    done = run_cli("plugin", "inspect", file)
    assert done.returncode == -signal.SIGSYS, done
    assert f"bellwether: SIGSYS in the plugin {file}" in done.stderr


@not_sanitized
def test_a_crash_outside_plugins_blames_none(tmp_path: Path, faulty: Path) -> None:
    host = Host(config(faulty, "", ""), tmp_path)
    try:
        assert host.chat("alone").status == 200
        os.kill(host.process.pid, signal.SIGSEGV)
        code = host.process.wait(20 * SLOWNESS)
        host.process.stdout.close()
    finally:
        host.process.kill()
    assert "in the plugin" not in host.log()
    assert code == -signal.SIGSEGV


@pytest.mark.parametrize("where", ["call_open", "step", "call_close"])
def test_a_slow_callback_is_counted_and_logged_seldom(start_host: StartHost, faulty: Path,
                                                      where: str) -> None:
    """It holds up all calls of its worker, and nobody could say who."""
    host = start_host(config(faulty, where, "slow"))
    for _ in range(3):
        assert host.chat("alone").status == 200

    def counted() -> float:
        return scrape(host).sum("bellwether_plugin_slow_callbacks_total", provider="faulty-one")
    wait_for(lambda: counted() >= 3, "all slow callbacks counted")
    assert (scrape(host).values("bellwether_plugin_slow_callbacks_total", "provider")
            == {"faulty-one", "echo"})

    def told() -> list[str]:
        return [line for line in host.log().splitlines() if "of its plugin took" in line]
    lines = wait_for(told, "a line in the log")
    assert len(lines) == 1, lines
    if counted() == 3:  # on a busy machine others may have been slow before
        assert f"{where} of its plugin took" in lines[0]
    assert "faulty-one" in lines[0] and json.loads(lines[0])["level"] == "warn"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("where", ["call_open", "step"])
def test_misbehaviour_that_nobody_saw_goes_to_the_next_target(start_host: StartHost, faulty: Path,
                                                              where: str, stream: bool) -> None:
    """The plugin's instance is replaced; the call is answered all the same."""
    host = start_host(config(faulty, where, "misbehave"))
    reply = host.chat("m", stream=stream)
    assert reply.status == 200
    assert reply.headers["x-bellwether-provider"] == "echo"
    wait_for(lambda: "plugin misbehaved" in host.log(), "a line in the log")

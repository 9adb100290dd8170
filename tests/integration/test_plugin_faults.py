"""A plugin that is slow is counted; what ends the process is told by whichever handler it has. Crashes and misbehaviour:
test_bad_plugins.py."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from integration.conftest import StartHost, route, server
from integration.host import BINARY, SANITIZED, SLOWNESS, Host, run_cli, wait_for
from integration.metrics_page import scrape
from integration.test_plugin_files import compile_library

not_sanitized = pytest.mark.skipif(SANITIZED, reason="a sanitizer reports crashes itself")

SLOW = """
#include <bellwether/provider.hpp>
#include <chrono>
#include <string>
#include <thread>
struct Slow {
    explicit Slow(const bw::Setup& setup) : where(setup.option("where").string()) {}
    void pass(const char* here) const {
        if (where == here) std::this_thread::sleep_for(std::chrono::milliseconds(80));
    }
    struct Call;
    std::string where;
};
struct Slow::Call {
    Call(Slow& p, const bw::Request&, bw::Attempt x) : provider(p), attempt(x) {
        provider.pass("call_open");
        attempt.generate();
    }
    ~Call() { provider.pass("call_close"); }
    bw::Step step() {
        provider.pass("step");
        attempt.emit_reply(R"({"id":"x","created":1,"model":"m","object":"chat.completion",)"
                           R"("choices":[{"index":0,"finish_reason":"stop",)"
                           R"("message":{"role":"assistant","content":"hi"}}]})");
        return bw::Step::complete();
    }
    Slow& provider;
    bw::Attempt attempt;
};
BW_PROVIDER(Slow, "com.example.slow", "1.0.0", R"({"options": {"where": {"type": "string"}}})")
"""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("plugins") / "slow.so", SLOW)


def config(slow: Path, where: str = "") -> str:
    return (server(1) + f"""
[providers.slow-one]
plugin = "{slow}"
where = "{where}"
[providers.echo]
""" + route("m", '"slow-one"'))


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
def test_a_crash_outside_plugins_blames_none(tmp_path: Path, slow: Path) -> None:
    host = Host(config(slow), tmp_path)
    try:
        assert host.chat("m").status == 200
        os.kill(host.process.pid, signal.SIGSEGV)
        code = host.process.wait(20 * SLOWNESS)
        host.process.stdout.close()
    finally:
        host.process.kill()
    assert "in the plugin" not in host.log()
    assert code == -signal.SIGSEGV


@pytest.mark.parametrize("where", ["call_open", "step", "call_close"])
def test_a_slow_callback_is_counted_and_logged_seldom(start_host: StartHost, slow: Path,
                                                      where: str) -> None:
    """It holds up all calls of its worker, and nobody could say who."""
    host = start_host(config(slow, where))
    for _ in range(3):
        assert host.chat("m").status == 200

    def counted() -> float:
        return scrape(host).sum("bellwether_plugin_slow_callbacks_total", provider="slow-one")
    wait_for(lambda: counted() >= 3, "all slow callbacks counted")
    assert (scrape(host).values("bellwether_plugin_slow_callbacks_total", "provider")
            == {"slow-one", "echo"})

    def told() -> list[str]:
        return [line for line in host.log().splitlines() if "of its plugin took" in line]
    lines = wait_for(told, "a line in the log")
    assert len(lines) == 1, lines
    if counted() == 3:  # on a busy machine others may have been slow before
        assert f"{where} of its plugin took" in lines[0]
    assert "slow-one" in lines[0] and json.loads(lines[0])["level"] == "warn"

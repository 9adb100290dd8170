"""Upgrades of a host whose surroundings set it limits: a container, and few descriptors."""

import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from integration.conftest import StartHost, server
from integration.counting import ask, budget, counted, rules_config
from integration.few_descriptors import no_more_descriptors, not_sanitized
from integration.host import BINARY, SLOWNESS, wait_for
from integration.http_client import Connection
from integration.reloading import ECHO
from integration.upgrading import Line, children, in_line
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority


def own_processes() -> list[str]:
    """How a program becomes process 1, as in a container."""
    for who in ([], ["--map-root-user"]):
        words = ["unshare", *who, "--pid", "--fork", "--mount-proc"]
        if subprocess.run([*words, "true"], capture_output=True).returncode == 0:
            return words
    pytest.skip("a test may not have processes of its own here")


@pytest.mark.parametrize("init", [False, True], ids=["process 1", "below an init"])
def test_a_container_keeps_its_host(start_host: StartHost, tmp_path: Path, init: bool) -> None:
    """Whoever follows would end with it."""
    words = own_processes()
    if init:
        (tmp_path / "tini").symlink_to("/bin/sh")
        words += [str(tmp_path / "tini"), "-c", "'\"$@\" & wait $!'", "sh"]
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nexec {' '.join(words)} '{BINARY}' \"$@\"\n")
    program.chmod(0o755)
    host = start_host(server() + ECHO, binary=program)
    process = host.process.pid
    for _ in range(1 + init):
        (process,) = children(process)
    assert "the container ends with this host" in Line(host).refused()
    assert not children(process)
    assert host.chat("echo", max_tokens=9).status == 200
    os.kill(process, signal.SIGTERM)
    assert host.process.wait(20 * SLOWNESS) == 0


@not_sanitized
def test_without_descriptors_the_old_host_serves_on(start_host: StartHost, upstream: Simulator,
                                                    authority: Authority, tmp_path: Path) -> None:
    """However many it has, until they are enough: the sockets need some, as do the new host and the
    workers that will ask it for the ledger."""
    host = start_host(rules_config(budget(5_000), upstream, authority,
                                   ledger=f"sqlite:{tmp_path / 'ledger.db'}"))
    model = upstream.serve(answers.chat())
    refusals, used = [], 0
    with in_line(host) as line, ExitStack() as stack:
        admin = stack.enter_context(Connection(int(host.admin_url.rsplit(":", 1)[1])))
        admin.send("GET", "/admin/budgets").body()
        for spare in range(20):
            with no_more_descriptors(host, spare):
                told = admin.post("/admin/upgrade", {}).json()
            if "error" not in told:
                break
            refusals.append(told["error"]["message"])
            assert ask(host, model).status == 200
            wait_for(lambda: counted(host)[0] > used and counted(host)[1] == 0, "it is counted")
            used = counted(host)[0]
        line.processes.append(told["process"])
        assert counted(host) == (used, 0)
        for one in ("no descriptor is left for the sockets; try again later",
                    "no pair of sockets can be opened: Too many open files",
                    "cannot be read: /proc/self/cmdline: Too many open files"):
            assert any(refusal.endswith(one) for refusal in refusals), refusals
        assert refusals[-1] == "no pair of sockets can be opened: Too many open files", refusals

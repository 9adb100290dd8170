"""A host and those that follow it, each in the place of the one before."""

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from integration.counting import ask, body_of, counted, send
from integration.host import BINARY, SLOWNESS, Host, run_cli, wait_for
from integration.http_client import Connection, Reply
from integration.reloading import replace_file
from upstream.puppet import Puppet
from upstream.scenarios import answers
from upstream.simulator import Simulator

# Of a test of both ledgers that go over; the fixture `ledger` is its URL.
both_ledgers = pytest.mark.parametrize("ledger", ["file", "memory"], indirect=True)

_PR_SET_CHILD_SUBREAPER = 36


class Line:
    """The host in whose line they are tells their address, which stays, and has their log."""

    def __init__(self, first: Host) -> None:
        self.host = first
        self.processes = [first.process.pid]

    @property
    def process(self) -> int:
        """The newest."""
        return self.processes[-1]

    def ask(self) -> Reply:
        return self.host.admin("POST", "/admin/upgrade", {})

    def upgrade(self) -> int:
        """An upgrade that must be made; the process of the new host."""
        reply = self.ask()
        told = reply.json()
        assert reply.status == 200, told
        assert told["outcome"] == "upgraded" and told["process"] not in self.processes, told
        self.processes.append(told["process"])
        return told["process"]

    def refused(self) -> str:
        """An upgrade that must be refused; what the host says."""
        reply = self.ask()
        told = reply.json()
        assert (reply.status, told["error"]["code"]) == (422, "upgrade_refused"), told
        assert is_alive(self.process)
        return told["error"]["message"]

    def wait_for_the_old(self) -> None:
        """Until only the newest is there; each of the others has ended well."""
        for process in self.processes[:-1]:
            if process == self.host.process.pid:
                assert self.host.process.wait(30 * SLOWNESS) == 0, self.host.log()[-3000:]
            else:
                assert wait_for_end(process) == 0, self.host.log()[-3000:]
        del self.processes[:-1]

    def stop(self) -> None:
        self.wait_for_the_old()
        if self.process != self.host.process.pid and is_alive(self.process):
            os.kill(self.process, signal.SIGTERM)
            assert wait_for_end(self.process) == 0, self.host.log()[-3000:]


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(process: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            found.update(map(int, (task / "children").read_text().split()))
        except OSError:
            pass
    return found


def wait_for_end(process: int) -> int:
    """Its exit code. It may still be the child of one that has not ended yet."""
    def ended() -> list[int] | None:
        try:
            done, status = os.waitpid(process, os.WNOHANG)
        except ChildProcessError:
            return None
        return [os.waitstatus_to_exitcode(status)] if done else None
    return wait_for(ended, f"process {process} has ended", seconds=30)[0]


@contextmanager
def in_line(host: Host) -> Iterator[Line]:
    """What a host starts becomes a child of the test when the host has ended."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        line = Line(host)
        yield line
        line.stop()
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0)


def begin_stream(host: Host, upstream: Simulator) -> tuple[Puppet, Connection]:
    puppet, connection = Puppet(upstream), host.connect()
    send(connection, body_of(puppet.model, stream=True))
    puppet.begin("0")
    return puppet, connection


def used_by_one_call(upstream: Simulator, host: Host) -> int:
    """What a plain call adds to the budget."""
    before = counted(host)[0]
    assert ask(host, upstream.serve(answers.chat())).status == 200
    wait_for(lambda: counted(host)[0] > before and counted(host)[1] == 0, "it is counted")
    return counted(host)[0] - before


def usage(host: Host) -> dict[str, Any]:
    """What the rows of usage come to."""
    return host.admin("GET", "/admin/usage").json()["total"]


def own_program(folder: Path) -> Path:
    """A copy of the program that a test can replace."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(BINARY, folder / "bellwether"))


class HeldBack:
    """A new host that comes by this program is held back at this word: it says `ready` when it has
    read its config and its plugins, and `serves` when it has the ledger; it hears `heard` when the
    old one goes on without that."""

    def __init__(self, program: Path, word: str) -> None:
        self._program = program
        self._here = program.with_name(f"{word}.here")
        self._go = program.with_name(f"{word}.go")
        tests = str(Path(__file__).resolve().parents[1])
        words = ", ".join(repr(str(one)) for one in (BINARY, word, self._here, self._go))
        replace_file(program, f"""#!{sys.executable}
import sys
sys.path.insert(0, {tests!r})
from integration.between_hosts import stand_between
stand_between({words})
""".encode())

    def wait(self) -> None:
        wait_for(self._here.exists, "the new host is held back", seconds=30)

    def let_go(self) -> None:
        self._go.touch()


def upgrade_by_command(host: Host, *arguments: str) -> Any:
    return run_cli("upgrade", "--admin", host.admin_url, *arguments)

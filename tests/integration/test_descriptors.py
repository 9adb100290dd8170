"""How many descriptors the host may open, and that it says so when they are too few."""

from pathlib import Path

import pytest

from integration.conftest import server
from integration.host import BINARY, Host

ECHO = """
[providers.echo]
plugin = "echo"
[[routes]]
model = "echo"
to = "echo"
"""


@pytest.mark.parametrize(("connections", "warned"), [(231, False), (232, True)])
def test_too_few_descriptors_are_warned_of(tmp_path: Path, connections: int, warned: bool) -> None:
    """Two for a connection, its own and the upstream's, a hundred beside, and a sixteenth for those that
    are refused. The soft limit is the host's own to raise."""
    limited = tmp_path / "limited"
    limited.write_text(f"#!/bin/sh\nulimit -Sn 64 && ulimit -Hn 600 && exec {BINARY} \"$@\"\n")
    limited.chmod(0o755)
    host = Host(server(max_connections=str(connections)) + ECHO, tmp_path, binary=limited)
    try:
        limits = Path(f"/proc/{host.process.pid}/limits").read_text().splitlines()
        soft = next(line for line in limits if line.startswith("Max open files")).split()[3]
        assert soft == "600"
        assert host.chat("echo").status == 200
    finally:
        host.stop()
    warning = ("the process may open 600 descriptors, but 601 are needed for 232 connections "
               "(server.max_connections)")
    assert (warning in host.log()) == warned, host.log()
    assert ("descriptors" in host.log()) == warned, host.log()

"""Whom the host trusts, and that to know it costs little."""

import os
from pathlib import Path

import pytest

from integration.conftest import StartHost, route, server
from integration.host import SLOWNESS
from upstream.raw import OrderlyUpstream
from upstream.tls import Authority

SYSTEM_FILE = Path("/etc/ssl/certs/ca-certificates.crt")


@pytest.mark.skipif(not SYSTEM_FILE.exists() or SLOWNESS != 1,
                    reason="no file of authorities, or a program that is slow at everything")
def test_the_systems_authorities_are_not_read_for_each_connection(
        start_host: StartHost, authority: Authority) -> None:
    """That took 18 ms of the worker's time, in which no other call went on."""
    with OrderlyUpstream(authority) as far:
        host = start_host(server(workers=1) + '\n[providers.p]\nplugin = "openai"\n'
                          f'base_url = "{far.base_url}"\nrequired = false\n' + route("*", '"p"'))
        assert host.chat("m").error()["code"] == "upstream_tls_error"
        before = cpu_seconds(host.process.pid)
        for _ in range(30):  # none of which the system's authorities vouch for
            assert host.chat("m").status == 502
        assert cpu_seconds(host.process.pid) - before < 30 * 0.006


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

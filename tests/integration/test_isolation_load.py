"""Isolated plugins die in every way while calls run: a call that has another target does not fail."""

import asyncio
import os
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.processes import raise_descriptor_limit
from integration.bad_plugins import build
from integration.bad_plugins.upstream import upstream as bad_upstream
from integration.client_keys import new_key
from integration.conftest import NO_REPETITIONS, StartHost, route, server
from integration.counting import budget, counted
from integration.host import PLUGINS, SANITIZED, Host, wait_for
from integration.load import CALLS_PER_SECOND, SECONDS, STREAMS, Load
from integration.numbered_upstream import NumberedUpstream

pytestmark = pytest.mark.skipif(
    SANITIZED, reason="a sanitizer needs system calls and memory of its own")

KILL_EVERY_SECONDS = SECONDS / 8
# With each call, until it is left alone: an endless loop, memory without end, an end by itself.
BY_THEMSELVES = {"hangs": "hang", "eats": "memory", "leaves": "exit"}


def deaths(host: Host) -> dict[str, Counter[str]]:
    shown = host.admin("GET", "/admin/plugins").json()["plugins"]
    return {one["provider"]: Counter(one["isolated"]["ends"]) for one in shown if one.get("isolated")}


def section(name: str, plugin: Path, base_url: str, **members: Any) -> str:
    lines = "".join(f'{key} = "{value}"\n' for key, value in members.items())
    return (f'\n[providers.{name}]\nplugin = "{plugin}"\nbase_url = "{base_url}"\n'
            f'isolate = true\n{lines}')


class Killer(threading.Thread):
    """SIGKILL and SIGSEGV in turn, to the processes of two providers that are well."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.kills: Counter[str] = Counter()
        self._host = host
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(KILL_EVERY_SECONDS):
            shown = self._host.admin("GET", "/admin/plugins").json()["plugins"]
            for one in shown:
                number = {"killed": signal.SIGKILL, "faulty": signal.SIGSEGV}.get(one["provider"])
                process = number and one["isolated"]["process"]
                if process:
                    os.kill(process, number)
                    self.kills[one["provider"]] += 1

    def end(self) -> None:
        self._over.set()
        self.join()


def test_plugins_that_die_under_load(start_host: StartHost, numbered: NumberedUpstream,
                                     tmp_path: Path) -> None:
    raise_descriptor_limit(4 * STREAMS + 1000)
    build.compile_library(tmp_path, "hostile")
    hostile = build.file_of(tmp_path, "hostile")
    key = new_key("ann")
    well = dict(api_key="env:HOLYSHEEP_API_KEY")
    with bad_upstream() as base_url:
        host = start_host(
            server(workers=2, retry=NO_REPETITIONS + "\nattempts = 6").replace("[log]", "[log]\naccess = false")
            + "".join(section(how, hostile, base_url, how=how, isolate_memory="64MiB",
                              callback_budget="300ms") for how in BY_THEMSELVES)
            + section("killed", PLUGINS / "openai.so", numbered.base_url, **well)
            + section("faulty", PLUGINS / "openai.so", numbered.base_url, **well)
            + f'\n[providers.main]\nplugin = "openai"\nbase_url = "{numbered.base_url}"\n'
            + 'api_key = "env:HOLYSHEEP_API_KEY"\n' + route("load", '"main"')
            + route("dying", '["hangs", "eats", "leaves", "killed", "faulty", "main"]')
            + key.toml + budget(10**12, each='"key"') + '\n[ledger]\nurl = "memory:"\n')
        load = Load(host.port, key, lambda: host.process.pid, plain_model="dying")
        killer = Killer(host)
        killer.start()
        try:
            asyncio.run(load.run(SECONDS))
        finally:
            killer.end()
        assert not load.faults, (len(load.faults), load.faults[:5], deaths(host))
        assert load.calls == int(SECONDS * CALLS_PER_SECOND) and load.streams >= STREAMS
        ends = deaths(host)
        for how, reason in BY_THEMSELVES.items():
            assert ends[how][reason] >= 2, ends
        assert min(killer.kills["killed"], killer.kills["faulty"]) >= 2, killer.kills
        assert ends["killed"]["signal"] >= 2 and ends["faulty"]["signal"] >= 2, ends
        wait_for(lambda: counted(host)[1] == 0, "nothing is held any more")
        assert counted(host)[0] >= load.tokens
        load.sizes.must_be_flat(plugins=0)

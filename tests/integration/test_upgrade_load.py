"""Upgrades under load: no connection is refused, no call lost, and the ledger has what the clients
were told."""

import os
import random
import signal
import threading
import time
from pathlib import Path

from bench.processes import raise_descriptor_limit
from integration.client_keys import new_key
from integration.conftest import StartHost, route, server
from integration.counting import budget, counted
from integration.host import SLOWNESS, wait_for
from integration.http_client import Reply
from integration.load import SECONDS, STREAMS, Load, Meanwhile
from integration.numbered_upstream import NumberedUpstream
from integration.upgrading import Line, children, in_line

UPGRADES = 20
KILLS = 12 if SLOWNESS == 1 else 4


def config_of(upstream: NumberedUpstream, key: str, folder: Path) -> str:
    return (server(workers=2, drain='"60s"').replace("[log]", "[log]\naccess = false") + f"""
[providers.main]
plugin = "openai"
base_url = "{upstream.base_url}"
api_key = "env:HOLYSHEEP_API_KEY"
""" + route("load", '"main"') + key + budget(10**12, each='"key"')
            + f'\n[ledger]\nurl = "sqlite:{folder / "ledger.db"}"\n')


class Upgrades(Meanwhile):
    """One after the other, as many as there shall be."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.count = 0
        self._line = line

    def work(self) -> None:
        while self.count < UPGRADES and not self.over.is_set():
            self._line.upgrade()
            self.count += 1
            self.over.wait(SECONDS / UPGRADES / 2)


def test_upgrades_under_load(start_host: StartHost, numbered: NumberedUpstream,
                             tmp_path: Path) -> None:
    raise_descriptor_limit(4 * STREAMS + 1000)
    key = new_key("ann")
    host = start_host(config_of(numbered, key.toml, tmp_path))
    with in_line(host) as line:
        load, upgrades = Load(host.port, key, lambda: line.process), Upgrades(line)
        load.run(upgrades)
        assert upgrades.count >= (UPGRADES if SLOWNESS == 1 else 3), upgrades.count
        wait_for(lambda: counted(host)[1] == 0, "nothing is held any more")
        assert counted(host) == (load.tokens, 0) == (numbered.tokens(), 0)
        line.wait_for_the_old()


class Kills(Meanwhile):
    """Upgrades whose new host is killed at some moment before it serves; the others are made."""

    def __init__(self, line: Line, ledger: Path) -> None:
        super().__init__()
        self.killed = self.made = 0
        self.with_ledger = 0  # killed while they had the ledger, and did not serve yet
        self._lock = ledger.with_name(ledger.name + "-lock")
        self._line = line
        self._chance = random.Random(3)
        self._longest = 0.3 * SLOWNESS  # that an upgrade takes, as far as is known

    def work(self) -> None:
        while self.killed < KILLS and not self.over.is_set():
            self._one()

    def _wait_until_it_has_the_ledger(self, new: int, told: list[Reply]) -> None:
        deadline = time.monotonic() + 5 * SLOWNESS
        while not told and time.monotonic() < deadline:
            if str(new) in self._lock.read_text():
                return

    def _one(self) -> None:
        told: list[Reply] = []
        asking = threading.Thread(target=lambda: told.append(self._line.ask()))
        before = children(self._line.process)
        asking.start()
        (new,) = wait_for(lambda: children(self._line.process) - before, "a new host is started")
        if self.killed % 2:
            time.sleep(self._chance.random() * self._longest)
        else:
            self._wait_until_it_has_the_ledger(new, told)
        os.kill(new, signal.SIGSTOP)  # what it has said before counts
        asking.join(0.2 * SLOWNESS)
        if told and told[0].status == 200:
            os.kill(new, signal.SIGCONT)
            self._line.processes.append(new)
            self.made += 1
            self._longest *= 0.8
            return
        self.with_ledger += str(new) in self._lock.read_text()
        os.kill(new, signal.SIGKILL)
        asking.join()
        assert "was ended by signal 9" in told[0].json()["error"]["message"]
        self.killed += 1


def test_a_new_host_that_is_killed_changes_nothing(start_host: StartHost,
                                                   numbered: NumberedUpstream,
                                                   tmp_path: Path) -> None:
    """At any moment of the upgrade, while calls run: the old host serves on."""
    raise_descriptor_limit(4 * STREAMS + 1000)
    key = new_key("ann")
    host = start_host(config_of(numbered, key.toml, tmp_path))
    with in_line(host) as line:
        load, kills = Load(host.port, key, lambda: line.process), Kills(line, tmp_path / "ledger.db")
        load.run(kills)
        assert kills.killed >= KILLS / 2, (kills.killed, kills.made)
        assert kills.with_ledger >= 1, (kills.killed, kills.made)
        wait_for(lambda: counted(host)[1] == 0, "nothing is held any more")
        assert counted(host) == (load.tokens, 0) == (numbered.tokens(), 0)

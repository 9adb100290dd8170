"""Reloads under load: no call fails by one, no piece of a stream is lost or comes twice, nothing
stays held, and the host does not grow by its generations."""

import asyncio
import itertools
import json
import shutil
import threading
import time
from collections import Counter
from pathlib import Path

from bench.processes import raise_descriptor_limit
from integration.client_keys import new_key
from integration.conftest import StartHost, route, server
from integration.counting import budget, counted
from integration.host import PLUGINS, SLOWNESS, Host, wait_for
from integration.http_client import Connection
from integration.load import (CALLS_PER_SECOND, MIB, SECONDS, STREAMS, Load, open_descriptors)
from integration.numbered_upstream import NumberedUpstream
from integration.reloading import gauge, replace_file

RELOADS_IN_A_ROW = 1000 if SLOWNESS == 1 else 200
RELOAD_EVERY_SECONDS, PLUGIN_EVERY_SECONDS = 0.1, 1.0
PAGES = ["/metrics", "/admin/config", "/admin/routes", "/admin/budgets", "/admin/usage",
         "/admin/models", "/admin/plugins"]  # that an operator looks at meanwhile


class Variants:
    """Configs that all serve `load` and count it by the budget `everyone`, whatever else they add,
    change or leave out."""

    def __init__(self, upstream: NumberedUpstream, folder: Path) -> None:
        self._upstream = upstream
        self.plugin = Path(shutil.copy(PLUGINS / "openai.so", folder / "openai-ours.so"))
        self._bytes = self.plugin.read_bytes()
        self._ledger = folder / "ledger.db"
        self.key = new_key("ann")
        self._other = new_key("bob")
        self._turns = itertools.count()
        self.plugins = 1  # different ones, each of which stays loaded (docs/abi.md, BW-14)

    def next(self) -> str:
        turn = next(self._turns)
        return [self._config, self._with_a_key_and_a_route, self._with_rules,
                self._with_another_main, self._with_a_spare][turn % 5]()

    def replace_plugin(self) -> None:
        """With one that does the same and is another file."""
        self.plugins += 1
        replace_file(self.plugin, self._bytes + b"%d" % self.plugins)

    def swap_plugin(self, turn: int) -> None:
        """With one of two that are both known soon."""
        self.plugins = 2
        replace_file(self.plugin, self._bytes + (b"other" if turn % 2 else b""))

    def _provider(self, name: str, more: str = "") -> str:
        return f"""
[providers.{name}]
plugin = "{self.plugin}"
base_url = "{self._upstream.base_url}"
api_key = "env:HOLYSHEEP_API_KEY"
{more}
"""

    def _config(self, main: str = "", to: str = '["main"]', members: str = "") -> str:
        return (server(workers=2, retry="", health="").replace("[log]", "[log]\naccess = false")
                .replace("[admin]", members + "\n[admin]")
                + self._provider("main", main) + route("load", to) + self.key.toml
                + budget(10**12, each='"key"')
                + f'\n[ledger]\nurl = "sqlite:{self._ledger}"\nsync = "os"\n')

    def _with_a_key_and_a_route(self) -> str:
        return (self._config() + self._other.toml + '\n[providers.echo]\nplugin = "echo"\n'
                + route("echo", '"echo"'))

    def _with_rules(self) -> str:
        return (self._config(members='drain = "9s"') + budget(10**12, "another", "hour")
                + '\n[[limits]]\nname = "wide"\nrequests = "100000/s"\nconcurrent = 100000\n'
                + '\n[[prices]]\nprovider = "main"\nmodel = "load"\ninput = "1 USD"\n'
                + 'output = "2 USD"\n')

    def _with_another_main(self) -> str:
        return self._config('timeouts = { idle = "50s" }')

    def _with_a_spare(self) -> str:
        return (self._config(to='["spare", "main"]', members='heartbeat = "20s"')
                + self._provider("spare"))


class Reloads(threading.Thread):
    """Reloads at a pace of its own until it is told to end; each must be accepted, and what an
    operator asks in between be answered."""

    def __init__(self, host: Host, variants: Variants) -> None:
        super().__init__()
        self.outcomes: Counter[str] = Counter()
        self._host = host
        self._variants = variants
        self._over = threading.Event()
        self.faults: list[str] = []
        self._pages = itertools.cycle(PAGES)

    def run(self) -> None:
        connection = Connection(int(self._host.admin_url.rsplit(":", 1)[1]))
        plugin_due = time.monotonic() + PLUGIN_EVERY_SECONDS
        with connection:
            while not self._over.wait(RELOAD_EVERY_SECONDS):
                if time.monotonic() >= plugin_due:
                    self._variants.replace_plugin()
                    plugin_due += PLUGIN_EVERY_SECONDS
                self._host.config.write_text(self._variants.next())
                told = connection.post("/admin/reload", {}).json()
                self.outcomes[told["outcome"]] += 1
                if told["outcome"] != "applied":
                    self.faults.append(json.dumps(told)[:2000])
                page = connection.send("GET", next(self._pages))
                if page.status != 200 or not page.body():
                    self.faults.append(f"a page has status {page.status}")

    def end(self) -> None:
        self._over.set()
        self.join()


def mappings(host: Host) -> int:
    return len(Path(f"/proc/{host.process.pid}/maps").read_text().splitlines())


def test_reloads_under_load(start_host: StartHost, numbered: NumberedUpstream,
                            tmp_path: Path) -> None:
    """Every 100 ms another config, every second another file of the plugin."""
    raise_descriptor_limit(4 * STREAMS + 1000)
    variants = Variants(numbered, tmp_path)
    host = start_host(variants.next())
    load, reloads = Load(host.port, variants.key, lambda: host.process.pid), Reloads(host, variants)
    reloads.start()
    try:
        asyncio.run(load.run(SECONDS))
    finally:
        reloads.end()
    assert not load.faults, (len(load.faults), Counter(fault[9:80] for fault in load.faults),
                             load.faults[:5])
    assert not reloads.faults, (reloads.outcomes, reloads.faults[:3])
    assert load.calls == int(SECONDS * CALLS_PER_SECOND) and load.streams >= STREAMS
    assert reloads.outcomes["applied"] >= SECONDS * 2 / SLOWNESS
    assert len(load.generations) > reloads.outcomes["applied"] / 2
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generations are gone")
    wait_for(lambda: counted(host)[1] == 0, "nothing is held any more")
    assert counted(host) == (load.tokens, 0)
    load.sizes.must_be_flat(variants.plugins)


def test_many_reloads_take_no_room(start_host: StartHost, numbered: NumberedUpstream,
                                   tmp_path: Path) -> None:
    """One after the other, each with a call, and now and then the other of two plugins. Neither
    memory nor descriptors grow by them, nor does what is mapped."""
    variants = Variants(numbered, tmp_path)
    host = start_host(variants.next())
    body = {"model": "load", "messages": [{"role": "user", "content": "3 0"}]}
    taken = []
    with Connection(int(host.admin_url.rsplit(":", 1)[1])) as admin, host.connect() as client:
        for number in range(RELOADS_IN_A_ROW):
            if number % 20 == 0:
                variants.swap_plugin(number // 20)
            host.config.write_text(variants.next())
            told = admin.post("/admin/reload", {}).json()
            assert told.get("outcome") == "applied", told
            reply = client.post("/v1/chat/completions", body, variants.key.bearer)
            assert reply.headers["x-bellwether-generation"] == str(told["generation"])
            assert reply.status == 200 and reply.json()
            if number % (RELOADS_IN_A_ROW // 10) == RELOADS_IN_A_ROW // 10 - 1:
                wait_for(lambda: gauge(host, "generations_alive") == 1, "the old ones are gone")
                taken.append((host.resident_bytes(), open_descriptors(host.process.pid), mappings(host)))
    assert counted(host)[1] == 0
    resident, descriptors, mapped = zip(*taken)
    assert resident[-1] <= resident[1] * 1.05 + 8 * MIB, taken
    assert descriptors[-1] <= descriptors[1] + 2, taken
    assert mapped[-1] <= mapped[1] + 40, taken

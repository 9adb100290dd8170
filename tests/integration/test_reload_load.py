"""Reloads under load: no call fails by one, no piece of a stream is lost or comes twice, nothing
stays held, and the host does not grow by its generations."""

import asyncio
import itertools
import json
import os
import random
import re
import shutil
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import pytest

from bench.processes import raise_descriptor_limit
from integration.client_keys import ClientKey, new_key
from integration.conftest import StartHost, route, server
from integration.counting import budget, counted
from integration.host import PLUGINS, SLOWNESS, Host, wait_for
from integration.http_client import Connection
from integration.numbered_upstream import PROMPT_TOKENS, NumberedUpstream
from integration.reloading import gauge, replace_file

# Streams at once, calls a second, seconds. The full proof: BELLWETHER_RELOAD_LOAD=1000,500,60
STREAMS, CALLS_PER_SECOND, SECONDS = map(
    int, os.environ.get("BELLWETHER_RELOAD_LOAD",
                        "300,100,10" if SLOWNESS == 1 else "100,25,10").split(","))
RELOADS_IN_A_ROW = 1000 if SLOWNESS == 1 else 200
RELOAD_EVERY_SECONDS, PLUGIN_EVERY_SECONDS = 0.1, 1.0
PIECES, PAUSE_MS = (8, 16), (100, 400)  # of a stream: 1 to 6 s
PAGES = ["/metrics", "/admin/config", "/admin/routes", "/admin/budgets", "/admin/usage",
         "/admin/models", "/admin/plugins"]  # that an operator looks at meanwhile
MIB = 1 << 20

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def numbered() -> Iterator[NumberedUpstream]:
    with NumberedUpstream() as upstream:
        yield upstream


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


@dataclass
class Sizes:
    """What the host takes, measured now and then."""

    resident: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def measure(self, host: Host) -> None:
        self.resident.append(host.resident_bytes())
        self.descriptors.append(open_descriptors(host))

    def must_be_flat(self, plugins: int) -> None:
        """The second half of the time against the first, without the very beginning. A plugin that
        was loaded stays so."""
        for name, taken, slack in (("resident", self.resident, (24 + plugins) * MIB),
                                   ("descriptors", self.descriptors, 64 + plugins)):
            half = len(taken) // 2
            first = statistics.median(taken[half // 3:half])
            later = statistics.median(taken[half:])
            assert later <= first * 1.15 + slack, (name, taken)


def open_descriptors(host: Host) -> int:
    return len(os.listdir(f"/proc/{host.process.pid}/fd"))


def mappings(host: Host) -> int:
    return len(Path(f"/proc/{host.process.pid}/maps").read_text().splitlines())


class Load:
    """Streams without a pause and plain calls at a pace, over connections that are kept."""

    def __init__(self, host: Host, key: ClientKey) -> None:
        self._host = host
        self._key = key
        self._idle: list[Ends] = []
        self._over = False
        self._chance = random.Random(1)
        self.faults: list[str] = []
        self.tokens = 0  # of all that was answered
        self.streams = self.calls = 0
        self.generations: set[int] = set()
        self.sizes = Sizes()

    async def run(self, seconds: float) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(STREAMS):
                tasks.create_task(self._streams())
            tasks.create_task(self._plain_calls(seconds, tasks))
        for _, writer in self._idle:
            writer.close()

    async def _streams(self) -> None:
        await asyncio.sleep(self._chance.random())
        while not self._over:
            await self._guarded(self._stream(self._chance.randint(*PIECES),
                                             self._chance.randint(*PAUSE_MS)))

    async def _plain_calls(self, seconds: float, tasks: asyncio.TaskGroup) -> None:
        began, measured = time.monotonic(), 0.0
        for number in range(int(seconds * CALLS_PER_SECOND)):
            due = began + number / CALLS_PER_SECOND
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            tasks.create_task(self._guarded(self._plain(number % 7 + 1)))
            if time.monotonic() - measured > 0.25:
                measured = time.monotonic()
                self.sizes.measure(self._host)
        self._over = True

    async def _guarded(self, call: "asyncio.Future[None]") -> None:
        try:
            await call
        except Exception as fault:  # of whatever kind: the call has failed
            self.faults.append(f"{time.strftime('%T')} {type(fault).__name__}: {fault}"[:600])

    async def _ask(self, ends: Ends, pieces: int, pause_ms: int, stream: bool) -> bytes:
        """Sends a chat; the head of the answer."""
        reader, writer = ends
        body = json.dumps({"model": "load", "stream": stream, "max_tokens": 64, "messages": [
            {"role": "user", "content": f"{pieces} {pause_ms}"}]}).encode()
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: bellwether\r\n"
                     b"authorization: Bearer %s\r\ncontent-type: application/json\r\n"
                     b"content-length: %d\r\n\r\n%s" % (self._key.text.encode(), len(body), body))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise AssertionError(head + await reader.read(2000))
        self.generations.add(int(re.search(rb"x-bellwether-generation: (\d+)", head)[1]))
        return head

    async def _connection(self) -> Ends:
        return self._idle.pop() if self._idle else \
            await asyncio.open_connection("127.0.0.1", self._host.port)

    async def _plain(self, pieces: int) -> None:
        ends = await self._connection()
        head = await self._ask(ends, pieces, 0, False)
        length = int(re.search(rb"\r\ncontent-length: (\d+)\r\n", head, re.I)[1])
        answer = json.loads(await ends[0].readexactly(length))
        self._check(answer["choices"][0]["message"]["content"], pieces)
        self.calls += 1
        self._idle.append(ends)

    async def _stream(self, pieces: int, pause_ms: int) -> None:
        ends = await self._connection()
        await self._ask(ends, pieces, pause_ms, True)
        text = b""
        while size := int(await ends[0].readline(), 16):
            text += (await ends[0].readexactly(size + 2))[:-2]
        await ends[0].readexactly(2)
        *events, last = [line[6:] for line in text.decode().split("\n") if line[:6] == "data: "]
        if last != "[DONE]":
            raise AssertionError(f"the stream ends with {last}")
        chunks = [json.loads(event) for event in events]
        said = [choice["delta"].get("content") or "" for chunk in chunks
                for choice in chunk["choices"]]
        self._check("".join(said), pieces)
        self.streams += 1
        self._idle.append(ends)

    def _check(self, said: str, pieces: int) -> None:
        expected = "".join(f"{number} " for number in range(pieces))
        if said != expected:
            raise AssertionError(f"said {said!r}, not {expected!r}")
        self.tokens += PROMPT_TOKENS + pieces


def test_reloads_under_load(start_host: StartHost, numbered: NumberedUpstream,
                            tmp_path: Path) -> None:
    """Every 100 ms another config, every second another file of the plugin."""
    raise_descriptor_limit(4 * STREAMS + 1000)
    variants = Variants(numbered, tmp_path)
    host = start_host(variants.next())
    load, reloads = Load(host, variants.key), Reloads(host, variants)
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
                taken.append((host.resident_bytes(), open_descriptors(host), mappings(host)))
    assert counted(host)[1] == 0
    resident, descriptors, mapped = zip(*taken)
    assert resident[-1] <= resident[1] * 1.05 + 8 * MIB, taken
    assert descriptors[-1] <= descriptors[1] + 2, taken
    assert mapped[-1] <= mapped[1] + 40, taken

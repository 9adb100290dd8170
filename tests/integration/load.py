"""A load that counts: streams whose pieces are numbered and plain calls, over connections that are
kept as long as the host keeps them; and what is done to the host meanwhile."""

import asyncio
import json
import os
import random
import re
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable

from integration.client_keys import ClientKey
from integration.host import SLOWNESS, resident_bytes
from integration.numbered_upstream import PROMPT_TOKENS

# Streams at once, calls a second, seconds. The full proof: BELLWETHER_LOAD=1000,500,60
STREAMS, CALLS_PER_SECOND, SECONDS = map(
    int, os.environ.get("BELLWETHER_LOAD",
                        "300,100,10" if SLOWNESS == 1 else "100,25,10").split(","))
PIECES, PAUSE_MS = (8, 16), (100, 400)  # of a stream: 1 to 6 s
MIB = 1 << 20

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def open_descriptors(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))


@dataclass
class Sizes:
    """What the host takes, measured now and then."""

    resident: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def measure(self, process: int) -> None:
        self.resident.append(resident_bytes(process))
        self.descriptors.append(open_descriptors(process))

    def must_be_flat(self, plugins: int) -> None:
        """The second half of the time against the first, without the very beginning. A plugin that
        was loaded stays so."""
        for name, taken, slack in (("resident", self.resident, (24 + plugins) * MIB),
                                   ("descriptors", self.descriptors, 64 + plugins)):
            half = len(taken) // 2
            first = statistics.median(taken[half // 3:half])
            later = statistics.median(taken[half:])
            assert later <= first * 1.15 + slack, (name, taken)


class Meanwhile(threading.Thread):
    """What is done to the host in a thread of its own, until it is over. What goes wrong there goes
    wrong in the test."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()
        self._fault: BaseException | None = None

    def work(self) -> None:
        raise NotImplementedError

    def run(self) -> None:
        try:
            self.work()
        except BaseException as fault:
            self._fault = fault

    def __enter__(self) -> "Meanwhile":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()
        if self._fault:
            raise self._fault


class Load:
    """Streams without a pause and plain calls at a pace, over connections that are kept."""

    def __init__(self, port: int, key: ClientKey, process: Callable[[], int],
                 plain_model: str = "load") -> None:
        self._plain_model = plain_model
        self._port = port
        self._process = process
        self._key = key
        self._idle: list[Ends] = []
        self._over = False
        self._chance = random.Random(1)
        self.faults: list[str] = []
        self.tokens = 0  # of all that was answered
        self.streams = self.calls = 0
        self.generations: set[int] = set()
        self.sizes = Sizes()

    def run(self, meanwhile: Meanwhile) -> None:
        """All of it, and no call may fail."""
        with meanwhile:
            asyncio.run(self._run(SECONDS))
        assert not self.faults, (len(self.faults), Counter(fault[9:80] for fault in self.faults),
                                 self.faults[:5])
        assert self.calls == int(SECONDS * CALLS_PER_SECOND) and self.streams >= STREAMS

    async def _run(self, seconds: float) -> None:
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
                self.sizes.measure(self._process())
        self._over = True

    async def _guarded(self, call: "asyncio.Future[None]") -> None:
        try:
            await call
        except Exception as fault:  # of whatever kind: the call has failed
            self.faults.append(f"{time.strftime('%T')} {type(fault).__name__}: {fault}"[:600])

    async def _ask(self, ends: Ends, pieces: int, pause_ms: int, stream: bool) -> bytes:
        """Sends a chat; the head of the answer."""
        reader, writer = ends
        model = "load" if stream else self._plain_model
        body = json.dumps({"model": model, "stream": stream, "max_tokens": 64, "messages": [
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
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self._port)

    def _keep(self, ends: Ends, head: bytes) -> None:
        """For another call, if the host does."""
        if b"connection: close\r\n" in head.lower():
            ends[1].close()
        else:
            self._idle.append(ends)

    async def _plain(self, pieces: int) -> None:
        ends = await self._connection()
        head = await self._ask(ends, pieces, 0, False)
        length = int(re.search(rb"\r\ncontent-length: (\d+)\r\n", head, re.I)[1])
        answer = json.loads(await ends[0].readexactly(length))
        self._check(answer["choices"][0]["message"]["content"], pieces)
        self.calls += 1
        self._keep(ends, head)

    async def _stream(self, pieces: int, pause_ms: int) -> None:
        ends = await self._connection()
        head = await self._ask(ends, pieces, pause_ms, True)
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
        self._keep(ends, head)

    def _check(self, said: str, pieces: int) -> None:
        expected = "".join(f"{number} " for number in range(pieces))
        if said != expected:
            raise AssertionError(f"said {said!r}, not {expected!r}")
        self.tokens += PROMPT_TOKENS + pieces

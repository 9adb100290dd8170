"""A client that sends at a pace of its own, whatever becomes of its calls: the load of many clients
that do not know of each other."""

import asyncio
import itertools
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Callable

from integration.host import Host

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answer:
    """Times are of time.monotonic(): what the host decided, it decided between the two."""

    id: str  # x-request-id
    status: int
    body: bytes
    sent: float
    came: float


class OpenLoop:
    """So many calls a second, to each host in turn, over connections that are kept."""

    def __init__(self, hosts: list[Host], body: bytes, calls_per_second: float) -> None:
        self._ports = [host.port for host in hosts]
        self._body = body
        self._pace = calls_per_second
        self._idle: dict[int, list[Ends]] = defaultdict(list)
        self._answers: list[Answer] = []
        self._over = False

    def run_until(self, enough: Callable[[Answer], bool], most: int) -> list[Answer]:
        """Sends until an answer is `enough`; all answers, those still to come as well. Fails if
        none was after `most` calls."""
        asyncio.run(self._run(enough, most))
        assert self._over, f"none of {most} answers was enough"
        return self._answers

    async def _run(self, enough: Callable[[Answer], bool], most: int) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as calls:
            for number in range(most):
                await asyncio.sleep(max(0.0, began + number / self._pace - time.monotonic()))
                if self._over:
                    break
                calls.create_task(self._call(number, enough))
        for _, writer in itertools.chain(*self._idle.values()):
            writer.close()

    async def _call(self, number: int, enough: Callable[[Answer], bool]) -> None:
        port = self._ports[number % len(self._ports)]
        idle, name, sent = self._idle[port], f"call-{number}", time.monotonic()
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: bellwether\r\n"
                     b"content-type: application/json\r\nx-request-id: %s\r\n"
                     b"content-length: %d\r\n\r\n%s" % (name.encode(), len(self._body), self._body))
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)\r\n", head, re.I)
        assert length, head
        body = await reader.readexactly(int(length[1]))
        idle.append((reader, writer))
        answer = Answer(name, int(head[9:12]), body, sent, time.monotonic())
        self._answers.append(answer)
        self._over = self._over or enough(answer)

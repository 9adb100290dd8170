"""The server's side of one connection: reads requests one after the other, notices a hang-up."""

import asyncio
from typing import Callable

from upstream.exchange import Exchange, Scenario
from upstream.journal import Journal, Received

Choose = Callable[[Received], Scenario]


class Connection:
    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                 journal: Journal, choose: Choose, keeps: bool) -> None:
        self._number = number
        self._reader = reader
        self._writer = writer
        self._journal = journal
        self._choose = choose
        self._keeps = keeps
        self._buffer = bytearray()
        self._grown = asyncio.Event()
        self._gone = asyncio.Event()

    async def serve(self) -> None:
        pump = asyncio.create_task(self._pump())
        count = 0
        try:
            while request := await self._read_request():
                count += 1
                scenario = self._choose(request)  # which says what the request is named by
                self._journal.add(request)
                exchange = Exchange(request, self._writer, self._journal, count, self._keeps)
                await self._answer(exchange, scenario)
                if not exchange.complete:
                    break
        except ConnectionError:
            pass
        finally:
            pump.cancel()
            self._writer.close()

    async def _answer(self, exchange: Exchange, scenario: Scenario) -> None:
        """Plays the scenario to its end, or until the client is gone."""
        play = asyncio.ensure_future(scenario(exchange))
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait([play, gone], return_when=asyncio.FIRST_COMPLETED)
            failure = play.exception() if play.done() else None
            if not play.done() or isinstance(failure, ConnectionError):
                exchange.left()
            elif failure:
                raise failure
            else:
                exchange.over()
        finally:
            play.cancel()
            gone.cancel()

    async def _pump(self) -> None:
        """Reads all the time, so that a hang-up shows at once, whatever is being written."""
        try:
            while data := await self._reader.read(1 << 16):
                self._buffer += data
                self._grown.set()
        except (ConnectionError, OSError):
            pass
        self._gone.set()
        self._grown.set()

    async def _more(self) -> bool:
        if self._gone.is_set():
            return False
        self._grown.clear()
        await self._grown.wait()
        return not self._gone.is_set()

    async def _take_until(self, mark: bytes) -> bytes | None:
        while mark not in self._buffer:
            if not await self._more():
                return None
        end = self._buffer.index(mark) + len(mark)
        taken = bytes(self._buffer[:end])
        del self._buffer[:end]
        return taken

    async def _take(self, count: int) -> bytes | None:
        while len(self._buffer) < count:
            if not await self._more():
                return None
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    async def _read_request(self) -> Received | None:
        head = await self._take_until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines)
        headers = [(name.lower(), value.strip()) for name, value in pairs]
        length = next((int(value) for name, value in headers if name == "content-length"), 0)
        body = await self._take(length)
        if body is None:
            return None
        return Received(self._number, method, path, headers, body)

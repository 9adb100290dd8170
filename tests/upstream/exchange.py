"""One request and the answer that a scenario writes to it, down to the byte."""

import asyncio
import time
from typing import Awaitable, Callable

from upstream.journal import Journal, Received
from upstream.qwen import Json, dump

Headers = dict[str, str]
Scenario = Callable[["Exchange"], Awaitable[None]]

JSON_TYPE = "application/json"
SSE_TYPE = "text/event-stream; charset=utf-8"


class Exchange:
    """Lives on the simulator's loop."""

    def __init__(self, request: Received, writer: asyncio.StreamWriter, journal: Journal,
                 connection_requests: int, keeps: bool = True) -> None:
        self.request = request
        self.connection_requests = connection_requests  # 1: the connection's first request
        self.complete = False  # the answer is whole; the connection can be used again
        self._writer = writer
        self._journal = journal
        self._keeps = keeps  # the connection, for another request; else its answers say so
        self._chunked = False

    @property
    def model(self) -> str:
        return self.request.model

    @property
    def streams(self) -> bool:
        return self.request.json.get("stream") is True

    @property
    def wants_usage(self) -> bool:
        return bool((self.request.json.get("stream_options") or {}).get("include_usage"))

    async def raw(self, data: bytes) -> None:
        """Writes bytes as they are, and waits until they have mostly left."""
        if self._writer.is_closing():
            raise ConnectionResetError("the client is gone")
        self._writer.write(data)
        await self._writer.drain()
        await asyncio.sleep(0)  # drain alone may never let the loop turn
        self.request.bytes_sent += len(data)
        self._journal.touch()

    async def head(self, status: int = 200, headers: Headers | None = None,
                   content_type: str = SSE_TYPE) -> None:
        """Begins an answer whose body comes in pieces (chunked)."""
        self._chunked = True
        fields = {"content-type": content_type, "transfer-encoding": "chunked", **(headers or {})}
        await self.raw(self._head(status, fields))

    async def write(self, data: bytes) -> None:
        """A piece of the body."""
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self._chunked else data)

    async def event(self, payload: Json | bytes, *, before: bytes = b"data: ",
                    after: bytes = b"\n\n") -> None:
        """One server-sent event."""
        data = payload if isinstance(payload, bytes) else dump(payload)
        await self.write(before + data + after)
        self.request.chunks_sent += 1

    async def end(self, *, done: bytes | None = b"data: [DONE]\n\n") -> None:
        if done:
            await self.write(done)
        await self.raw(b"0\r\n\r\n")
        self.complete = self._keeps

    async def reply(self, body: bytes, status: int = 200, headers: Headers | None = None,
                    content_type: str = JSON_TYPE) -> None:
        """A whole answer at once."""
        fields = {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}
        await self.raw(self._head(status, fields) + body)
        self.complete = self._keeps

    def cut(self) -> None:
        """Breaks the connection off, with no more ado."""
        self._writer.transport.abort()

    def left(self) -> None:
        """The client closed the connection before the answer was whole."""
        self.request.disconnected_at = time.monotonic()
        self._journal.touch()

    def over(self) -> None:
        self.request.finished_at = time.monotonic()
        self._journal.touch()

    def _head(self, status: int, headers: Headers) -> bytes:
        fields = headers if self._keeps else {**headers, "connection": "close"}
        lines = [f"{key}: {text}" for key, text in fields.items()]
        return "\r\n".join([f"HTTP/1.1 {status} Simulated", *lines, "", ""]).encode()

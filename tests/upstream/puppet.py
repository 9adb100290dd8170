"""A streamed answer that the test itself plays, step by step, in its own thread."""

import asyncio
import threading

from upstream import qwen
from upstream.exchange import Exchange
from upstream.journal import Received
from upstream.simulator import Simulator


class Puppet:
    def __init__(self, simulator: Simulator, prefix: str = "qwen") -> None:
        self._simulator = simulator
        self._exchange: Exchange | None = None
        self._arrived = threading.Event()
        self._over: asyncio.Event | None = None
        self.model = simulator.serve(self._play, prefix=prefix)

    @property
    def request(self) -> Received:
        return self._current().request

    def begin(self, said: str = "") -> None:
        """Waits for the request, then sends the head and the opening chunk, which reaches the client
        if it says something."""
        self._simulator.run(self._current().head())
        self.event(qwen.chunk(self.model, {"role": "assistant", "content": said}))

    def event(self, payload: dict | bytes) -> None:
        self._simulator.run(self._current().event(payload))

    def say(self, text: str) -> None:
        self.event(qwen.said(self.model, text))

    def finish(self) -> None:
        """The finish chunk, the usage if it was asked for, the terminator."""
        self.event(qwen.finished(self.model))
        if self._current().wants_usage:
            self.event(qwen.usage_chunk(self.model))
        self._simulator.run(self._current().end())
        self._release()

    def cut(self) -> None:
        self._current().cut()
        self._release()

    def _current(self) -> Exchange:
        if not self._arrived.wait(10):
            raise AssertionError(f"no request for {self.model} came")
        assert self._exchange is not None
        return self._exchange

    def _release(self) -> None:
        async def release() -> None:
            assert self._over is not None
            self._over.set()
        self._simulator.run(release())

    async def _play(self, exchange: Exchange) -> None:
        self._over = asyncio.Event()
        self._exchange = exchange
        self._arrived.set()
        await self._over.wait()

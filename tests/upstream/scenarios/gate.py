"""Answers that wait until the test lets them go, whatever time it takes until then."""

import asyncio

from upstream import qwen
from upstream.exchange import Exchange, Scenario
from upstream.qwen import Json
from upstream.simulator import Simulator


class Gate:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._opened = asyncio.Event()

    def behind(self, then: Scenario) -> Scenario:
        """Takes the request; answers it when the gate is open."""

        async def play(exchange: Exchange) -> None:
            await self._opened.wait()
            await then(exchange)

        return play

    def within(self, words: list[str], used: Json) -> Scenario:
        """A stream that stops before its last word."""

        async def play(exchange: Exchange) -> None:
            *begun, last, end, figures = qwen.stream(exchange.model, words, used=used)
            await exchange.head()
            for chunk in begun:
                await exchange.event(chunk)
            await self._opened.wait()
            for chunk in (last, end, figures):
                await exchange.event(chunk)
            await exchange.end()

        return play

    def open(self) -> None:
        async def opened() -> None:
            self._opened.set()

        self._simulator.run(opened())

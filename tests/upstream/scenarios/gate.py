"""Answers that wait until the test lets them go, whatever time it takes until then."""

import asyncio

from upstream.exchange import Exchange, Scenario
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

    def open(self) -> None:
        async def opened() -> None:
            self._opened.set()

        self._simulator.run(opened())

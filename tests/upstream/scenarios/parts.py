"""Answers given byte by byte by the test, whole or in part, with pauses between them."""

import asyncio

from upstream.exchange import Exchange, Scenario
from upstream.scenarios.timing import FOREVER


def dripped(pieces: list[bytes], interval: float) -> Scenario:
    """A whole answer, head included, with a pause before each piece but the first."""

    async def play(exchange: Exchange) -> None:
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(interval)
            await exchange.raw(piece)
        exchange.complete = True

    return play


def begun(data: bytes) -> Scenario:
    """These bytes at once, then nothing; the connection stays open."""

    async def play(exchange: Exchange) -> None:
        await exchange.raw(data)
        await asyncio.sleep(FOREVER)

    return play

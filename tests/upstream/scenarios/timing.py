"""Answers that are slow, silent or without end."""

import asyncio
import time

from upstream import qwen
from upstream.exchange import Exchange, Scenario

FOREVER = 3600.0


def late(seconds: float, then: Scenario) -> Scenario:
    """Nothing, not even the head, for some seconds."""

    async def play(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await then(exchange)

    return play


def head_then_silence() -> Scenario:
    """The head at once, then nothing."""

    async def play(exchange: Exchange) -> None:
        await exchange.head(content_type="text/event-stream" if exchange.streams
                            else "application/json")
        await asyncio.sleep(FOREVER)

    return play


def silent_after(words: list[str]) -> Scenario:
    """Some words, then nothing; the connection stays open."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.event(qwen.opening(exchange.model))
        for word in words:
            await exchange.event(qwen.said(exchange.model, word))
        await asyncio.sleep(FOREVER)

    return play


def comments_after(words: list[str], interval: float = 0.02) -> Scenario:
    """Some words, then only comments: bytes, but no progress."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        for word in words:
            await exchange.event(qwen.said(exchange.model, word))
        while True:
            await exchange.write(b": keep-alive\n\n")
            await asyncio.sleep(interval)

    return play


def queued(seconds: float, interval: float, words: list[str]) -> Scenario:
    """Only signs of life for a time, as a queue gives them: comments or, in a plain reply, blank
    lines. Then the answer."""

    async def play(exchange: Exchange) -> None:
        await exchange.head(content_type="text/event-stream" if exchange.streams
                            else "application/json")
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await exchange.write(b": keep-alive\n\n" if exchange.streams else b"\n")
            await asyncio.sleep(interval)
        if exchange.streams:
            for chunk in qwen.stream(exchange.model, words):
                await exchange.event(chunk)
            return await exchange.end()
        await exchange.write(qwen.dump(qwen.completion(exchange.model, "".join(words))))
        await exchange.end(done=None)

    return play


def steady(interval: float) -> Scenario:
    """A word at a time, never silent for long, without end."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.event(qwen.opening(exchange.model))
        while True:
            await exchange.event(qwen.said(exchange.model, "tick "))
            await asyncio.sleep(interval)

    return play


def endless(event_bytes: int = 16384) -> Scenario:
    """As fast as the reader takes it, without end."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.event(qwen.opening(exchange.model))
        event = qwen.said(exchange.model, "x" * event_bytes)
        while True:
            await exchange.event(event)

    return play


def slow(pause: float, words: list[str]) -> Scenario:
    """The head at once; a pause before each chunk, also before the first."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        for chunk in qwen.stream(exchange.model, words):
            await asyncio.sleep(pause)
            await exchange.event(chunk)
        await exchange.end()

    return play


def trickled(words: list[str], interval: float) -> Scenario:
    """Some words, then an event of which a byte comes at a time, without end."""

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        for word in words:
            await exchange.event(qwen.said(exchange.model, word))
        await exchange.write(b'data: {"id":"')
        while True:
            await exchange.write(b"x")
            await asyncio.sleep(interval)

    return play

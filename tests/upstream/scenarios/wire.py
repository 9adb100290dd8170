"""Answers that go wrong as HTTP: bytes that stand for a status line, a head, a length or chunks,
and are none. All of them end their connection."""

import asyncio

from upstream import qwen
from upstream.exchange import Exchange, Scenario
from upstream.qwen import dump
from upstream.scenarios.timing import FOREVER

FILLER = b"x" * 65536


def whole(exchange: Exchange, words: list[str]) -> bytes:
    """The body of a good answer, a reply or a stream as it was asked for. It is as long for each
    model."""
    used = qwen.usage(completion=len(words))
    if not exchange.streams:
        return dump(qwen.completion("m", "".join(words), used=used))
    chunks = qwen.stream("m", words, used=used)
    return b"".join(b"data: %s\n\n" % dump(chunk) for chunk in chunks) + b"data: [DONE]\n\n"


def head(exchange: Exchange, *fields: bytes) -> bytes:
    kind = b"text/event-stream" if exchange.streams else b"application/json"
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"content-type: " + kind, *fields, b"", b""])


def begun(data: bytes, then: Scenario) -> Scenario:
    """These bytes, and then what the other one does."""

    async def play(exchange: Exchange) -> None:
        await exchange.raw(data)
        await then(exchange)

    return play


def silence() -> Scenario:
    """Nothing at all; the connection stays open."""

    async def play(exchange: Exchange) -> None:
        await asyncio.sleep(FOREVER)

    return play


def end_of_connection() -> Scenario:
    """Closes it in good order."""

    async def play(exchange: Exchange) -> None:
        exchange.complete = False

    return play


def reset_after_head() -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.raw(head(exchange, b"transfer-encoding: chunked"))
        exchange.cut()

    return play


def endless_head() -> Scenario:
    """A header whose line never ends."""

    async def play(exchange: Exchange) -> None:
        await exchange.raw(b"HTTP/1.1 200 OK\r\nx-filler: ")
        while True:
            await exchange.raw(FILLER)

    return play


def wrong_length(words: list[str], factor: float, then: Scenario) -> Scenario:
    """A whole answer, behind a content-length that is so many times its own."""

    async def play(exchange: Exchange) -> None:
        body = whole(exchange, words)
        await exchange.raw(head(exchange, b"content-length: %d" % int(len(body) * factor)) + body)
        await then(exchange)

    return play


def two_lengths(words: list[str]) -> Scenario:
    async def play(exchange: Exchange) -> None:
        body = whole(exchange, words)
        await exchange.raw(head(exchange, b"content-length: %d" % len(body), b"content-length: 3")
                           + body)

    return play


def no_chunk_size(words: list[str]) -> Scenario:
    """Chunks of which the first has words in place of its size."""

    async def play(exchange: Exchange) -> None:
        await exchange.raw(head(exchange, b"transfer-encoding: chunked") + b"so many\r\n"
                           + whole(exchange, words))

    return play


def encoded(data: bytes, encoding: bytes) -> Scenario:
    """A body in an encoding, or what is said to be one."""

    async def play(exchange: Exchange) -> None:
        await exchange.raw(head(exchange, b"content-encoding: " + encoding,
                                b"content-length: %d" % len(data)) + data)

    return play


def unending(beginning: bytes = b"") -> Scenario:
    """A body that begins so, and then is a filler without a line end, for as long as it is read."""

    async def play(exchange: Exchange) -> None:
        await exchange.raw(head(exchange) + beginning)
        while True:
            await exchange.raw(FILLER)

    return play


def refusal_without_end(status: int, body: bytes, filler: bool) -> Scenario:
    """A status that says no, of whose body more never comes, or ever more."""

    async def play(exchange: Exchange) -> None:
        await exchange.raw(b"HTTP/1.1 %d No\r\ncontent-type: application/json\r\n" % status
                           + b"content-length: 1000000000\r\n\r\n" + body)
        while filler:
            await exchange.raw(FILLER)
        await asyncio.sleep(FOREVER)

    return play


def stalled(words: list[str], interval: float | None) -> Scenario:
    """A part of an answer: of a stream all that was said so far, of a reply its first half. Then
    nothing or, at each interval, a byte."""

    async def play(exchange: Exchange) -> None:
        if exchange.streams:
            said = [qwen.opening("m"), *(qwen.said("m", word) for word in words)]
            part = b"".join(b"data: %s\n\n" % dump(chunk) for chunk in said) + b'data: {"id":"'
        else:
            part = whole(exchange, words)[:40]
        await exchange.raw(head(exchange) + part)
        while True:
            await asyncio.sleep(interval or FOREVER)
            await exchange.raw(b"x")

    return play

"""Answers that are cut, by whatever cuts them."""

import gzip
from functools import cache
from typing import Callable

from upstream.liar import Exchange
from upstream.manners.honest import standard
from upstream.manners.manner import Promise, manner

STALL = 5.0  # longer than any time-out of the host that waits for it
ENDINGS: dict[str, Callable[[Exchange], None]] = {
    "reset": Exchange.reset, "end": Exchange.finish_connection}


def _after_the_head(exchange: Exchange) -> None:
    exchange.head("chunked" if exchange.streams else "500")


def _after_first_bytes(exchange: Exchange) -> None:
    exchange.head("chunked" if exchange.streams else "500")
    exchange.piece(b'data: {"id":"x","choi' if exchange.streams else b'{"id":"x","choices":[{"ind')


def _amid(exchange: Exchange) -> None:
    if not exchange.streams:
        body = exchange.completion()
        exchange.head(str(len(body) + 9))
        return exchange.piece(body)
    exchange.open("chunked")
    exchange.say(max(exchange.part.words // 2, 1))


def _amid_an_event(exchange: Exchange) -> None:
    exchange.open("chunked")
    exchange.say(max(exchange.part.words // 2, 1))
    exchange.piece(b'data: {"id":"x","choices":[{"index":0,"delta":{"cont')


def _after_the_last_word(exchange: Exchange) -> None:
    exchange.open("chunked")
    exchange.say()


def _before_the_usage(exchange: Exchange) -> None:
    _after_the_last_word(exchange)
    exchange.finish()


def _before_the_terminator(exchange: Exchange) -> None:
    _after_the_last_word(exchange)
    exchange.truth.reported = exchange.figures()
    exchange.finish()
    exchange.usage_event(standard(*exchange.figures()))
    exchange.wait(0.02)  # a reset would take with it what has not arrived


POINTS: dict[str, tuple[Callable[[Exchange], None], str, Promise]] = {
    "after the head": (_after_the_head, "both", Promise.CUT),
    "after the first bytes": (_after_first_bytes, "both", Promise.CUT),
    "amid the answer": (_amid, "both", Promise.CUT),
    "amid an event": (_amid_an_event, "stream", Promise.CUT),
    "after the last word": (_after_the_last_word, "stream", Promise.CUT),
    "before the usage": (_before_the_usage, "stream", Promise.CUT),
    "before the terminator": (_before_the_terminator, "stream", Promise.EXACT),
}


def _cut(exchange: Exchange, until: Callable[[Exchange], None],
         then: Callable[[Exchange], None]) -> None:
    until(exchange)
    then(exchange)


for _point, (_until, _forms, _promise) in POINTS.items():
    for _name, _then in ENDINGS.items():
        manner(f"{_name} {_point}", _promise, forms=_forms)(
            lambda exchange, until=_until, then=_then: _cut(exchange, until, then))
for _point in ("after the head", "after the first bytes", "amid the answer"):
    manner(f"stall {_point}", Promise.CUT, forms="both", impatient=True)(
        lambda exchange, until=POINTS[_point][0]: _cut(
            exchange, until, lambda one: one.wait(STALL)))


@manner("stall before the head", Promise.CUT, impatient=True)
def _(exchange: Exchange) -> None:
    exchange.wait(STALL)


LONG = b"x" * ((16 << 20) + 65536)


@manner("an event over the limit", Promise.CUT, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.open("close")
    exchange.say()
    exchange.piece(b'data: {"choices":[{"index":0,"delta":{"content":"' + LONG)
    exchange.piece(b'"}}]}\n\n')
    exchange.finish_connection()


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * (24 << 20))


@manner("a body over its growth", Promise.CUT)
def _(exchange: Exchange) -> None:
    exchange.head(str(len(_bomb())), content_encoding="gzip")
    exchange.piece(_bomb())
    exchange.end()


@manner("packed, and spoiled", Promise.CUT, forms="plain")
def _(exchange: Exchange) -> None:
    packed = gzip.compress(exchange.completion())
    spoiled = packed[:12] + bytes(byte ^ 0x5A for byte in packed[12:])
    exchange.head(str(len(spoiled)), content_encoding="gzip")
    exchange.piece(spoiled)
    exchange.end()


@manner("a chunk without a size", Promise.CUT, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.open("chunked")
    exchange.say()
    exchange.raw(b"so many\r\n")
    exchange.wait(0.05)
    exchange.finish_connection()


@manner("an event that is no JSON", Promise.CUT, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.open()
    exchange.say()
    exchange.event(b'{"choices":[{"delta":{"content":"x')
    exchange.done()
    exchange.end()


@manner("an error amid the answer", Promise.CUT, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.open()
    exchange.say()
    exchange.event({"error": {"message": "out of memory", "code": 500}})
    exchange.done()
    exchange.end()

"""Honest answers after which the connection does what it should not."""

from upstream.liar import FOREIGN, Exchange, dump
from upstream.manners.honest import answer, end_stream, standard
from upstream.manners.manner import Promise, manner


SURPLUS = dump({"id": FOREIGN, "object": "chat.completion", "created": 1, "model": "m", "choices": [
    {"index": 0, "message": {"role": "assistant", "content": FOREIGN}, "finish_reason": "stop"}],
    "usage": standard(1, 1)})
SURPLUS_REPLY = (b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                 + str(len(SURPLUS)).encode() + b"\r\n\r\n" + SURPLUS)


def framed_answer(exchange: Exchange) -> None:
    """One whose end is told, so that the connection can be kept."""
    if not exchange.streams:
        return answer(exchange)
    exchange.open("chunked")
    exchange.say()
    end_stream(exchange)


@manner("another answer at once", Promise.EXACT, meddles=True)
def _(exchange: Exchange) -> None:
    exchange.after_the_end = SURPLUS_REPLY
    framed_answer(exchange)


@manner("some bytes at once", Promise.EXACT, meddles=True)
def _(exchange: Exchange) -> None:
    exchange.after_the_end = exchange.random.choice([b"\r\n", b"0", b"HTTP/1.1 200", b"\0" * 99])
    framed_answer(exchange)


@manner("another answer when idle", Promise.EXACT, meddles=True)
def _(exchange: Exchange) -> None:
    framed_answer(exchange)
    exchange.wait(exchange.random.choice([0.001, 0.005, 0.02]))
    exchange.raw(SURPLUS_REPLY)


@manner("a part of an answer when idle", Promise.EXACT, meddles=True)
def _(exchange: Exchange) -> None:
    framed_answer(exchange)
    exchange.wait(0.005)
    exchange.raw(SURPLUS_REPLY[:exchange.random.randrange(1, 60)])


@manner("408 when idle", Promise.EXACT, meddles=True)
def _(exchange: Exchange) -> None:
    framed_answer(exchange)
    exchange.wait(exchange.random.choice([0.001, 0.005, 0.02]))
    exchange.raw(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    exchange.finish_connection()


@manner("closes when idle", Promise.EXACT)
def _(exchange: Exchange) -> None:
    framed_answer(exchange)
    if exchange.random.random() < 0.5:
        exchange.wait(0.02)  # a reset would take with it what has not arrived
        exchange.reset()
    exchange.wait(exchange.random.choice([0, 0.001, 0.01]))
    exchange.finish_connection()

"""Figures that cannot be, answers that make no sense, refusals, and more than was asked for."""

from typing import Any, Callable

from upstream.liar import Exchange, dump
from upstream.manners.honest import end_stream, standard
from upstream.manners.manner import Promise, manner
from upstream.manners.short import lower

ABSURD = 900_000_000_000
IMPOSSIBLE: dict[str, Callable[[int, int], Any]] = {
    "an absurd prompt": lambda prompt, output: standard(ABSURD, output),
    "an absurd completion": lambda prompt, output: standard(prompt, ABSURD),
    "absurd figures": lambda prompt, output: standard(ABSURD, ABSURD),
    "an absurd total": lambda prompt, output: {"total_tokens": ABSURD},
    "an absurd total beside the real": lambda prompt, output: {
        **standard(prompt, output), "total_tokens": ABSURD},
    "absurd strings": lambda prompt, output: {
        "prompt_tokens": str(ABSURD), "completion_tokens": str(ABSURD)},
    "absurd input_tokens": lambda prompt, output: {
        "input_tokens": ABSURD, "output_tokens": ABSURD},
    "absurd floats": lambda prompt, output: {
        "prompt_tokens": 9e11, "completion_tokens": 9e30},
    "absurd reasoning": lambda prompt, output: {
        **standard(prompt, output), "completion_tokens_details": {"reasoning_tokens": ABSURD}},
    "figures beyond 64 bits": lambda prompt, output: {
        "prompt_tokens": 10 ** 19, "completion_tokens": 10 ** 40},
    "a million of each": lambda prompt, output: standard(10 ** 6, 10 ** 6),
}
for _name, _shape in IMPOSSIBLE.items():
    manner(_name, Promise.BOUNDED)(lambda exchange, shape=_shape: lower(exchange, shape))


@manner("absurd figures amid the answer", Promise.BOUNDED, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.open()
    exchange.say_once(1, usage=standard(ABSURD, ABSURD))
    exchange.say()
    exchange.random.choice([exchange.reset, lambda: end_stream(exchange)])()


NONSENSE = (
    b'{"object":"chat.completion","id":"broken"}', b'{"choices":[],"error":null,"padding":1}',
    b"<html><body>Please log in!</body></html>", b'{"choices":[{"message":{"content":"so fa',
    b'["a", "list", "of", "forty", "bytes", 1]', b"4242424242424242424242424242424242424242",
    b"\x00\xff\xfe" * 13, b'data: {"choices":[{"delta":{"content"\n\n')


@manner("a whole answer of nonsense", Promise.BYTES)
def _(exchange: Exchange) -> None:
    kind = exchange.random.choice(["application/json", "text/html", "text/event-stream"])
    exchange.reply(exchange.random.choice(NONSENSE), kind=kind)


@manner("an empty answer", Promise.BYTES)
def _(exchange: Exchange) -> None:
    exchange.reply(b"")


REFUSALS = {"429 Too Many Requests": "rate_limit_exceeded", "503 Service Unavailable": "overloaded",
            "500 Internal Server Error": "internal_error"}
for _status, _code in REFUSALS.items():
    for _wait in ("none", "0", "1"):
        def _refuse(exchange: Exchange, status: str = _status, code: str = _code,
                    wait: str = _wait) -> None:
            fields = {} if wait == "none" else {"retry_after": wait}
            exchange.reply(dump({"error": {"message": "not now", "type": code, "code": code}}),
                           status, **fields)
        manner(f"{_status[:3]}, retry-after {_wait}", Promise.NOTHING, alone=True)(_refuse)


@manner("closed without a word", Promise.ANY)
def _(exchange: Exchange) -> None:
    exchange.random.choice([exchange.reset, exchange.finish_connection])()


@manner("no HTTP", Promise.ANY)
def _(exchange: Exchange) -> None:
    exchange.raw(exchange.random.choice([b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", bytes(range(256))]))
    exchange.finish_connection()


FAR = 40  # times what the call may take


@manner("a stream far past its limit", Promise.STOPPED, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.pace = 0
    exchange.open()
    for _ in range(FAR * exchange.asked["max_tokens"]):
        exchange.say_once(1)
    end_stream(exchange)

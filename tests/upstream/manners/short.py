"""Figures that are less than what was delivered."""

from typing import Any, Callable

from upstream.liar import Exchange
from upstream.manners.honest import answer, standard
from upstream.manners.manner import Promise, manner


NO_FIGURES: dict[str, Any] = {
    "usage is null": None,
    "usage is empty": {},
    "usage is a word": "none",
    "usage is a list": [12, 13],
    "zeros": standard(0, 0),
    "negative figures": standard(-5, -7),
}
for _name, _usage in NO_FIGURES.items():
    manner(_name, Promise.UNSAID)(
        lambda exchange, usage=_usage: lower(exchange, lambda prompt, output: usage))


def lower(exchange: Exchange, shape: Callable[[int, int], Any]) -> None:
    """A whole answer whose usage does not say what is true."""
    try:
        answer(exchange, shape)
    finally:
        exchange.truth.reported = None


@manner("no completion in the usage", Promise.SEEN)
def _(exchange: Exchange) -> None:
    lower(exchange, lambda prompt, output: standard(prompt, 0))


@manner("no prompt in the usage", Promise.UNSAID)
def _(exchange: Exchange) -> None:
    lower(exchange, lambda prompt, output: standard(0, output))


@manner("no usage", Promise.UNSAID)
def _(exchange: Exchange) -> None:
    if not exchange.streams:
        return exchange.reply(exchange.completion())
    exchange.open()
    exchange.say()
    exchange.finish()
    exchange.done()
    exchange.end()


@manner("ones at first, then a thousand chunks", Promise.SEEN, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.pace = 0
    exchange.open()
    exchange.say_once(1, usage=standard(1, 1))
    for _ in range(999):
        exchange.say_once(1)
    if exchange.random.random() < 0.5:
        exchange.reset()
    exchange.finish()
    exchange.done()
    exchange.end()


@manner("ones at the end of a thousand chunks", Promise.SEEN, forms="stream")
def _(exchange: Exchange) -> None:
    exchange.pace = 0
    exchange.open()
    for _ in range(1000):
        exchange.say_once(1)
    exchange.finish()
    exchange.usage_event(standard(1, 1))
    exchange.done()
    exchange.end()

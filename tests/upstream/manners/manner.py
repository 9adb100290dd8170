"""A manner: one way for an upstream to answer, and what its calls are promised."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Callable

from upstream.liar import Exchange


class Promise(Enum):
    """What a call counts as, whatever its client does. The test's head has it in full."""

    EXACT = auto()  # what its upstream reported
    TOTAL = auto()  # the same, but for how it is divided
    SEEN = auto()  # no less than was delivered
    UNSAID = auto()  # the same, and no less for its prompt than the estimate
    CUT = auto()  # no less than its prompt's hold and what was delivered
    BOUNDED = auto()  # no more than the model can take at all
    BYTES = auto()  # no more than the bytes of its answer
    NOTHING = auto()
    STOPPED = auto()  # no less than was delivered, which is not much more than its hold
    ANY = auto()  # no more than its hold


@dataclass(frozen=True)
class Manner:
    name: str
    promise: Promise
    play: Callable[[Exchange], None]
    forms: str = "both"  # or "stream", "plain": how its calls are asked for
    impatient: bool = False  # the host must wait for it with short time-outs
    alone: bool = False  # each call has a model of its own, for the host learns from its answers
    meddles: bool = False  # with an idle connection: the next call must wait until that is done


MANNERS: list[Manner] = []


def manner(name: str, promise: Promise, **members: Any) -> Callable[..., Any]:
    def add(play: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
        MANNERS.append(Manner(name, promise, play, **members))
        return play
    return add

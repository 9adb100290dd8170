"""A fault: what an upstream does, and what comes of it."""

import socket
from dataclasses import dataclass
from typing import Callable

from integration.fault_matrix.outcome import Cells
from upstream.exchange import Scenario


@dataclass(frozen=True)
class Fault:
    name: str
    does: str  # "the upstream ..."
    plain: Cells | None  # None: it is a fault of streams only
    stream: Cells | None
    plays: Scenario | None = None  # if it comes so far as to answer a request
    place: str = ""  # the provider's, if it is not the usual upstream: a name in `bench.Places`
    door: Callable[[socket.socket], None] | None = None  # what spoils its first connection
    hasty: bool = False  # the host waits for it with short time-outs
    plugin: str = "holysheep"


def both(name: str, does: str, cells: Cells, plays: Scenario | None = None,
         **members: object) -> Fault:
    """A fault that comes to the same for a plain call and a stream."""
    return Fault(name, does, cells, cells, plays, **members)

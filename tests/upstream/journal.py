"""What the simulator received and what became of it; tests read it while the simulator runs."""

import json
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Callable


@dataclass
class Received:
    """One request, and how its answer went. Times are of time.monotonic()."""

    connection: int  # the same number: the same connection
    method: str
    path: str
    headers: list[tuple[str, str]]  # names in lower case
    body: bytes
    at: float = field(default_factory=time.monotonic)
    named: str | None = None  # what the server took as its model, where that is not in the body
    bytes_sent: int = 0
    chunks_sent: int = 0
    disconnected_at: float | None = None  # the client left before the answer was complete
    finished_at: float | None = None  # the answer was sent, or broken off by the simulator

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def key(self) -> str:
        """The key that it was sent with."""
        return (self.header("authorization") or "").removeprefix("Bearer ")

    @cached_property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body) if self.body else {}

    @property
    def model(self) -> str:
        return self.json.get("model", "") if self.named is None else self.named

    @property
    def ended(self) -> bool:
        return self.disconnected_at is not None or self.finished_at is not None


class Journal:
    """All requests in the order of arrival. Written by the simulator's thread, read by any."""

    def __init__(self) -> None:
        self._entries: list[Received] = []
        self._changed = threading.Condition()

    def add(self, entry: Received) -> None:
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()

    def touch(self) -> None:
        """Tells those who wait that an entry has changed."""
        with self._changed:
            self._changed.notify_all()

    def of(self, model: str) -> list[Received]:
        with self._changed:
            return [entry for entry in self._entries if entry.model == model]

    def wait(self, model: str, condition: Callable[[list[Received]], bool],
             seconds: float = 10) -> list[Received]:
        """The requests for `model` once they meet `condition`; fails if they do not in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                entries = [entry for entry in self._entries if entry.model == model]
                if condition(entries):
                    return entries
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"not so within {seconds} s for {model}: {entries}")
                self._changed.wait(left)

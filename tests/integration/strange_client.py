"""A client that reads slowly, sends ahead, closes a half, or hangs up at any point of an answer."""

import json
import re
import select
import socket
import struct
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Callable

from integration.host import SLOWNESS

PATIENCE = 25.0 * SLOWNESS
SLOW_BUFFER = 32_768  # with a smaller one the kernel itself makes everything slow


class Ending(Enum):
    """How the client's side of a call ends."""

    READS = "reads"
    SLOW = "reads slowly"
    PIPELINES = "sends ahead"
    HALF_CLOSES = "closes its half"
    HURRIES = "has little time"
    AT_ONCE = "leaves at once"
    BEFORE = "leaves before the answer"
    AT_FIRST = "leaves at the first chunk"
    AMID = "leaves amid the answer"
    RESETS = "resets amid the answer"
    AT_FINISH = "leaves at the finish"
    AFTER_DONE = "leaves after the terminator"

    @property
    def leaves(self) -> bool:
        return self in _LEAVE

    @property
    def only_streams(self) -> bool:
        return self in (Ending.AT_FINISH, Ending.AFTER_DONE)


_LEAVE = frozenset({Ending.AT_ONCE, Ending.BEFORE, Ending.AT_FIRST, Ending.AMID, Ending.RESETS,
                    Ending.AT_FINISH, Ending.AFTER_DONE})


@dataclass
class Sight:
    """What a client has of one answer: all bytes, and what can be read of them so far."""

    raw: bytearray = field(default_factory=bytearray)
    status: int | None = None
    body: bytearray = field(default_factory=bytearray)
    whole: bool = False
    seconds: float = 0  # that it took, with all that was asked for along with it
    _at: int = 0  # up to here it has been read
    _length: int | None = None  # of the body; None: chunked, or up to the end

    def feed(self, data: bytes) -> bytes:
        """Takes what came; gives back what belongs to the next answer."""
        self.raw += data
        if self.status is None and not self._read_head():
            return b""
        self._read_body()
        if not self.whole:
            return b""
        rest = bytes(self.raw[self._at:])
        del self.raw[self._at:]
        return rest

    def _read_head(self) -> bool:
        end = self.raw.find(b"\r\n\r\n", self._at)
        if end < 0:
            return False
        head = bytes(self.raw[self._at:end]).decode("latin-1").lower()
        self._at = end + 4
        status = int(head.split(" ", 2)[1])
        if status < 200:  # others follow
            return self._read_head()
        self.status = status
        if length := re.search(r"\r\ncontent-length: *(\d+)", head):
            self._length = int(length[1])
        return True

    def _read_body(self) -> None:
        if self._length is not None:
            self.body = self.raw[self._at:self._at + self._length]
            self.whole = len(self.body) == self._length
            self._at += len(self.body) if self.whole else 0
            return
        while not self.whole and (end := self.raw.find(b"\r\n", self._at)) >= 0:
            size = int(self.raw[self._at:end], 16)
            if len(self.raw) < end + 4 + size:
                return
            self.body += self.raw[end + 2:end + 2 + size]
            self._at = end + 4 + size
            self.whole = size == 0

    def text(self) -> str:
        """What it says: content and arguments of calls, of all choices."""
        if self.status != 200:
            return ""
        return "".join(_said(payload) for payload in self._payloads())

    def _payloads(self) -> list[Any]:
        if b"data: " not in self.body[:64] and not self.body.startswith(b":"):
            return [json.loads(self.body)] if self.whole else []
        events = bytes(self.body).split(b"\n\n")[:-1]  # the last one is cut, or empty
        found = [event.removeprefix(b"data: ") for event in events if event.startswith(b"data: ")]
        return [json.loads(event) for event in found if event != b"[DONE]"]


def _said(payload: Any) -> str:
    text = ""
    for choice in payload.get("choices") or []:
        message = choice.get("delta") or choice.get("message") or {}
        text += message.get("content") or ""
        for call in message.get("tool_calls") or []:
            text += call["function"].get("arguments") or ""
    return text


@dataclass(frozen=True)
class Request:
    path: str
    body: bytes
    name: str  # its x-request-id
    chunks: int  # about as many there will be
    arrived: Callable[[], bool]  # waits until the upstream has it; False if that does not happen

    def bytes(self, ending: Ending) -> bytes:
        hurry = ["x-bellwether-timeout: 30ms"] if ending is Ending.HURRIES else []
        lines = [f"POST {self.path} HTTP/1.1", "host: bellwether", *hurry,
                 "content-type: application/json", f"content-length: {len(self.body)}",
                 f"x-request-id: {self.name}", "", ""]
        return "\r\n".join(lines).encode() + self.body


class StrangeClient:
    """One connection at a time; it is kept for the next call as long as both sides want it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._rest = b""

    def ask(self, requests: list[Request], ending: Ending) -> list[Sight]:
        """Sends the requests at once, and reads their answers in turn, as the ending has it."""
        sights = [Sight() for _ in requests]
        began = time.monotonic()
        try:
            self._connect(SLOW_BUFFER if ending is Ending.SLOW else None)
            self._socket.sendall(b"".join(request.bytes(ending) for request in requests))
            if ending is Ending.HALF_CLOSES:
                self._socket.shutdown(socket.SHUT_WR)
            if ending is Ending.BEFORE:
                requests[0].arrived()
            if ending not in (Ending.AT_ONCE, Ending.BEFORE):
                for request, sight in zip(requests, sights):
                    self._read(request, sight, ending)
        except ConnectionError:
            self.close()
        if ending.leaves or ending in (Ending.HALF_CLOSES, Ending.SLOW):
            self.close(reset=ending is Ending.RESETS)
        for sight in sights:
            sight.seconds = time.monotonic() - began
        return sights

    def close(self, reset: bool = False) -> None:
        if self._socket is None:
            return
        if reset:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        self._socket = None

    def _connect(self, receive_buffer: int | None) -> None:
        if self._socket and (receive_buffer or select.select([self._socket], [], [], 0)[0]):
            self.close()  # it has ended
        if self._socket:
            return
        self._rest = b""
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(("127.0.0.1", self._port))

    def _read(self, request: Request, sight: Sight, ending: Ending) -> None:
        slow_until = time.monotonic() + 0.3
        self._rest = sight.feed(self._rest)
        while not sight.whole and not _is_enough(sight, ending, request.chunks):
            slow = ending is Ending.SLOW and time.monotonic() < slow_until
            if slow:
                time.sleep(0.002)
            data = self._socket.recv(256 if slow else 1 << 16)
            if not data:
                raise ConnectionResetError
            self._rest = sight.feed(data)


def _is_enough(sight: Sight, ending: Ending, chunks: int) -> bool:
    """Whether a client with this ending has read what it wants."""
    said = sight.body.count(b'"content":"') + sight.body.count(b'"arguments":"') - 1
    match ending:
        case Ending.AT_FIRST:
            return said > 0 or (sight.status is not None and sight.status != 200)
        case Ending.AMID | Ending.RESETS:
            return said > chunks // 3
        case Ending.AT_FINISH:
            return b'"finish_reason":"stop"' in sight.body
        case Ending.AFTER_DONE:
            return b"[DONE]" in sight.body
    return False

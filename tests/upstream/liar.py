"""An upstream of raw bytes that breaks off, lies and interferes, by a plan for each call; its
journal says what it really did."""

import gzip
import json
import random
import re
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable

MARK = re.compile(rb"mark[a-z]{8}")
FOREIGN = "markzzzzzzzz"  # what no call is named, and no client may ever read
WORDS = ("the", "tide", "seven", "harbour", "lantern", "quiet", "rope", "sheep", "weather", "bell",
         "drum", "carries", "north", "open", "salt", "windows")
PATIENCE = 60.0  # of a read or a write that should not wait at all


class Gone(Exception):
    """The host has left, or was sent away."""


@dataclass
class Truth:
    """What came about of one call, as only its upstream knows."""

    arrivals: int = 0  # how often the request came
    before: tuple[str, ...] = ()  # what its connection had served until then
    generated: int = 0  # tokens that were sent, of all arrivals
    text: str = ""  # what the last answer said
    reported: tuple[int, int] | None = None  # the honest figures, once they were sent
    prompt_told: bool = False  # the prompt's figure may have arrived, whatever became of the rest
    body_bytes: int = 0  # of an answer that makes no sense
    whole: bool = False  # the last answer went out to its end
    over: bool = False  # nothing more will come of it


@dataclass(frozen=True)
class Part:
    """What the upstream does in one call."""

    mark: str
    manner: str  # its name
    prompt: int  # tokens that it finds in the prompt
    words: int  # tokens that it says
    hidden: int  # tokens that it thinks beside, and does not show
    lingers: float  # seconds between the last word and its usage
    play: Callable[["Exchange"], None]


def dump(payload: Any) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


class Exchange:
    """One request, and the bytes that answer it. Lives on its connection's thread."""

    def __init__(self, connection: socket.socket, asked: dict[str, Any], part: Part, truth: Truth,
                 seed: str) -> None:
        self.asked = asked
        self.part = part
        self.truth = truth
        self.random = random.Random(f"{seed} {part.mark}")
        self.keeps = True  # the connection serves another request after this one
        self.pace = self.random.choice([0, 0, 0.0005, 0.002])
        self.streams = asked.get("stream") is True
        self.choices = min(max(int(asked.get("n") or 1), 1), 4)  # that it really answers with
        self._socket = connection
        self.after_the_end = b""  # sent together with the answer's last bytes
        self._framing = "none"
        self._zip: Any = None
        self._said = 0

    # ---- bytes ------------------------------------------------------------------------------

    def raw(self, data: bytes) -> None:
        """Sends bytes as they are, now and then in two pieces."""
        apart = not self.after_the_end and self.random.random() < 0.05
        at = self.random.randrange(1, 40) if apart else 0
        try:
            for piece in (data[:at], data[at:]):
                if piece:
                    self._socket.sendall(piece)
        except OSError:
            raise Gone from None

    def wait(self, seconds: float) -> None:
        """Says nothing for so long, unless the host leaves meanwhile."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._socket], [], [], left)[0]:
                try:
                    ended = not self._socket.recv(1, socket.MSG_PEEK)
                except OSError:
                    ended = True
                if ended:
                    raise Gone
                time.sleep(min(left, 0.005))

    def finish_connection(self) -> None:
        """Ends it in good order as far as TCP goes."""
        self.keeps = False
        raise Gone

    def reset(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.finish_connection()

    # ---- HTTP -------------------------------------------------------------------------------

    def head(self, framing: str | None = None, status: str = "200 OK", kind: str | None = None,
             **fields: str) -> None:
        """`framing`: chunked, close, or the body's length."""
        if framing is None:
            framing = self.random.choice(["chunked", "chunked", "close"])
        self._framing = framing
        if kind is None:
            kind = "text/event-stream" if self.streams else "application/json"
        lines = [f"HTTP/1.1 {status}", f"content-type: {kind}"]
        if framing == "chunked":
            lines.append("transfer-encoding: chunked")
        elif framing == "close":
            self.keeps = False
            lines.append("connection: close")
        else:
            lines.append(f"content-length: {framing}")
        lines += [f"{name.replace('_', '-')}: {text}" for name, text in fields.items()]
        self.raw("\r\n".join([*lines, "", ""]).encode())

    def piece(self, data: bytes) -> None:
        """A piece of the body. An empty one would end it."""
        if data:
            self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self._framing == "chunked" else data)

    def end(self) -> None:
        """The end of the answer, and of what the upstream knows about it."""
        last = b"0\r\n\r\n" if self._framing == "chunked" else b""
        if last or self.after_the_end:
            self.raw(last + self.after_the_end)
        self.truth.whole = True

    def reply(self, body: bytes, status: str = "200 OK", kind: str = "application/json",
              **fields: str) -> None:
        """A whole answer."""
        packed = fields.get("content_encoding") == "gzip"
        sent = gzip.compress(body) if packed else body
        self.truth.body_bytes = len(body)
        length = self.random.choice([str(len(sent)), "chunked"])
        self.head("chunked" if self.after_the_end else length, status, kind, **fields)
        self.piece(sent)
        self.end()

    # ---- OpenAI's dialect -------------------------------------------------------------------

    def event(self, payload: Any) -> None:
        self.piece(b"data: " + (payload if isinstance(payload, bytes) else dump(payload)) + b"\n\n")
        if self.pace:
            self.wait(self.pace)

    def chunk(self, delta: dict[str, Any], finish: str | None = None, index: int = 0,
              **members: Any) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "finish_reason": finish}
        return {**self._frame(".chunk"), "choices": [choice], **members}

    def _frame(self, suffix: str = "") -> dict[str, Any]:
        return {"id": self.part.mark, "object": "chat.completion" + suffix, "created": 1750000000,
                "model": self.asked.get("model")}

    def open(self, framing: str | None = None, **fields: str) -> None:
        """The head of a stream and its first chunk."""
        self.head(framing, **fields)
        self.event(self.chunk({"role": "assistant", "content": ""}))

    def next_word(self) -> str:
        """The first one names the call, so that nobody can take it for another's."""
        self._said += 1
        return (self.part.mark if self._said == 1 else self.random.choice(WORDS)) + " "

    def say(self, count: int | None = None, **members: Any) -> None:
        """So many words, a token each, in one event or in several."""
        left = self.part.words if count is None else count
        while left > 0:
            now = min(left, self.random.choice([1, 1, 1, 2, 7]))
            self.say_once(now, **members)
            left -= now

    def say_once(self, count: int, **members: Any) -> None:
        text = "".join(self.next_word() for _ in range(count))
        self.event(self.chunk({"content": text}, index=self._said % self.choices, **members))
        self.sent(text, count)

    def sent(self, text: str, tokens: int) -> None:
        self.truth.text += text
        self.truth.generated += tokens

    def finish(self, **members: Any) -> None:
        for index in range(self.choices):
            last = members if index == self.choices - 1 else {}
            self.event(self.chunk({}, "stop", index, **last))
        self.wait(self.part.lingers)

    def figures(self) -> tuple[int, int]:
        """What the call really took: the prompt; what was said and thought."""
        self.truth.prompt_told = True
        return self.part.prompt, self._said + self.part.hidden

    def usage_event(self, usage: Any) -> None:
        self.event({**self._frame(".chunk"), "choices": [], "usage": usage})

    def done(self) -> None:
        self.event(b"[DONE]")

    def completion(self, message: dict[str, Any] | None = None, **members: Any) -> bytes:
        """A whole reply of all the words."""
        if message is None:
            text = "".join(self.next_word() for _ in range(self.part.words))
            self.sent(text, self.part.words)
            message = {"content": text}
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
        return dump({**self._frame(), "choices": [choice], **members})


class Liar:
    """`with Liar(seed) as upstream:`; speaks plain HTTP, a thread for each connection."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._parts: dict[str, Part] = {}
        self._truths: dict[str, Truth] = {}
        self._changed = threading.Condition()
        self._connections: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "Liar":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        with self._changed:
            for connection in self._connections:
                connection.close()

    def expect(self, part: Part) -> None:
        with self._changed:
            self._parts[part.mark] = part
            self._truths[part.mark] = Truth()

    def truth(self, mark: str) -> Truth:
        return self._truths[mark]

    def wait_for_arrival(self, mark: str, seconds: float) -> bool:
        """True once the request has come; it may never, for the host may refuse it."""
        with self._changed:
            return self._changed.wait_for(lambda: self._truths[mark].arrivals > 0, seconds)

    def wait_until_over(self, mark: str, seconds: float) -> bool:
        """True once the answer was given, and all that follows it."""
        with self._changed:
            return self._changed.wait_for(lambda: self._truths[mark].over, seconds)

    # ---- serving ----------------------------------------------------------------------------

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            reader = connection.makefile("rb")
            served: tuple[str, ...] = ()
            while body := _read_request(reader):
                exchange = self._begin(connection, body)
                exchange.truth.before = served
                served += (exchange.part.manner,)
                try:
                    exchange.part.play(exchange)
                finally:
                    self._end(exchange)
                if not exchange.keeps:
                    break
        except (Gone, OSError):
            pass
        finally:
            reader.close()
            with self._changed:
                self._connections.discard(connection)
            connection.close()

    def _begin(self, connection: socket.socket, body: bytes) -> Exchange:
        mark = MARK.search(body)[0].decode()
        with self._changed:
            truth = self._truths[mark]
            truth.arrivals += 1
            truth.text, truth.reported, truth.prompt_told = "", None, False
            truth.whole = truth.over = False
            self._changed.notify_all()
            return Exchange(connection, json.loads(body), self._parts[mark], truth, self._seed)

    def _end(self, exchange: Exchange) -> None:
        with self._changed:
            exchange.truth.over = True
            self._changed.notify_all()


def _read_request(reader: Any) -> bytes | None:
    """The body of the next request, or None at the end."""
    if not reader.readline():
        return None
    length = 0
    while (line := reader.readline().strip()):
        name, _, text = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(text)
    return reader.read(length)

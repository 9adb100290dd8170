"""Upstreams that write what a test likes, byte by byte and frame by frame, over connections that
they keep. Each connection has a thread."""

import json
import socket
import ssl
import threading
from contextlib import suppress
from typing import Callable, Iterator

from upstream import qwen
from upstream.tls import Authority

DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM = 0, 2, 7


class RawUpstream:
    """Listens while in a `with`; `serve` plays one connection, and it is closed after that."""

    def __init__(self, authority: Authority | None, protocol: str | None = None) -> None:
        self._tls = authority.server_context() if authority else None
        if self._tls and protocol:
            self._tls.set_alpn_protocols([protocol])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        self.heard: list[str] = []  # the prompts of all requests that came whole

    def speak_at_most(self, version: ssl.TLSVersion) -> None:
        self._tls.maximum_version = version

    @property
    def base_url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self) -> "RawUpstream":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                visitor = self._listener.accept()[0]
                threading.Thread(target=self._play, args=(visitor,), daemon=True).start()

    def _play(self, visitor: socket.socket) -> None:
        with suppress(OSError, EOFError):
            visitor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = self._tls.wrap_socket(visitor, server_side=True) if self._tls else visitor
            self.connections += 1
            with stream:
                self.serve(stream, self.connections)

    def serve(self, stream: socket.socket, number: int) -> None:
        raise NotImplementedError

    def hear(self, body: bytes) -> str:
        prompt = json.loads(body)["messages"][0]["content"]
        self.heard.append(prompt)
        return prompt


class Reader:
    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._unread = b""

    def take(self, count: int) -> bytes:
        while len(self._unread) < count:
            self._receive()
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def take_until(self, mark: bytes) -> bytes:
        while mark not in self._unread:
            self._receive()
        taken, self._unread = self._unread.split(mark, 1)
        return taken

    def _receive(self) -> None:
        data = self._stream.recv(1 << 16)
        if not data:
            raise EOFError
        self._unread += data


def answer(text: str) -> bytes:
    body = qwen.dump(qwen.completion("m", text))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class KeepingUpstream(RawUpstream):
    """HTTP/1.1: answers each request with its prompt. `surplus` is what it says beyond that, in the
    same breath (over TLS in the same record) or in the next one."""

    def __init__(self, authority: Authority | None, surplus: bytes = b"",
                 same_breath: bool = True) -> None:
        super().__init__(authority)
        self._surplus = surplus
        self._same_breath = same_breath
        self.said = threading.Semaphore(0)  # all of it is on its way

    def serve(self, stream: socket.socket, number: int) -> None:
        reader = Reader(stream)
        while True:
            head = reader.take_until(b"\r\n\r\n").lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            reply = answer(self.hear(reader.take(length)))
            stream.sendall(reply + self._surplus if self._same_breath else reply)
            if self._surplus and not self._same_breath:
                stream.sendall(self._surplus)
            self.said.release()
            if self.ends(stream):
                return

    def ends(self, stream: socket.socket) -> bool:
        """Whether the connection ends after an answer, and how."""
        return False


class OrderlyUpstream(KeepingUpstream):
    """Ends each connection after one answer in good order, as web servers end idle ones: over TLS
    by close_notify first."""

    def ends(self, stream: socket.socket) -> bool:
        if isinstance(stream, ssl.SSLSocket):
            with suppress(OSError):
                stream.unwrap()
        return True


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags])
            + stream.to_bytes(4, "big") + payload)


def goaway(last_stream: int) -> bytes:
    return frame(GOAWAY, 0, 0, last_stream.to_bytes(4, "big") + bytes(4))


def reset(stream: int, error: int) -> bytes:
    return frame(RESET, 0, stream, error.to_bytes(4, "big"))


def part(stream: int, body: bytes, status: int = 200, flags: int = 0) -> bytes:
    """A head and some of the body; with END_STREAM it is all. Fields are written as they are: HPACK
    without its tables' memory."""
    kind = b"application/json"
    fields = b"\x08\x03" + str(status).encode() + b"\x0f\x10" + bytes([len(kind)]) + kind
    return frame(HEADERS, END_HEADERS, stream, fields) + frame(DATA, flags, stream, body)


def whole(stream: int, text: str, status: int = 200) -> bytes:
    error = {"message": text, "type": "rate_limit_error", "code": "slow"}
    body = qwen.completion("m", text) if status == 200 else {"error": error}
    return part(stream, qwen.dump(body), status, END_STREAM)


class FrameUpstream(RawUpstream):
    """HTTP/2. `on_request` says which frames answer a whole request, given the connection's number,
    the stream and the prompt; `on_head`, if there is one, answers when only its head has come, and
    nothing of the body is allowed beyond the first window."""

    def __init__(self, on_request: Callable[[int, int, str], bytes] | None = None,
                 authority: Authority | None = None,
                 on_head: Callable[[int], bytes] | None = None) -> None:
        super().__init__(authority, "h2")
        self._on_request = on_request
        self._on_head = on_head

    def serve(self, stream: socket.socket, number: int) -> None:
        reader = Reader(stream)
        reader.take(24)  # the preface
        stream.sendall(frame(SETTINGS, 0, 0))
        bodies: dict[int, bytes] = {}
        for kind, flags, index, payload in self._frames(reader):
            if kind in (SETTINGS, PING) and not flags & ACK:
                stream.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
            if kind not in (DATA, HEADERS):
                continue
            bodies[index] = bodies.get(index, b"") + (payload if kind == DATA else b"")
            if self._on_head:
                stream.sendall(self._on_head(index) if kind == HEADERS else b"")
                continue
            if kind == DATA and payload:
                more = len(payload).to_bytes(4, "big")
                stream.sendall(frame(WINDOW, 0, 0, more) + frame(WINDOW, 0, index, more))
            if flags & END_STREAM:
                stream.sendall(self._on_request(number, index, self.hear(bodies.pop(index))))
                if self.after_request(stream):
                    return

    def after_request(self, stream: socket.socket) -> bool:
        """Whether the connection ends when a request was answered."""
        return False

    @staticmethod
    def _frames(reader: Reader) -> Iterator[tuple[int, int, int, bytes]]:
        while True:
            head = reader.take(9)
            index = int.from_bytes(head[5:], "big") & 0x7fffffff
            yield head[3], head[4], index, reader.take(int.from_bytes(head[:3], "big"))

"""A strict HTTP/1.1 client: sees when each byte comes, takes no malformed or cut body for good."""

import json
import socket
import time
from typing import Any, Iterator

SECONDS = 20.0  # no read in a test lasts longer


class Truncated(Exception):
    """The connection ended before the body did."""


class Reply:
    """The answer to one request. The head has been read; the body is read as it is asked for."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        first, *lines = connection.read_until(b"\r\n\r\n").decode("latin-1").strip().split("\r\n")
        self.version, status, self.reason = first.split(" ", 2)
        self.status = int(status)
        pairs = [line.split(":", 1) for line in lines]
        self.header_list = [(name.lower(), value.strip()) for name, value in pairs]
        self.headers = dict(self.header_list)
        self._text = b""

    def pieces(self) -> Iterator[bytes]:
        """The body, piece by piece as it was sent."""
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(self._connection.read_until(b"\r\n"), 16):
                yield self._connection.read_exactly(size)
                assert self._connection.read_exactly(2) == b"\r\n"
            assert self._connection.read_exactly(2) == b"\r\n"
        elif "content-length" in self.headers:
            yield self._connection.read_exactly(int(self.headers["content-length"]))
        else:
            yield self._connection.read_to_end()

    def body(self) -> bytes:
        return b"".join(self.pieces())

    def json(self) -> Any:
        return json.loads(self.body())

    def error(self) -> dict[str, Any]:
        """The error in OpenAI's envelope: exactly these members, in JSON."""
        assert self.headers["content-type"].startswith("application/json"), self.headers
        return check_error(self.json())

    def events(self) -> Iterator[str]:
        """The data of each server-sent event, as it comes. Allows what all official clients can
        read, nothing else: `data: `, and comments without a blank line of their own."""
        assert self.headers["content-type"].split(";")[0] == "text/event-stream", self.headers
        pending = b""
        for piece in self.pieces():
            pending += piece
            while b"\n\n" in pending:
                event, pending = pending.split(b"\n\n", 1)
                while event.startswith(b":"):
                    _, event = event.split(b"\n", 1)
                assert event.startswith(b"data: ") and b"\n" not in event, event
                yield event.removeprefix(b"data: ").decode()
        assert not pending, f"the stream ends within an event: {pending!r}"

    def chunks(self) -> list[dict[str, Any]]:
        """All events of a stream, which must end with one `[DONE]` and nothing after it."""
        *events, last = self.events()
        assert last == "[DONE]", last
        return [json.loads(event) for event in events]


class Connection:
    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(SECONDS)
        self.socket.connect(("127.0.0.1", port))
        self._buffer = b""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> float:
        """Closes, and says when."""
        at = time.monotonic()
        self.socket.close()
        return at

    def send(self, method: str, path: str, body: bytes | None = None,
             headers: dict[str, str] | None = None) -> Reply:
        fields = {"host": "bellwether", **(headers or {})}
        if body is not None:
            fields = {"content-type": "application/json", "content-length": str(len(body)),
                      **fields}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        return self.read_reply()

    def read_reply(self) -> Reply:
        """Reads the head of an answer; for requests that were not sent with `send`."""
        return Reply(self)

    def post(self, path: str, payload: Any, headers: dict[str, str] | None = None) -> Reply:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.send("POST", path, body, headers)

    def chat(self, model: str, prompt: str = "Hello", headers: dict[str, str] | None = None,
             **members: Any) -> Reply:
        payload = {"model": model, "messages": [{"role": "user", "content": prompt}], **members}
        return self.post("/v1/chat/completions", payload, headers)

    def read_until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._buffer += self._receive()
        taken, self._buffer = self._buffer.split(mark, 1)
        return taken

    def read_exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += self._receive()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def read_to_end(self) -> bytes:
        while data := self.socket.recv(1 << 16):
            self._buffer += data
        taken, self._buffer = self._buffer, b""
        return taken

    def at_end(self) -> bool:
        """True if the other side has closed, and had sent nothing more."""
        return not self._buffer and not self.socket.recv(1)

    def _receive(self) -> bytes:
        if data := self.socket.recv(1 << 16):
            return data
        raise Truncated(f"the connection closed; unread: {self._buffer[-200:]!r}")


def check_error(body: dict[str, Any]) -> dict[str, Any]:
    assert set(body) == {"error"}, body
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}, error
    assert error["message"] and isinstance(error["message"], str), error
    assert error["type"] and isinstance(error["type"], str), error
    assert error["code"] is None or (error["code"] and isinstance(error["code"], str)), error
    assert error["param"] is None or isinstance(error["param"], str), error
    return error


def content_of(chunks: list[dict[str, Any]]) -> str:
    """The text of a streamed chat."""
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)

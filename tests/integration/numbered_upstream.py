"""A provider in a process of its own, for loads: a stream of numbered pieces, or a whole answer.
The prompt says how many pieces, and how many milliseconds lie between them: `PIECES PAUSE_MS`."""

import asyncio
import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

PROMPT_TOKENS = 10  # that every answer says it took; and one token for each piece

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NumberedUpstream:
    """`with NumberedUpstream() as upstream:`"""

    def __enter__(self) -> "NumberedUpstream":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "integration.numbered_upstream"],
            cwd=Path(__file__).resolve().parents[1], stdout=subprocess.PIPE)
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def tokens(self) -> int:
        """Of all answers that it has given to their end."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/tokens") as reply:
            return int(reply.read())


def _usage(pieces: int) -> dict[str, int]:
    return {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": pieces,
            "total_tokens": PROMPT_TOKENS + pieces}


def _event(model: str, choices: list[object], **members: object) -> bytes:
    payload = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model,
               "choices": choices, **members}
    data = b"data: " + json.dumps(payload).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


def _piece(model: str, text: str, finish: str | None = None) -> bytes:
    return _event(model, [{"index": 0, "delta": {"content": text}, "finish_reason": finish}])


async def _stream(model: str, pieces: int, pause_ms: int, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                 b"transfer-encoding: chunked\r\n\r\n")
    for number in range(pieces):
        writer.write(_piece(model, f"{number} "))
        await writer.drain()
        await asyncio.sleep(pause_ms / 1000)
    end = b"data: [DONE]\n\n"
    writer.write(_piece(model, "", "stop") + _event(model, [], usage=_usage(pieces))
                 + b"%x\r\n%s\r\n0\r\n\r\n" % (len(end), end))


def _reply(model: str, pieces: int) -> bytes:
    text = "".join(f"{number} " for number in range(pieces))
    body = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": model,
                       "choices": [{"index": 0, "finish_reason": "stop",
                                    "message": {"role": "assistant", "content": text}}],
                       "usage": _usage(pieces)}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" \
        % (len(body), body)


_answered = 0  # tokens of the answers that were given


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    global _answered
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET /tokens "):
                text = b"%d" % _answered
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text))
                continue
            length = int(re.search(rb"\r\ncontent-length: (\d+)", head, re.I)[1])
            asked = json.loads(await reader.readexactly(length))
            pieces, pause_ms = map(int, asked["messages"][-1]["content"].split())
            if asked.get("stream"):
                await _stream(asked["model"], pieces, pause_ms, writer)
            else:
                writer.write(_reply(asked["model"], pieces))
            await writer.drain()
            _answered += PROMPT_TOKENS + pieces
    except (OSError, asyncio.IncompleteReadError):
        writer.close()


async def _run() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_run())

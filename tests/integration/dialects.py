"""A host with the test plugin that does what its request says (tests/abi/dialects.cpp), and what
clients of other APIs than chat send to it."""

import json
from collections.abc import Iterator
from typing import Any

from integration.conftest import route, server
from integration.host import PLUGINS, Host
from integration.http_client import Connection, Reply

SPEECH, IMAGES = "/v1/audio/speech", "/v1/images/generations"
MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"

Json = dict[str, Any]


def config(more: str = "", workers: int = 2, **members: str) -> str:
    """`any` goes to the plugin alone, `twice` to two of it, `helped` to one that serves only chat
    first, and `chat` to that alone."""
    providers = "".join(f'\n[providers.{name}]\nplugin = "{PLUGINS}/test/dialects.so"\n'
                        for name in ("first", "other"))
    return (server(workers, **members) + providers + "\n[providers.echo]\n" + route("any", '"first"')
            + route("twice", '["first", "other"]') + route("helped", '["echo", "first"]')
            + route("chat", '"echo"') + more)


# ---- steps of a play ----------------------------------------------------------------------------


def sound(text: str = "abc", kind: str = "audio/mpeg", **more: Any) -> Json:
    return {"bytes": text, "type": kind, **more}


def wait(milliseconds: int) -> Json:
    return {"wait": milliseconds}


def fails(kind: int = 6, **more: Any) -> Json:
    return {"fail": kind, **more}


def images(count: int = 1) -> Json:
    return {"reply": {"created": 7, "data": [{"url": f"https://x.test/{n}"} for n in range(count)]}}


def event(data: Json) -> Json:
    return {"event": data["type"], "data": data}


def message_begins(tokens: int = 11) -> Json:
    return event({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": None, "usage": {"input_tokens": tokens, "output_tokens": 1}}})


def words(*texts: str) -> list[Json]:
    deltas = [event({"type": "content_block_delta", "index": 0,
                     "delta": {"type": "text_delta", "text": text}}) for text in texts]
    return [event({"type": "content_block_start", "index": 0,
                   "content_block": {"type": "text", "text": ""}}), *deltas]


def message_ends(tokens: int = 7) -> list[Json]:
    return [event({"type": "content_block_stop", "index": 0}),
            event({"type": "message_delta", "usage": {"output_tokens": tokens},
                   "delta": {"stop_reason": "end_turn", "stop_sequence": None}}),
            event({"type": "message_stop"})]


def whole_message(*texts: str) -> list[Json]:
    return [message_begins(), *words(*texts), {"usage": {"input": 11, "output": 7}},
            *message_ends()]


def message(text: str = "Hello") -> Json:
    return {"reply": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
                      "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
                      "usage": {"input_tokens": 11, "output_tokens": 7}}}


# ---- asking -------------------------------------------------------------------------------------


def body_of(path: str, model: str, play: list[Json], **members: Any) -> Json:
    usual: Json = {"input": "Say it.", "voice": "alloy"}
    if path == IMAGES:
        usual = {"prompt": "a cat"}
    if path in (MESSAGES, COUNT):
        usual = {"messages": [{"role": "user", "content": "Hello"}]}
        if path == MESSAGES:
            usual["max_tokens"] = 50
    return {"model": model, **usual, "play": play, **members}


def ask(host: Host, path: str, play: list[Json], model: str = "any",
        headers: dict[str, str] | None = None, connection: Connection | None = None,
        **members: Any) -> Reply:
    return (connection or host.connect()).post(path, body_of(path, model, play, **members), headers)


def events(reply: Reply) -> Iterator[tuple[str, Json]]:
    """The name and the data of each event, as it comes."""
    assert reply.headers["content-type"].split(";")[0] == "text/event-stream", reply.headers
    pending = b""
    for piece in reply.pieces():
        pending += piece
        while b"\n\n" in pending:
            text, pending = pending.split(b"\n\n", 1)
            lines = [line for line in text.split(b"\n") if not line.startswith(b":")]
            if not lines:
                continue
            name, data = lines
            assert name.startswith(b"event: ") and data.startswith(b"data: "), text
            yield name.removeprefix(b"event: ").decode(), json.loads(data.removeprefix(b"data: "))
    assert not pending, pending


def check_error(told: Json) -> Json:
    """An error in Anthropic's form, and nothing else."""
    assert set(told) == {"type", "error"} and told["type"] == "error", told
    assert set(told["error"]) == {"type", "message"} and told["error"]["message"], told
    return told["error"]


def error_of(reply: Reply) -> Json:
    assert reply.headers["content-type"].startswith("application/json"), reply.headers
    return check_error(reply.json())

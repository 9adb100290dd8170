"""Upstreams that answer as no specification says, and as they do: the answer arrives all the same, in
a form that strict clients read, and a failure arrives with its words."""

import json
import socket
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from integration.conftest import StartHost, route, server
from integration.host import Host, wait_for
from integration.http_client import Reply
from upstream.raw import RawUpstream, Reader

DONE = b"[DONE]"
STREAM = b"text/event-stream"


def chunk(delta: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def events(*payloads: Any) -> bytes:
    return b"".join(b"data: %s\n\n" % (p if isinstance(p, bytes) else json.dumps(p).encode())
                    for p in payloads)


class OddUpstream(RawUpstream):
    """Answers every request with what `answer` makes of its body: a status, a type, and bytes."""

    def __init__(self) -> None:
        super().__init__(None)
        self.asked: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], tuple[str, bytes, bytes]]

    def says(self, body: bytes, kind: bytes = STREAM, status: str = "200 OK") -> None:
        self.answer = lambda _: (status, kind, body)

    def serve(self, stream: socket.socket, number: int) -> None:
        reader = Reader(stream)
        while True:
            head = reader.take_until(b"\r\n\r\n").lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            self.asked.append(json.loads(reader.take(length)))
            status, kind, body = self.answer(self.asked[-1])
            stream.sendall(b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
                           % (status.encode(), kind, len(body), body))


@pytest.fixture(scope="module")
def odd() -> Iterator[OddUpstream]:
    with OddUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def other() -> Iterator[OddUpstream]:
    with OddUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def odd_host(start_host: StartHost, odd: OddUpstream, other: OddUpstream) -> Host:
    def section(name: str, upstream: OddUpstream, plugin: str = "openai") -> str:
        key = '\napi_key = "env:HOLYSHEEP_API_KEY"' if plugin == "holysheep" else ""
        return (f'\n[providers.{name}]\nplugin = "{plugin}"\n'
                f'base_url = "{upstream.base_url}"{key}\n')
    config = (server(workers=1) + section("odd", odd) + section("other", other)
              + section("sheep", odd, "holysheep")
              + route("two", '["odd", "other"]') + route("qwen3-32b", '"sheep"')
              + route("*", '"odd"'))
    return start_host(config)


def strict(text: str) -> Any:
    """As a reader takes it that knows JSON's own words only."""
    def refuse(word: str) -> None:
        raise ValueError(word)
    return json.loads(text, parse_constant=refuse)


def chunks(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200
    *all_but_last, last = [event.encode().decode("utf-8", "strict") for event in reply.events()]
    assert last == "[DONE]"
    return [strict(event) for event in all_but_last]


def text_of(pieces: list[dict[str, Any]]) -> str:
    return "".join(choice["delta"].get("content") or "" for piece in pieces
                   for choice in piece["choices"])


FIRST, LAST = chunk({"role": "assistant", "content": "a"}), chunk({"content": "z"})
END = chunk({}, "stop")
CONTENT = b'{"id":"c","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}'
ODD_EVENTS = {
    "null": (events(b"null"), ""), "ping": (events(b"ping"), ""), "empty text": (events(b'""'), ""),
    "half an object": (events(b'{"choices":['), ""), "number": (events(b"12"), ""),
    "invalid byte": (events(CONTENT % b"b\xff"), "b\ufffd"),
    "split character": (events(CONTENT % b"\xf0\x9f", CONTENT % b"\x90\x91"), "\U0001f411"),
    "half a character": (events(CONTENT % b"\xf0\x9f"), "\ufffd"),
    "surrogate half": (events(CONTENT % b"\\ud83d"), "\ufffd"),
    "split surrogates": (events(CONTENT % b"\\ud83d", CONTENT % b"\\udc11"), "\U0001f411"),
    "not a number": (events(b'{"choices":[{"index":0,"delta":{"content":"b"},'
                            b'"logprobs":{"content":[{"logprob":-Infinity,"x":NaN}]}}]}'), "b"),
    "single line ends": (b"data: " + CONTENT % b"b" + b"\ndata: " + CONTENT % b"c" + b"\n\n", "bc"),
    "byte order mark": (b"\xef\xbb\xbf" + events(CONTENT % b"b"), "b"),
    "error without words": (events(chunk({"content": "b"}, error={"message": "", "code": None})),
                            "b"),
}


@pytest.mark.parametrize(("body", "text"), ODD_EVENTS.values(), ids=ODD_EVENTS.keys())
@pytest.mark.parametrize("folded", [False, True])
def test_one_odd_event_does_not_cost_the_answer(odd_host: Host, odd: OddUpstream, body: bytes,
                                                text: str, folded: bool) -> None:
    odd.says(events(FIRST) + body + events(LAST, END, b'"[DONE]"'))
    if not folded:
        pieces = chunks(odd_host.chat("m", stream=True))
        assert text_of(pieces) == f"a{text}z"
        assert all("error" not in piece for piece in pieces)
        return
    reply = odd_host.chat("qwen3-32b", enable_thinking=True)
    whole = strict(reply.body().decode())
    assert reply.status == 200
    assert whole["choices"][0]["message"]["content"] == f"a{text}z"


def test_what_was_passed_over_is_told_of(odd_host: Host, odd: OddUpstream) -> None:
    """Once a minute, and without a word of the answer."""
    for _ in range(5):
        odd.says(events(FIRST, b"hush hush", LAST, END, DONE))
        assert odd_host.chat("m", stream=True).chunks()
    lines = wait_for(lambda: [line for line in odd_host.log().splitlines()
                              if "cannot be read" in line], "the log tells of it")
    assert len([line for line in lines if '\\"odd\\"' in line]) == 1
    assert all("hush" not in line for line in lines)


@pytest.mark.parametrize("end", [events(DONE), b""])
def test_an_answer_in_which_nothing_could_be_read_is_an_error(odd_host: Host, odd: OddUpstream,
                                                              end: bytes) -> None:
    for stream in (False, True):
        odd.says(events(b"null", b'{"choices":[{') + end)
        reply = odd_host.chat("m", stream=stream)
        assert (reply.status, reply.error()["code"]) == (502, "malformed_chunk")


def test_a_stream_cut_within_an_event_is_cut(odd_host: Host, odd: OddUpstream) -> None:
    odd.says(events(FIRST) + b'data: {"choices":[{"index":0,"finish_reason":"st')
    *_, last = odd_host.chat("m", stream=True).chunks()
    assert last["error"]["code"] == "malformed_chunk"


def test_events_without_blank_lines_come_at_once(odd_host: Host, odd: OddUpstream) -> None:
    """A stream of them is not one event that ends with the stream."""
    lines = [FIRST, *[chunk({"content": "x" * 1000}) for _ in range(8000)], LAST, END]
    body = b"".join(b"data: %s\n" % json.dumps(line).encode() for line in lines)
    odd.says(body + b"data: [DONE]\n\n")  # more than an event may have
    assert len(body) > 4 << 20
    assert text_of(chunks(odd_host.chat("m", stream=True))) == "a" + "x" * 8_000_000 + "z"


# ---- tool calls ----------------------------------------------------------------------------------

def fragment(id: Any, arguments: Any, **more: Any) -> dict[str, Any]:
    call = {"index": 0, "id": id, "type": "function",
            "function": {"name": "f", "arguments": arguments}, **more}
    return {key: part for key, part in call.items() if part is not None}


def gathered(pieces: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """As clients do: fragments of one index are one call, and all strings are joined."""
    calls: dict[int, list[str]] = {}
    for piece in pieces:
        for part in piece["choices"][0]["delta"].get("tool_calls", []):
            call = calls.setdefault(part["index"], ["", "", ""])
            function = part["function"]
            for i, text in enumerate([part.get("id", ""), function.get("name", ""),
                                      function.get("arguments", "")]):
                call[i] += text
    return [(id, name, arguments) for id, name, arguments in calls.values()]


CALLS = {
    "one index": ([fragment("a", "{}"), fragment("b", "{}")], ["a", "b"], ["{}", "{}"]),
    "no ids": ([fragment("", "{}"), fragment("", "{}")], None, ["{}", "{}"]),
    "null ids": ([fragment(None, '{"a":'), {"index": 0, "function": {"arguments": "1}"}}], None,
                 ['{"a":1}']),
    "repeated": ([fragment("a", '{"a":'), fragment("a", "1}")], ["a"], ['{"a":1}']),
    "objects": ([fragment("a", {"a": 1})], ["a"], ['{"a":1}']),
}


@pytest.mark.parametrize(("parts", "ids", "arguments"), CALLS.values(), ids=CALLS.keys())
def test_tool_calls_come_in_proper_form(odd_host: Host, odd: OddUpstream, parts: list[Any],
                                        ids: list[str] | None, arguments: list[str]) -> None:
    odd.says(events(*[chunk({"role": "assistant", "tool_calls": [part]}) for part in parts],
                    chunk(None, "tool_calls"), DONE))
    pieces = chunks(odd_host.chat("m", stream=True))
    roles = [piece["choices"][0]["delta"].get("role") for piece in pieces]
    assert roles == ["assistant"] + [None] * len(parts)
    calls = gathered(pieces)
    whole = odd_host.chat("qwen3-32b", enable_thinking=True).json()
    folded = [(call["id"], call["function"]["name"], call["function"]["arguments"])
              for call in whole["choices"][0]["message"]["tool_calls"]]
    for got in (calls, folded):
        assert [name for _, name, _ in got] == ["f"] * len(arguments)
        assert [json.loads(text) for _, _, text in got] == [json.loads(a) for a in arguments]
        assert len({id for id, _, _ in got}) == len(arguments)
        assert [id for id, _, _ in got] == ids if ids else all(id for id, _, _ in got)


def test_a_reply_has_proper_tool_calls(odd_host: Host, odd: OddUpstream) -> None:
    """The same where it becomes a stream."""
    message = {"content": None, "tool_calls": [{"id": "", "function": {"name": "f",
                                                                      "arguments": {"a": 1}}}]}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    odd.says(b"\xef\xbb\xbf" + json.dumps(body).encode(), b"application/json")
    call = odd_host.chat("m").json()["choices"][0]["message"]["tool_calls"][0]
    assert call["id"].startswith("call_") and call["type"] == "function"
    assert json.loads(call["function"]["arguments"]) == {"a": 1}
    [(id, name, arguments)] = gathered(chunks(odd_host.chat("m", stream=True)))
    assert id.startswith("call_") and (name, json.loads(arguments)) == ("f", {"a": 1})


# ---- failures ------------------------------------------------------------------------------------

FAILURES = [
    {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "the words"}},
    {"code": "Whatever", "message": "the words", "choices": []},
    {"message": "the words"}, {"msg": "the words", "choices": None}, {"detail": "the words"},
    {"errors": [{"message": "the words"}]},
]


@pytest.mark.parametrize("failure", FAILURES, ids=json.dumps)
@pytest.mark.parametrize("model", ["m", "qwen3-32b"])
def test_a_failure_in_a_200_keeps_its_words(odd_host: Host, odd: OddUpstream, model: str,
                                            failure: dict[str, Any]) -> None:
    body = json.dumps(failure).encode()
    for kind, sent in ((b"application/json", body), (STREAM, events(body, DONE))):
        odd.says(sent, kind)
        for stream in (False, True):
            reply = odd_host.chat(model, stream=stream, enable_thinking=True)
            assert reply.status >= 400
            assert "the words" in reply.error()["message"]


@pytest.mark.parametrize("status", ["405 Method Not Allowed", "406 Not Acceptable", "410 Gone",
                                    "413 Too Large", "426 Upgrade Required", "451 Legal"])
def test_what_is_not_the_clients_mistake_goes_to_the_next_target(
        odd_host: Host, odd: OddUpstream, other: OddUpstream, status: str) -> None:
    odd.says(b'{"error":{"message":"gone","code":"x"}}', b"application/json", status)
    other.says(events(FIRST, END, DONE))
    assert text_of(chunks(odd_host.chat("two", stream=True))) == "a"
    assert odd_host.chat("m").status != 400 or status.startswith("413")


def test_refused_stream_options_do_not_blame_the_client(odd_host: Host, odd: OddUpstream,
                                                        other: OddUpstream) -> None:
    """The same target is asked once more without them, and the next request knows."""
    def answer(asked: dict[str, Any]) -> tuple[str, bytes, bytes]:
        if "stream_options" in asked:
            return ("400 Bad Request", b"application/json",
                    b'{"error":{"message":"unknown argument: stream_options"}}')
        return "200 OK", STREAM, events(FIRST, END, DONE)

    odd.answer = answer
    other.says(events(LAST, END, DONE))
    assert text_of(chunks(odd_host.chat("two", stream=True))) == "a"
    first = odd_host.chat("refuses-them", stream=True)
    assert first.headers["x-bellwether-attempts"] in ("1", "2")  # a worker may have learned it
    assert text_of(chunks(first)) == "a"
    asked = odd_host.chat("refuses-them", stream=True, stream_options={"include_usage": True})
    assert chunks(asked)[-1]["usage"]["completion_tokens"] >= 1

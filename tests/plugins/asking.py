"""The ways in which a program asks: the package's client and its asynchronous one, whole or
streamed, its helpers, and the bytes of a stream as they are."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

import openai
from pydantic import BaseModel

from integration.host import Host
from upstream.qwen import Json

Call = tuple[str, str, Json]  # id, name, arguments


@dataclass(frozen=True)
class Usage:
    prompt: int
    answer: int
    total: int
    cached: int
    thinking: int


@dataclass(frozen=True)
class Failure:
    """An exception of the package. `status` is None if it came in a stream that had begun."""

    kind: str
    status: int | None
    type: str | None
    code: str | None
    message: str = field(compare=False, default="")
    headers: dict[str, str] = field(compare=False, default_factory=dict)


@dataclass
class Outcome:
    """What came to the program."""

    role: str | None = None
    said: str = ""
    thought: str = ""
    calls: list[Call] = field(default_factory=list)
    finish: str | None = None
    model: str = ""
    usage: Usage | None = None
    failure: Failure | None = None
    parsed: Any = None
    message: Any = None  # as the package has it, to be sent back
    headers: dict[str, str] = field(default_factory=dict)


class Clients(Protocol):
    """Of one host."""

    host: Host
    plain: openai.OpenAI
    waiting: openai.AsyncOpenAI

    def run(self, work: Any) -> Any: ...


class Sheep(BaseModel):
    """What an answer is asked to be."""

    name: str
    legs: int


def failure_of(error: openai.APIError) -> Failure:
    status, headers = None, {}
    if isinstance(error, openai.APIStatusError):
        status, headers = error.status_code, dict(error.response.headers)
    return Failure(type(error).__name__, status, error.type, error.code, str(error), headers)


def usage_of(told: Json | None) -> Usage | None:
    if told is None:
        return None
    prompt = told.get("prompt_tokens_details") or {}
    answer = told.get("completion_tokens_details") or {}
    return Usage(told["prompt_tokens"], told["completion_tokens"], told["total_tokens"],
                 prompt.get("cached_tokens") or 0, answer.get("reasoning_tokens") or 0)


def outcome_of(completion: Any, headers: Any = None) -> Outcome:
    told = completion.model_dump(exclude_unset=True, warnings=False)  # `parsed` is of another class
    (choice,) = told["choices"]
    message = choice["message"]
    assert told["object"] == "chat.completion" and told["id"] and told["created"] > 0
    assert choice["index"] == 0 and "content" in message
    return Outcome(
        message["role"], message["content"] or "", message.get("reasoning_content") or "",
        [_call(call) for call in message.get("tool_calls") or []], choice["finish_reason"],
        told["model"], usage_of(told.get("usage")), message=completion.choices[0].message,
        parsed=message.get("parsed"), headers=dict(headers or {}))


def _call(call: Json) -> Call:
    assert call["type"] == "function"
    return call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])


class Sum:
    """Adds up the chunks of a stream, and holds them to their order."""

    def __init__(self) -> None:
        self.outcome = Outcome()
        self._ids: set[str] = set()
        self._calls: list[Json] = []

    def add(self, chunk: Json) -> None:
        assert chunk["object"] == "chat.completion.chunk" and chunk["created"] > 0, chunk
        self._ids.add(chunk["id"])
        assert len(self._ids) == 1 and chunk["id"], "one id for all of a stream"
        assert self.outcome.usage is None, "nothing comes after the usage"
        self.outcome.model = chunk["model"] or self.outcome.model
        if chunk.get("usage"):
            self.outcome.usage = usage_of(chunk["usage"])
        if not chunk["choices"]:
            assert chunk.get("usage"), "a chunk has a choice or the usage"
            return
        (choice,) = chunk["choices"]
        assert choice["index"] == 0 and self.outcome.finish is None, "the last word is the last"
        self._add_delta(choice["delta"])
        self.outcome.finish = choice.get("finish_reason")

    def _add_delta(self, delta: Json) -> None:
        if role := delta.get("role"):
            assert self.outcome.role is None, "the role comes once"
            self.outcome.role = role
        assert self.outcome.role == "assistant", "and first"
        self.outcome.said += delta.get("content") or ""
        self.outcome.thought += delta.get("reasoning_content") or ""
        for piece in delta.get("tool_calls") or []:
            self._add_piece(piece)

    def _add_piece(self, piece: Json) -> None:
        """An index begins with an id and a name, and both come once."""
        function = piece["function"]
        if piece["index"] == len(self._calls):
            assert piece["id"] and piece["type"] == "function" and function["name"], piece
            self._calls.append({"id": piece["id"], "name": function["name"], "arguments": ""})
        else:
            assert not piece.get("id") and not function.get("name"), piece
        self._calls[piece["index"]]["arguments"] += function.get("arguments") or ""

    def done(self) -> Outcome:
        self.outcome.calls = [(call["id"], call["name"], json.loads(call["arguments"]))
                              for call in self._calls]
        return self.outcome


def _add_all(sums: Sum, chunks: Iterable[Any]) -> None:
    for chunk in chunks:
        sums.add(chunk.model_dump(exclude_unset=True))


def plain(clients: Clients, asks: Json) -> Outcome:
    raw = clients.plain.chat.completions.with_raw_response.create(**asks)
    return outcome_of(raw.parse(), raw.headers)


def async_plain(clients: Clients, asks: Json) -> Outcome:
    async def ask() -> Outcome:
        raw = await clients.waiting.chat.completions.with_raw_response.create(**asks)
        return outcome_of(raw.parse(), raw.headers)

    return clients.run(ask())


def stream(clients: Clients, asks: Json) -> Outcome:
    sums = Sum()
    try:
        raw = clients.plain.chat.completions.with_raw_response.create(**asks, stream=True)
        sums.outcome.headers = dict(raw.headers)
        with raw.parse() as chunks:
            _add_all(sums, chunks)
    except openai.APIError as error:
        sums.outcome.failure = failure_of(error)
    return sums.done()


def async_stream(clients: Clients, asks: Json) -> Outcome:
    sums = Sum()

    async def ask() -> None:
        raw = await clients.waiting.chat.completions.with_raw_response.create(**asks, stream=True)
        sums.outcome.headers = dict(raw.headers)
        async with raw.parse() as chunks:
            async for chunk in chunks:
                sums.add(chunk.model_dump(exclude_unset=True))

    try:
        clients.run(ask())
    except openai.APIError as error:
        sums.outcome.failure = failure_of(error)
    return sums.done()


def helper(clients: Clients, asks: Json) -> Outcome:
    """`.stream()`, which adds up by itself: all but the sum is left to it."""
    said = ""
    try:
        with clients.plain.chat.completions.stream(**_with_class(asks)) as events:
            for event in events:
                said += event.delta if event.type == "content.delta" else ""
            return outcome_of(events.get_final_completion())
    except openai.APIError as error:
        return Outcome("assistant", said, failure=failure_of(error))


def async_helper(clients: Clients, asks: Json) -> Outcome:
    said = ""

    async def ask() -> Outcome:
        nonlocal said
        async with clients.waiting.chat.completions.stream(**_with_class(asks)) as events:
            async for event in events:
                said += event.delta if event.type == "content.delta" else ""
            return outcome_of(await events.get_final_completion())

    try:
        return clients.run(ask())
    except openai.APIError as error:
        return Outcome("assistant", said, failure=failure_of(error))


def parse(clients: Clients, asks: Json) -> Outcome:
    return outcome_of(clients.plain.chat.completions.parse(**_with_class(asks)))


def async_parse(clients: Clients, asks: Json) -> Outcome:
    return outcome_of(clients.run(clients.waiting.chat.completions.parse(**_with_class(asks))))


def _with_class(asks: Json) -> Json:
    """The helpers take a class for a schema."""
    return {**asks, "response_format": Sheep} if "response_format" in asks else asks


def wire(clients: Clients, asks: Json) -> Outcome:
    """The stream's bytes: events, and `[DONE]` as the last one."""
    body = {**asks, **asks.get("extra_body", {}), "stream": True}
    body.pop("extra_body", None)
    sums = Sum()
    with clients.host.connect() as connection:
        reply = connection.post("/v1/chat/completions", body)
        assert reply.status == 200, reply.body()
        sums.outcome.headers = reply.headers
        for chunk in reply.chunks():
            assert sums.outcome.failure is None, "an error is the last event"
            if told := chunk.get("error"):
                sums.outcome.failure = Failure("APIError", None, told["type"], told["code"],
                                               told["message"])
            else:
                sums.add(chunk)
    return sums.done()


WAYS: dict[str, Callable[[Clients, Json], Outcome]] = {
    way.__name__: way for way in (plain, async_plain, stream, async_stream, helper, async_helper,
                                  parse, async_parse, wire)}


def ask(way: str, clients: Clients, asks: Json) -> Outcome:
    """Errors that came in place of an answer are an outcome as well."""
    try:
        return WAYS[way](clients, asks)
    except openai.APIError as error:
        return Outcome(failure=failure_of(error))

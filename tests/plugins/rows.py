"""The list of scenarios: what a client asks, what the vendor plays, what the client has to get, and
what the vendor has to be asked."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import openai

from plugins.asking import Failure, Outcome, Sheep, Usage
from plugins.reading import Read, outline
from plugins.stands import SECOND, Stand
from upstream.exchange import Scenario
from upstream.qwen import Json
from upstream.vendors import content
from upstream.vendors.content import Saying

WHOLE = ("plain", "async_plain")
STREAMS = ("stream", "async_stream", "helper", "async_helper", "wire")
SOME = ("stream", "async_helper", "wire")  # of these, where the others could not differ
BARE = ("async_stream", "wire")  # the helpers raise at the end of such an answer
ANY = ("plain", "async_plain", "stream")

SYSTEM = "You are terse. ทักทาย"
PROMPT = "Say hello to สมชาย \"and\" 你好."
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": PROMPT}]
USAGE = {"stream_options": {"include_usage": True}}

SCHEMAS: dict[str, Json] = {
    "get_weather": {"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string", "description": "Where."}, "days": {"type": "integer"}}},
    "get_time": {"type": "object", "required": ["zone"], "properties": {
        "zone": {"type": "string"}}}}
TOOLS = [{"type": "function", "function": {"name": name, "description": f"Tells: {name}.",
                                           "parameters": schema}}
         for name, schema in SCHEMAS.items()]
RESULTS = {"get_weather": "31 °C and \"rain\"", "get_time": "noon"}

NAMED_TOOL = {"type": "function", "function": {"name": "get_weather"}}
TURNS = [*MESSAGES, {"role": "assistant", "content": "สวัสดี."},
         {"role": "user", "content": "And now"}, {"role": "user", "content": "in Chinese."}]
SEQUENCE = Saying(content.WORDS, ends="sequence")

URL = "https://images.example/one.png"
DATA_URL = f"data:image/png;base64,{base64.b64encode(content.PNG).decode()}"
FORM = {"type": "json_schema", "json_schema": {"name": "Sheep", "strict": True, "schema": {
    "type": "object", "additionalProperties": False, "required": ["name", "legs"],
    "properties": {"name": {"type": "string"}, "legs": {"type": "integer"}}}}}
SHEEP = Saying(('{"name": "Dol', 'ly", "legs": 4}'))
BEGUN = Saying(("so ", "far"))


def seen(url: str) -> list[Json]:
    parts = [{"type": "text", "text": PROMPT}, {"type": "image_url", "image_url": {"url": url}}]
    return [MESSAGES[0], {"role": "user", "content": parts}]


# ---- what comes of it ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Answered:
    """The client gets what the vendor's model said."""

    saying: Saying
    usage: bool = True  # the client is told

    def check(self, stand: Stand, model: str, got: Outcome) -> None:
        assert got.failure is None, f"{got.failure}: {got.failure.message}"
        wanted = self.outcome(stand, model)
        if not stand.plugin.names_calls:  # any will do, if they differ
            ids = [call[0] for call in got.calls]
            assert all(ids) and len(set(ids)) == len(ids)
            wanted = replace(wanted, calls=[(one, *call[1:])
                                            for one, call in zip(ids, wanted.calls)])
        told = replace(got, parsed=None, message=None, headers={})
        assert told == wanted

    def outcome(self, stand: Stand, model: str) -> Outcome:
        saying, plugin, counts = self.saying, stand.plugin, self.saying.counts
        usage = Usage(counts.prompt, counts.answer, counts.prompt + counts.answer,
                      counts.cached if plugin.tells_cached else 0,
                      counts.thinking if plugin.tells_thinking else 0)
        finish = {"end": "stop", "sequence": "stop", "length": "length", "tools": "tool_calls",
                  "filter": "content_filter"}[saying.stop]
        return Outcome("assistant", saying.text, saying.thought if plugin.shows_thoughts else "",
                       [(call.id, call.name, call.arguments) for call in saying.calls], finish,
                       plugin.model(model), usage if self.usage else None)


@dataclass(frozen=True)
class Parsed(Answered):
    """And the package makes an object of the schema's class of it, where it is asked to."""

    def check(self, stand: Stand, model: str, got: Outcome) -> None:
        super().check(stand, model, got)
        if got.parsed is not None:
            assert Sheep.model_validate(got.parsed) == Sheep(**json.loads(self.saying.text))


@dataclass(frozen=True)
class AnsweredBySecond:
    """The next target answers, and the client sees nothing else of the first."""

    def check(self, stand: Stand, model: str, got: Outcome) -> None:
        Answered(SECOND).check(stand, stand.good, got)
        if got.headers:
            assert got.headers["x-bellwether-provider"] == "second"
            assert got.headers["x-bellwether-attempts"] == "2"


@dataclass(frozen=True)
class Raised:
    """The package raises this, before anything is said. A code that is None may be the vendor's."""

    kind: type[openai.APIStatusError]
    status: int
    type: str
    code: str | None
    check_headers: Callable[[Stand, dict[str, str]], None] = lambda stand, headers: None

    def check(self, stand: Stand, model: str, got: Outcome) -> None:
        failure = got.failure
        assert failure and not got.said
        code = failure.code if self.code is None else self.code
        assert failure == Failure(self.kind.__name__, self.status, self.type, code)
        assert failure.code and failure.message
        for secret in stand.place.secrets:
            assert secret not in failure.message
        self.check_headers(stand, failure.headers)


@dataclass(frozen=True)
class Refused(Raised):
    """The host says that this cannot be done, and does not trouble the vendor with it."""

    kind: type[openai.APIStatusError] = openai.BadRequestError
    status: int = 400
    type: str = "invalid_request_error"
    code: str | None = None

    def check(self, stand: Stand, model: str, got: Outcome) -> None:
        super().check(stand, model, got)
        assert got.failure and got.failure.code in ("unsupported", "unsupported_operation")
        assert stand.vendor.requests(model) == []


@dataclass(frozen=True)
class BrokenOff:
    """What was said, and then an error as the last event."""

    saying: Saying

    def check(self, stand: Stand, model: str, got: Outcome) -> None:
        assert got.said == self.saying.text and got.finish is None
        failure = got.failure
        assert failure and (failure.status, failure.type) == (None, "server_error")
        assert failure.kind == "APIError" and failure.code and failure.message


Expected = Answered | AnsweredBySecond | Raised | BrokenOff


# ---- the rows ------------------------------------------------------------------------------------


def _asked(read: Read) -> None:
    assert SYSTEM in read.said and PROMPT in read.said


def _has_tools(read: Read) -> None:
    _asked(read)
    assert {name: outline(schema) for name, schema in read.tools.items()} == {
        name: outline(schema) for name, schema in SCHEMAS.items()}
    assert read.tools["get_weather"]["required"] == ["city"]


def _has_turns(read: Read) -> None:
    _asked(read)
    places = [read.said.index(turn["content"]) for turn in TURNS]
    assert places == sorted(places)


def _has_image(read: Read) -> None:
    _asked(read)
    assert read.images == [content.PNG]


def _has_url(read: Read) -> None:
    _asked(read)
    assert (read.urls, read.images) == ([URL], [])


def _has_schema(read: Read) -> None:
    _asked(read)
    assert outline(read.schema) == {"name": "string", "legs": "integer"}
    assert set(read.schema["required"]) == {"name", "legs"}


def _thinks(read: Read) -> None:
    _asked(read)
    assert read.thinks


def _reads(**members: Any) -> Callable[[Read], None]:
    """These members of what is read, beside the prompt."""

    def check(read: Read) -> None:
        _asked(read)
        assert {name: getattr(read, name) for name in members} == members

    return check


@dataclass(frozen=True)
class Row:
    name: str  # of its tests
    says: str  # on the page
    ways: tuple[str, ...]  # of asking, each a test
    plays: Callable[[Stand], list[Scenario]]
    expects: Callable[[Stand], Expected]
    asks: Json = field(default_factory=dict)
    reads: Callable[[Read], None] = _asked
    to: str = ""  # before the model's name: the route
    sees: bool = False  # it has an image
    refuses: bool = False  # the vendor's own checks turn it away
    needs: str = ""  # what the vendor must have: a fault of this name, or the member `blocks`


def _answers(name: str, says: str, ways: tuple[str, ...], saying: Saying, **more: Any) -> Row:
    usage = {} if set(ways) <= set(WHOLE) else USAGE
    asks = {"messages": MESSAGES, **more.pop("asks", {}), **usage}
    return Row(name, says, ways, lambda stand: [stand.vendor.says(saying)],
               lambda stand: Answered(saying), asks, **more)


TOOLED = {"asks": {"tools": TOOLS}, "reads": _has_tools}
FORMED = {"messages": MESSAGES, "response_format": FORM}


def _parses(name: str, says: str, ways: tuple[str, ...], **asks: Any) -> Row:
    return Row(name, says, ways, lambda stand: [stand.vendor.says(SHEEP)],
               lambda stand: Parsed(SHEEP), {**FORMED, **asks}, _has_schema)


def _fails(name: str, says: str, fault: str, expected: Callable[[Stand], Raised],
           ways: tuple[str, ...] = ANY, to: str = "") -> Row:
    return Row(name, says, ways, lambda stand: [stand.vendor.refuses(stand.plugin.faults[fault])],
               expected, {"messages": MESSAGES}, needs=fault, to=to)


def _waits(stand: Stand, headers: dict[str, str]) -> None:
    """As the vendor says; where it says nothing, what the host itself waits."""
    wait = float(headers["retry-after-ms"]) / 1000
    least = stand.plugin.wait or 1
    assert least - 0.5 <= wait <= least + 1.5
    assert abs(int(headers["retry-after"]) - wait) < 1
    assert headers.get("x-should-retry") != "false"


def _never_again(stand: Stand, headers: dict[str, str]) -> None:
    assert headers["x-should-retry"] == "false"


def _invalid(code: str) -> Raised:
    return Raised(openai.BadRequestError, 400, "invalid_request_error", code)


def _key_refused(stand: Stand) -> Raised:
    kind = {401: openai.AuthenticationError,
            403: openai.PermissionDeniedError}[stand.plugin.key_status]
    return Raised(kind, stand.plugin.key_status, "invalid_request_error", "invalid_api_key")


ROWS = [
    _answers("chat", "a chat", WHOLE, content.PLAIN),
    _answers("stream", "streamed, and the usage with it", STREAMS, content.PLAIN),
    Row("stream without usage", "streamed, and the usage not asked for", SOME,
        lambda stand: [stand.vendor.says(content.PLAIN)],
        lambda stand: Answered(content.PLAIN, usage=False), {"messages": MESSAGES}),
    _answers("cached", "a prompt of which a part was read from a cache", ("plain",), content.CACHED),
    _answers("streamed cached", "the same, streamed", SOME, content.CACHED),
    _answers("length", "an answer that reached its limit", ("async_plain",), content.CUT_SHORT,
             asks={"max_tokens": 17}, reads=_reads(limit=17)),
    _answers("streamed length", "the same, streamed", BARE, content.CUT_SHORT,
             asks={"max_tokens": 17}, reads=_reads(limit=17)),
    _answers("sequence", "an answer that ended before a text to stop at", ("plain",), SEQUENCE,
             asks={"stop": ["END", "\n\nUser:"]}, reads=_reads(stops=["END", "\n\nUser:"])),
    _answers("developer", "instructions by the role `developer`", ("async_plain",), content.PLAIN,
             asks={"messages": [{**MESSAGES[0], "role": "developer"}, MESSAGES[1]]}),
    _answers("turns", "a conversation, and two messages of the user in a row", ("plain",),
             content.PLAIN, asks={"messages": TURNS}, reads=_has_turns),
    _answers("two answers", "two answers to one prompt (`n`)", ("plain",), content.PLAIN,
             asks={"n": 2}, reads=_reads(answers=2)),
    _answers("tools", "a tool call", WHOLE, content.SAID_AND_TOOL, **TOOLED),
    _answers("streamed tools", "a tool call, streamed", STREAMS, content.SAID_AND_TOOL, **TOOLED),
    _answers("no arguments", "a tool call without arguments, streamed", SOME,
             content.NO_ARGUMENTS, **TOOLED),
    _answers("parallel tools", "two tool calls at once", WHOLE, content.PARALLEL, **TOOLED),
    _answers("streamed parallel tools", "two tool calls at once, streamed", STREAMS,
             content.PARALLEL, **TOOLED),
    _answers("tool choice", "a tool call that is insisted on", WHOLE, content.TOOL,
             asks={"tools": TOOLS, "tool_choice": "required"}, reads=_reads(choice="required")),
    _answers("named tool", "a call of one tool that is named", WHOLE, content.TOOL,
             asks={"tools": TOOLS, "tool_choice": NAMED_TOOL},
             reads=_reads(choice="get_weather")),
    _answers("image", "an image in the prompt, as data", WHOLE, content.PLAIN,
             asks={"messages": seen(DATA_URL)}, reads=_has_image, sees=True),
    _answers("streamed image", "the same, streamed", SOME, content.PLAIN,
             asks={"messages": seen(DATA_URL)}, reads=_has_image, sees=True),
    _answers("image by URL", "an image in the prompt, by its URL", ("plain",), content.PLAIN,
             asks={"messages": seen(URL)}, reads=_has_url, sees=True),
    _parses("schema", "an answer by a JSON schema", ("plain", "parse", "async_parse")),
    _parses("streamed schema", "the same, streamed", STREAMS, **USAGE),
    _answers("thinking", "thoughts, and what they are counted with", WHOLE, content.THINKING,
             asks={"reasoning_effort": "high"}, reads=_thinks),
    _answers("streamed thinking", "the same, streamed", STREAMS, content.THINKING,
             asks={"reasoning_effort": "high"}, reads=_thinks),
    _answers("filtered", "an answer that a filter has ended", ("async_plain",), content.FILTERED),
    _answers("streamed filtered", "the same, streamed", BARE, content.FILTERED),
    Row("blocked prompt", "a prompt that is turned away for its content", ANY,
        lambda stand: [stand.plugin.blocks(stand.vendor)],
        lambda stand: _invalid("content_filter"), {"messages": MESSAGES}, needs="blocks"),
    Row("key", "the credential is refused", ANY, lambda stand: [], _key_refused,
        {"messages": MESSAGES}, to="wrong/", refuses=True),
    _fails("rate", "too fast: `retry-after` is the vendor's", "rate", lambda stand: Raised(
        openai.RateLimitError, 429, "rate_limit_error", None, _waits)),
    _fails("credit", "the account is out of credit", "credit", lambda stand: Raised(
        openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota", _never_again)),
    _fails("context", "a prompt that is too long", "context",
           lambda stand: _invalid("context_length_exceeded")),
    Row("model", "a model that there is not", ANY, lambda stand: [],
        lambda stand: Raised(openai.NotFoundError, 404, "invalid_request_error",
                             "model_not_found"), {"messages": MESSAGES}, refuses=True),
    _fails("failed", "the vendor fails", "failed", lambda stand: Raised(
        openai.InternalServerError, stand.plugin.faults["failed"].status, "server_error", None)),
    _fails("next target", "the vendor fails, and another target is behind it", "failed",
           lambda stand: AnsweredBySecond(), WHOLE, "both/"),
    Row("broken stream", "overload in mid-stream", STREAMS,
        lambda stand: [stand.vendor.breaks(BEGUN, stand.plugin.faults["broken"])],
        lambda stand: BrokenOff(BEGUN), {"messages": MESSAGES}),
    Row("next target of a stream", "overload before the first word, and another target behind it",
        SOME, lambda stand: [stand.vendor.breaks(Saying(), stand.plugin.faults["broken"])],
        lambda stand: AnsweredBySecond(), {"messages": MESSAGES, **USAGE}, to="both/"),
    Row("cut stream", "the connection breaks in mid-stream", SOME,
        lambda stand: [stand.vendor.cuts(BEGUN)], lambda stand: BrokenOff(BEGUN),
        {"messages": MESSAGES}),
]

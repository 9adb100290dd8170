"""Ollama's own API. Formats: its server's source and documentation (August 2026)."""

from typing import Any

from upstream.exchange import Exchange, Headers, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.tls import Authority
from upstream.vendors import content
from upstream.vendors.content import Saying, decoded, kind_of_image
from upstream.vendors.shapes import (
    Path, Wrong, anything, boolean, either, items, members, nullable, number, one_of, text)
from upstream.vendors.vendor import Fault, Refusal, Stream, Vendor, new_id, parsed, path_of

AT = "2026-11-29T12:00:00.123456789Z"


def invalid(message: str) -> Fault:
    return Fault(400, "", message)


NO_MODEL_NAMED = invalid("model is required")
CONTEXT = invalid("the input length exceeds the context length")
UNAUTHORIZED = Fault(401, "", "unauthorized")  # of a model in the cloud, with a key or without
FORBIDDEN = Fault(403, "", "remote inference is unavailable")
RATE = Fault(429, "", "too many requests")  # of the cloud; words not verified
INTERNAL = Fault(500, "", "model runner has unexpectedly stopped")
BAD_GATEWAY = Fault(502, "", "upstream error")
BUSY = Fault(503, "", "server busy, please try again.  maximum pending requests exceeded")
BROKEN = Fault(500, "", "an error was encountered while running the model")

STOPS = {"end": "stop", "length": "length", "sequence": "stop", "tools": "stop", "filter": "stop"}


def _image(value: Any, path: Path) -> None:
    """Of Go's []byte: base64 and nothing before it, as a data URL has."""
    text(1)(value, path)
    data = decoded(value)
    if data is None:
        raise Wrong("value", path, "illegal base64 data at input byte 4", value)
    if not kind_of_image(data):  # words not verified
        raise Wrong("value", path, "image: unknown format", value)


# Go takes null for any member, and passes over members that it does not know.
CALL = members({}, {"id": nullable(text()), "function": nullable(members(
    {}, {"index": nullable(number(whole=True)), "name": nullable(text()),
         "arguments": nullable(members({}, opened=True))}, opened=True))}, opened=True)
MESSAGE = members(
    {}, {"role": nullable(text()), "content": nullable(text()), "thinking": nullable(text()),
         "images": nullable(items(_image)), "tool_calls": nullable(items(CALL)),
         "tool_name": nullable(text()), "tool_call_id": nullable(text())}, opened=True)
TOOL = members({}, {"type": nullable(text()), "function": nullable(members(
    {}, {"name": nullable(text()), "description": nullable(text()),
         "parameters": nullable(members({}, {"type": nullable(text()),
                                             "required": nullable(items(text())),
                                             "properties": nullable(members({}, opened=True))},
                                        opened=True))}, opened=True))}, opened=True)
CHAT = members(
    {}, {"model": nullable(text()), "messages": nullable(items(MESSAGE)),
         "stream": nullable(boolean), "format": anything, "keep_alive": anything,
         "tools": nullable(items(TOOL)), "options": nullable(members({}, opened=True)),
         "think": nullable(either((bool, boolean),
                                  (str, one_of("high", "medium", "low", "max")))),
         "truncate": nullable(boolean), "shift": nullable(boolean),
         "logprobs": nullable(boolean), "top_logprobs": nullable(number(whole=True))}, opened=True)


class Ollama(Vendor):
    """A server of one's own asks for no key; one that is given a key stands for ollama.com."""

    prefix = "llama3.2:test"
    stream_type = "application/x-ndjson"
    json_type = "application/json; charset=utf-8"
    models = ("qwen3:8b", "llama3.2:latest")
    NO_SUCH_ROUTE = Fault(404, "", "404 page not found")

    def __init__(self, authority: Authority | None, key: str | None = None) -> None:
        super().__init__(authority)
        self._key = key

    def check(self, request: Received) -> Scenario:
        if self._key and request.header("authorization") != f"Bearer {self._key}":
            raise Refusal(UNAUTHORIZED)
        route = (request.method, path_of(request))
        if route == ("GET", "/api/tags"):
            return self._json({"models": [_listed(model) for model in self.models]})
        if route == ("GET", "/api/version"):
            return self._json({"version": "0.31.0"})
        if route != ("POST", "/api/chat"):
            raise Refusal(self.NO_SUCH_ROUTE)
        return self._check_chat(request)

    def _check_chat(self, request: Received) -> Scenario:
        if not request.body:
            raise Refusal(invalid("missing request body"))
        body = parsed(request.body, invalid("invalid character in literal"))
        try:
            CHAT(body, ())
        except Wrong as wrong:
            raise Refusal(invalid(_told(wrong))) from None
        if not 0 <= (body.get("top_logprobs") or 0) <= 20:
            raise Refusal(invalid("top_logprobs must be between 0 and 20"))
        named = body.get("model") or ""
        if not named:
            raise Refusal(NO_MODEL_NAMED)
        request.named = named if ":" in named else f"{named}:latest"
        if not self.knows(request.named):
            raise Refusal(Fault(404, "", f"model '{named}' not found"))
        form = body.get("format")
        if form not in (None, "", "json") and not isinstance(form, dict):
            # Found out when the model is run, as it is there that the schema is read.
            raise Refusal(Fault(500, "", f'invalid format: "{form}"; expected "json" or a schema'))
        if not body.get("messages"):
            return self._json({**self._opening(request), "done": True, "done_reason": "load"})
        return self.says(_usual(body))

    def _json(self, body: Json) -> Scenario:
        async def play(exchange: Exchange) -> None:
            await exchange.reply(dump(body), content_type=self.json_type)

        return play

    def streams(self, request: Received) -> bool:
        """Unless told not to."""
        return request.json.get("stream") is not False

    def headers(self, request: Received) -> Headers:
        return {"date": "Sun, 29 Nov 2026 12:00:00 GMT"}

    def _opening(self, request: Received, **said: Any) -> Json:
        return {"model": request.json["model"], "created_at": AT,
                "message": {"role": "assistant", "content": "", **said}, "done": False}

    def reply(self, request: Received, saying: Saying) -> Json:
        said: Json = {"content": saying.text}
        if saying.thoughts:
            said["thinking"] = saying.thought
        if saying.calls and request.json.get("tools"):
            said["tool_calls"] = [_call(index, call) for index, call in enumerate(saying.calls)]
        return {**self._opening(request, **said), **_ending(saying)}

    def stream(self, request: Received, saying: Saying) -> Stream:
        """Arguments come whole: the server waits until a call is complete."""
        said: list[Json] = [{"thinking": thought} for thought in saying.thoughts]
        said += [{"content": word} for word in saying.words]
        if request.json.get("tools"):
            said += [{"tool_calls": [_call(index, call)]}
                     for index, call in enumerate(saying.calls)]
        lines = [_line(self._opening(request, **piece)) for piece in said]
        return Stream(lines, [_line({**self._opening(request), **_ending(saying)})])

    def fault(self, request: Received, fault: Fault) -> Json:
        return {"error": fault.message, **fault.more}

    def fault_frame(self, request: Received, fault: Fault) -> bytes:
        return _line({"error": fault.message})


def _told(wrong: Wrong) -> str:
    place = ".".join(str(part) for part in wrong.path if isinstance(part, str))
    if wrong.kind == "value" and place != "think":
        return wrong.detail
    if place == "think":
        return (f'invalid think value: "{wrong.value}" (must be "high", "medium", "low", "max", '
                "true, or false)")
    kinds = {dict: "object", list: "array", str: "string", bool: "bool"}
    kind = kinds.get(type(wrong.value), "number")
    return (f"json: cannot unmarshal {kind} into Go struct field ChatRequest.{place} of type "
            f"{wrong.detail}")


def _usual(body: Json) -> Saying:
    form = body.get("format")
    if form:
        return content.structured(form if isinstance(form, dict) else {})
    return content.echo(body["messages"][-1].get("content") or "")


def _call(index: int, call: content.Call) -> Json:
    return {"id": call.id, "function": {"index": index, "name": call.name,
                                        "arguments": call.arguments}}


def _ending(saying: Saying) -> Json:
    """A count of zero is left out; nothing tells of a cache or of thoughts."""
    counts = saying.counts
    told = {"total_duration": 4883583458, "load_duration": 1334875,
            "prompt_eval_count": counts.prompt, "prompt_eval_duration": 342546000,
            "eval_count": counts.answer, "eval_duration": 4535599000}
    return {"done": True, "done_reason": STOPS[saying.stop],
            **{name: figure for name, figure in told.items() if figure}}


def _line(payload: Json) -> bytes:
    return dump(payload) + b"\n"


def _listed(model: str) -> Json:
    return {"name": model, "model": model, "modified_at": AT, "size": 5225388164,
            "digest": new_id("500a1f067a9f") * 2,
            "details": {"parent_model": "", "format": "gguf", "family": "qwen3",
                        "families": ["qwen3"], "parameter_size": "8.2B",
                        "quantization_level": "Q4_K_M"}}

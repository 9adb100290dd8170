"""Anthropic's Messages API. Formats: the types, recorded responses and streams of the Python SDK
(2.14.0), and the API's pages on errors and rate limits."""

from typing import Any

from upstream.exchange import Exchange, Headers, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.tls import Authority
from upstream.vendors import content
from upstream.vendors.anthropic_request import wrong_with
from upstream.vendors.content import Call, Counts, Saying
from upstream.vendors.vendor import (
    KEY, Fault, Refusal, Stream, Vendor, new_id, parsed, path_of, sse)

VERSIONS = ("2026-10-21", "2023-06-01", "2023-01-01")
BODY_BYTES_MAX = 32 * 1024 * 1024

# Limits and what is left of them; the times are of RFC 3339.
LIMITS = {
    "anthropic-ratelimit-requests-limit": "1000",
    "anthropic-ratelimit-requests-remaining": "999",
    "anthropic-ratelimit-requests-reset": "2026-11-29T12:00:01Z",
    "anthropic-ratelimit-input-tokens-limit": "400000",
    "anthropic-ratelimit-input-tokens-remaining": "398000",
    "anthropic-ratelimit-input-tokens-reset": "2026-11-29T12:00:02Z",
    "anthropic-ratelimit-output-tokens-limit": "80000",
    "anthropic-ratelimit-output-tokens-remaining": "80000",
    "anthropic-ratelimit-output-tokens-reset": "2026-11-29T12:00:00Z",
    "anthropic-ratelimit-tokens-limit": "480000",
    "anthropic-ratelimit-tokens-remaining": "478000",
    "anthropic-ratelimit-tokens-reset": "2026-11-29T12:00:02Z",
}


def invalid(message: str) -> Fault:
    return Fault(400, "invalid_request_error", message)


NO_KEY = Fault(401, "authentication_error", "x-api-key header is required")
WRONG_KEY = Fault(401, "authentication_error", "invalid x-api-key")
BILLING = Fault(402, "billing_error", "The organization has an unpaid invoice.")
PERMISSION = Fault(403, "permission_error", "This key may not use the resource.")
CONTEXT = invalid("prompt is too long: 205351 tokens > 200000 maximum")
OUT_OF_CREDIT = invalid("Your credit balance is too low to access the Anthropic API.")
TOO_LARGE = Fault(413, "request_too_large", "Request exceeds the maximum size")
RATE = Fault(429, "rate_limit_error", "This request would exceed the rate limit of 1,000 a minute.",
             {"retry-after": "7", "anthropic-ratelimit-requests-remaining": "0",
              "anthropic-ratelimit-requests-reset": "2026-11-29T12:00:07Z"})
# Nothing to wait for: without `retry-after`, and not over before the month is.
SPEND_LIMIT = Fault(429, "rate_limit_error", "The spend limit of this month is reached.",
                    more={"details": {"error_code": "enforced_spend_limit_reached"}})
INTERNAL = Fault(500, "api_error", "Internal server error")
TIMEOUT = Fault(504, "timeout_error", "The request timed out.")
OVERLOADED = Fault(529, "overloaded_error", "Overloaded")

STOPS = {"end": "end_turn", "length": "max_tokens", "sequence": "stop_sequence",
         "tools": "tool_use", "filter": "refusal"}


class Anthropic(Vendor):
    """Consecutive messages of one role are refused, as some of the models do behind other services;
    the API itself takes them for one turn (`alternate=False`), but nothing ought to need that."""

    prefix = "claude"
    models = ("claude-opus-5-5", "claude-sonnet-4-5", "claude-haiku-4-5")
    NO_SUCH_ROUTE = Fault(404, "not_found_error", "Not found")

    def __init__(self, authority: Authority | None, alternate: bool = True) -> None:
        super().__init__(authority)
        self._alternate = alternate

    def check(self, request: Received) -> Scenario:
        _check_headers(request)
        if request.method == "GET" and path_of(request) == "/v1/models":
            return self._list()
        if request.method == "POST" and path_of(request) == "/v1/messages/count_tokens":
            return self._count(parsed(request.body, invalid("The request body is not valid JSON")), request)
        if request.method != "POST" or path_of(request) != "/v1/messages":
            raise Refusal(self.NO_SUCH_ROUTE)
        if len(request.body) > BODY_BYTES_MAX:
            raise Refusal(TOO_LARGE)
        body = parsed(request.body, invalid("The request body is not valid JSON"))
        version = request.header("anthropic-version") or ""
        if wrong := wrong_with(body, version, self._alternate):
            raise Refusal(invalid(wrong))
        request.named = body["model"]
        if not self.knows(body["model"]):
            raise Refusal(Fault(404, "not_found_error", f"model: {body['model']}"))
        return self.says(_usual(body))

    def _count(self, body: Json, request: Received) -> Scenario:
        """It generates nothing, and so has no bound of it. The count is no tokenizer's."""
        if "max_tokens" in body:
            raise Refusal(invalid("max_tokens: Extra inputs are not permitted"))
        if wrong := wrong_with({**body, "max_tokens": 1}, request.header("anthropic-version") or "", self._alternate):
            raise Refusal(invalid(wrong))

        async def play(exchange: Exchange) -> None:
            await exchange.reply(dump({"input_tokens": len(request.body) // 4}))

        return play

    def _list(self) -> Scenario:
        data = [{"type": "model", "id": model, "display_name": model,
                 "created_at": "2025-09-29T00:00:00Z"} for model in self.models]

        async def play(exchange: Exchange) -> None:
            await exchange.reply(dump({"data": data, "has_more": False, "first_id": self.models[0],
                                       "last_id": self.models[-1]}))

        return play

    def headers(self, request: Received) -> Headers:
        return {"request-id": new_id("req_"), **LIMITS}

    def reply(self, request: Received, saying: Saying) -> Json:
        told = _message(request.model)
        said: list[Json] = [{"type": "thinking", "thinking": saying.thought,
                             "signature": content.SIGNATURE}] if saying.thoughts else []
        said += [{"type": "text", "text": saying.text}] if saying.words else []
        said += [{**_use(call), "input": call.arguments} for call in saying.calls]
        return {**told, "content": said, **_ending(request, saying),
                "usage": _usage(saying.counts)}

    def stream(self, request: Received, saying: Saying) -> Stream:
        begins = {**_message(request.model), "usage": {**_usage(saying.counts), "output_tokens": 1}}
        frames = [_event("message_start", message=begins)]
        blocks = [*([_thoughts(saying)] if saying.thoughts else []),
                  *([_words(saying)] if saying.words else []), *map(_arguments, saying.calls)]
        for index, (block, deltas) in enumerate(blocks):
            frames.append(_event("content_block_start", index=index, content_block=block))
            if index == 0:
                frames.append(_event("ping"))
            frames += [_event("content_block_delta", index=index, delta=delta) for delta in deltas]
            frames.append(_event("content_block_stop", index=index))
        counts = _usage(saying.counts)
        counts = {name: counts[name] for name in counts if name.endswith(("_tokens", "_details"))}
        ending = _event("message_delta", delta=_ending(request, saying), usage=counts)
        return Stream(frames, [ending, _event("message_stop")])

    def fault(self, request: Received, fault: Fault) -> Json:
        return {"type": "error", "error": {"type": fault.code, "message": fault.message,
                                           **fault.more}, "request_id": new_id("req_")}

    def fault_frame(self, request: Received, fault: Fault) -> bytes:
        # Whether the event has a request_id, as the reply has, is not verified.
        return _event("error", error={"type": fault.code, "message": fault.message})


def _check_headers(request: Received) -> None:
    """A key may be in either header; the first goes before the second."""
    key = request.header("x-api-key")
    bearer = request.header("authorization")
    if not key and not bearer:
        raise Refusal(NO_KEY)
    if key != KEY if key else bearer != f"Bearer {KEY}":
        raise Refusal(WRONG_KEY)
    version = request.header("anthropic-version")
    if not version:
        raise Refusal(invalid("anthropic-version: header is required"))
    if version not in VERSIONS:  # the words of this one are not verified
        raise Refusal(invalid(f'anthropic-version: "{version}" is not a valid version'))
    if request.body and "json" not in (request.header("content-type") or ""):
        raise Refusal(invalid("content-type: application/json is required"))  # words not verified


def _usual(body: Json) -> Saying:
    if form := (body.get("output_config") or {}).get("format"):
        return content.structured(form["schema"])
    choice = body.get("tool_choice", {"type": "auto"})
    for tool in body.get("tools", []):
        if choice["type"] == "any" or choice.get("name") == tool["name"]:
            return content.called(tool["name"], tool["input_schema"])
    last = body["messages"][-1]["content"]
    if isinstance(last, list):
        last = " ".join(block["text"] for block in last if block["type"] == "text")
    return content.echo(last)


def _message(model: str) -> Json:
    return {"id": new_id("msg_"), "type": "message", "role": "assistant", "model": model,
            "content": [], "stop_reason": None, "stop_sequence": None}


def _ending(request: Received, saying: Saying) -> Json:
    """The text that stopped it, where one did, is not part of the answer."""
    stops = request.json.get("stop_sequences") or ["###"]
    return {"stop_reason": STOPS[saying.stop],
            "stop_sequence": stops[0] if saying.stop == "sequence" else None}


def _usage(counts: Counts) -> Json:
    """The prompt's tokens without those of the cache."""
    told: Json = {
        "input_tokens": counts.prompt - counts.cached - counts.written,
        "cache_creation_input_tokens": counts.written, "cache_read_input_tokens": counts.cached,
        "output_tokens": counts.answer,
        "cache_creation": {"ephemeral_5m_input_tokens": counts.written,
                           "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard"}
    if counts.thinking:
        told["output_tokens_details"] = {"thinking_tokens": counts.thinking}
    return told


def _use(call: Call) -> Json:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}


def _thoughts(saying: Saying) -> tuple[Json, list[Json]]:
    deltas = [{"type": "thinking_delta", "thinking": thought} for thought in saying.thoughts]
    return ({"type": "thinking", "thinking": "", "signature": ""},
            [*deltas, {"type": "signature_delta", "signature": content.SIGNATURE}])


def _words(saying: Saying) -> tuple[Json, list[Json]]:
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": word}
                                          for word in saying.words]


def _arguments(call: Call) -> tuple[Json, list[Json]]:
    """The first piece is empty."""
    return _use(call), [{"type": "input_json_delta", "partial_json": piece}
                        for piece in ("", *call.pieces)]


def _event(kind: str, **members: Any) -> bytes:
    return sse({"type": kind, **members}, kind)

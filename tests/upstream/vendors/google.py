"""What the Gemini API and Vertex AI have in common: the answers of generateContent and
streamGenerateContent, and errors as google.rpc.Status has them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from upstream.exchange import Exchange, Headers, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.vendors import content
from upstream.vendors.content import Call, Counts, Saying
from upstream.vendors.google_request import (
    camel, parts, request_of, told, unsigned_call, wrong_turns)
from upstream.vendors.shapes import Wrong
from upstream.vendors.vendor import (
    Fault, Refusal, Stream, Vendor, new_id, parsed, path_of, query_of)

RPC = "type.googleapis.com/google.rpc"


def fault(status: int, code: str, message: str, *details: Json) -> Fault:
    return Fault(status, code, message, more={"details": list(details)} if details else {})


def invalid(message: str, *details: Json) -> Fault:
    return fault(400, "INVALID_ARGUMENT", message, *details)


def reason(why: str, service: str, **more: str) -> Json:
    return {"@type": f"{RPC}.ErrorInfo", "reason": why, "domain": "googleapis.com",
            "metadata": {"service": service, **more}}


NO_ROUTE = fault(404, "NOT_FOUND", "Requested entity was not found.")
CONTEXT = invalid("The input token count (1048999) exceeds the maximum number of tokens allowed "
                  "(1048576).")
INTERNAL = fault(500, "INTERNAL", "An internal error has occurred. Please retry.")
UNAVAILABLE = fault(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
DEADLINE = fault(504, "DEADLINE_EXCEEDED", "The request timed out. Please try again.")

STOPS = {"end": "STOP", "length": "MAX_TOKENS", "sequence": "STOP", "tools": "STOP",
         "filter": "SAFETY"}
METHODS = ("generateContent", "streamGenerateContent")


class GenerateContent(Vendor):
    """Streams are of server-sent events if `alt=sse` is asked for, else one array of JSON that is
    written piece by piece. Only Vertex streams the arguments of a call in pieces."""

    prefix = "gemini"
    json_type = "application/json; charset=UTF-8"
    NO_SUCH_ROUTE = NO_ROUTE
    vertex = False

    def check_body(self, request: Received, model: str) -> Saying:
        request.named = model
        if not self.knows(model):
            raise Refusal(self.no_model(model))
        body = camel(parsed(request.body, invalid("Invalid JSON payload received.")))
        try:
            request_of(self.vertex)(body, ())
        except Wrong as wrong:
            field, said = told(wrong)
            violation = {"field": field, "description": said} if field else {"description": said}
            raise Refusal(invalid(said, {"@type": f"{RPC}.BadRequest",
                                         "fieldViolations": [violation]})) from None
        wrong_turn = wrong_turns(body["contents"])
        if not wrong_turn and _signs(model):
            wrong_turn = unsigned_call(body["contents"])
        if wrong_turn := wrong_turn or _wrong_config(body.get("generationConfig", {})):
            raise Refusal(invalid(wrong_turn))
        self.check_files(body)
        return _usual(body)

    def no_model(self, model: str) -> Fault:
        raise NotImplementedError

    def check_files(self, body: Json) -> None:
        """Those that it refers to."""

    def streams(self, request: Received) -> bool:
        return path_of(request).endswith(":streamGenerateContent")

    def headers(self, request: Received) -> Headers:
        return {"vary": "Origin, X-Origin, Referer", "x-content-type-options": "nosniff"}

    def reply(self, request: Received, saying: Saying) -> Json:
        said: list[Json] = []
        if saying.thoughts and _shows_thoughts(request):
            said.append({"text": saying.thought, "thought": True})
        if saying.words:
            said.append({"text": saying.text})
        said += [_call_part(request, index, call) for index, call in enumerate(saying.calls)]
        return _answer(request, said, saying.counts, STOPS[saying.stop])

    def stream(self, request: Received, saying: Saying) -> Stream:
        said: list[Json] = []
        if _shows_thoughts(request):
            said += [{"text": thought, "thought": True} for thought in saying.thoughts]
        said += [{"text": word} for word in saying.words]
        for index, call in enumerate(saying.calls):
            said += _pieces(call) if _in_pieces(request) else [_call_part(request, index, call)]
        payloads = [_answer(request, [part], saying.counts, None) for part in said]
        last = _answer(request, [{"text": ""}], saying.counts, STOPS[saying.stop])
        return framed(request, payloads, last)

    def blocks(self) -> Scenario:
        """Does not let the prompt through."""

        async def play(exchange: Exchange) -> None:
            told, headers = blocked(exchange.request), self.headers(exchange.request)
            if not self.streams(exchange.request):
                return await exchange.reply(dump(told), 200, headers, self.json_type)
            stream = framed(exchange.request, [], told)
            await self._send(exchange, [*stream.begun, *stream.closing])
            await exchange.end(done=None)

        return play

    def fault(self, request: Received, fault: Fault) -> Any:
        body = {"error": {"code": fault.status, "message": fault.message, "status": fault.code,
                          **fault.more}}
        return [body] if self.streams(request) and not _is_sse(request) else body

    def fault_frame(self, request: Received, fault: Fault) -> bytes:
        """Within a stream it is no event: lines of JSON, as the SDK expects them."""
        body = json.dumps(self.fault(request, fault), indent=2, ensure_ascii=False).encode()
        return body + b"\r\n" if _is_sse(request) else b"\n," + body[1:]


def _signs(model: str) -> bool:
    """Models since the third generation sign their calls, and ask for the signatures."""
    found = re.match(r"gemini-(\d+)", model)
    return found is not None and int(found[1]) >= 3


def framed(request: Received, begun: list[Json], last: Json) -> Stream:
    """Lines end with CR and LF; from what is known of the wire, and not from a page."""
    if _is_sse(request):
        frames = [b"data: %s\r\n\r\n" % dump(payload) for payload in [*begun, last]]
        return Stream(frames[:-1], frames[-1:])
    frames = [b"[" + dump(begun[0] if begun else last)]
    frames += [b",\r\n" + dump(payload) for payload in [*begun[1:], *([last] if begun else [])]]
    return Stream(frames[:-1], [frames[-1], b"]"])


def _is_sse(request: Received) -> bool:
    return query_of(request).get("alt") == "sse"


def _body(request: Received) -> Json:
    body: Json = camel(request.json)
    return body


def _shows_thoughts(request: Received) -> bool:
    config = _body(request).get("generationConfig", {}).get("thinkingConfig", {})
    return config.get("includeThoughts") is True


def _in_pieces(request: Received) -> bool:
    config = _body(request).get("toolConfig", {}).get("functionCallingConfig", {})
    return config.get("streamFunctionCallArguments") is True


def _wrong_config(config: Json) -> str | None:
    schemas = [name for name in ("responseSchema", "responseJsonSchema") if name in config]
    if schemas and config.get("responseMimeType") not in ("application/json", "text/x.enum"):
        return "Response schema is only supported with the mime type application/json."
    if len(schemas) > 1:
        return "response_schema and response_json_schema cannot both be set."  # not verified
    return None


def _usual(body: Json) -> Saying:
    config = body.get("generationConfig", {})
    for name in ("responseSchema", "responseJsonSchema"):
        if name in config:
            return content.structured(config[name])
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    for tool in body.get("tools", []) if calling.get("mode") == "ANY" else []:
        for declared in tool.get("functionDeclarations", []):
            if declared["name"] in calling.get("allowedFunctionNames", [declared["name"]]):
                return content.called(declared["name"], declared.get(
                    "parameters", declared.get("parametersJsonSchema", {})))
    return content.echo(" ".join(map(str, parts(body["contents"][-1], "text"))))


def _call_part(request: Received, index: int, call: Call) -> Json:
    """The first call of an answer is signed, by models that ask for it back. Which of them give a
    call an id is not verified."""
    told: Json = {"functionCall": {"name": call.name, "args": call.arguments}}
    if _signs(request.model):
        told["functionCall"]["id"] = call.id
        if index == 0:
            told["thoughtSignature"] = content.SIGNATURE
    return told


def _pieces(call: Call) -> Iterator[Json]:
    """A call's name, then its arguments by their paths, a string in two, then its end: the order of
    the SDK's own tests."""
    yield {"functionCall": {"name": call.name, "willContinue": True}}
    for name, held in call.arguments.items():
        kind = "numberValue" if isinstance(held, int | float) else "stringValue"
        halves = [held[:len(held) // 2], held[len(held) // 2:]] if kind == "stringValue" else [held]
        for at, half in enumerate(halves):
            more = {"willContinue": True} if at + 1 < len(halves) else {}
            yield {"functionCall": {"partialArgs": [{"jsonPath": f"$.{name}", kind: half, **more}],
                                    "willContinue": True}}
    yield {"functionCall": {}}


def _answer(request: Received, said: list[Json], counts: Counts, finish: str | None) -> Json:
    candidate: Json = {"content": {"parts": said, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    if finish == "SAFETY":
        candidate["safetyRatings"] = [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT",
                                       "probability": "HIGH", "blocked": True}]
    return {"candidates": [candidate], "usageMetadata": _usage(counts),
            "modelVersion": request.model, "responseId": new_id("resp")}


def blocked(request: Received) -> Json:
    """The answer to a prompt that is not let through: without candidates."""
    return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {
        "promptTokenCount": 8, "totalTokenCount": 8}, "modelVersion": request.model}


def _usage(counts: Counts) -> Json:
    """The prompt's tokens with those of the cache; the answer's without the thoughts'."""
    told: Json = {"promptTokenCount": counts.prompt,
                  "candidatesTokenCount": counts.answer - counts.thinking,
                  "totalTokenCount": counts.prompt + counts.answer,
                  "promptTokensDetails": [{"modality": "TEXT", "tokenCount": counts.prompt}]}
    if counts.cached:
        told["cachedContentTokenCount"] = counts.cached
        told["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": counts.cached}]
    if counts.thinking:
        told["thoughtsTokenCount"] = counts.thinking
    return told

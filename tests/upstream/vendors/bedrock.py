"""Amazon Bedrock's Converse and ConverseStream. Formats: the service's model in botocore (1.44.8)
and its pages on errors; requests are signed by Signature Version 4, or carry a Bedrock API key."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from upstream.exchange import Headers, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.tls import Authority
from upstream.vendors import content, eventstream, sigv4
from upstream.vendors.bedrock_request import MODEL, of_kind, wrong_with
from upstream.vendors.content import Call, Counts, Saying
from upstream.vendors.vendor import (
    KEY, Fault, Refusal, Stream, Vendor, new_id, parsed, path_of)

REGION = "us-east-1"
KEY_ID = "AKIDVENDORTEST"
SECRET = "vendor/test+secret"
SESSION_TOKEN = "vendor-session-token=="


def invalid(message: str) -> Fault:
    return Fault(400, "ValidationException", message)


def denied(code: str, message: str) -> Fault:
    return Fault(403, code, message)


UNSIGNED = denied("MissingAuthenticationTokenException", "Missing Authentication Token")
INCOMPLETE = denied("IncompleteSignatureException",
                    "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'.")
UNKNOWN_KEY = denied("UnrecognizedClientException",
                     "The security token included in the request is invalid.")
WRONG_SIGNATURE = denied("InvalidSignatureException", "The request signature we calculated does "
                         "not match the signature you provided.")
UNTIMELY = denied("InvalidSignatureException", "Signature expired: it is not within 5 minutes.")
EXPIRED = denied("ExpiredTokenException",
                 "The security token included in the request is expired")
ACCESS = denied("AccessDeniedException", "You don't have access to the model with the given ID.")
WRONG_BEARER = denied("AccessDeniedException", "The API key is not valid.")  # words not verified
NO_MODEL = Fault(404, "ResourceNotFoundException", "Could not resolve the foundation model")
# The identifier of a model that there is not, where it has the form of one, is refused so.
WRONG_ID = invalid("The provided model identifier is invalid.")
CONTEXT = invalid("The model returned the following errors: Input is too long for requested model.")
TIMEOUT = Fault(408, "ModelTimeoutException", "The model took too long.")
MODEL_ERROR = Fault(424, "ModelErrorException", "The model failed to process the request.",
                    more={"originalStatusCode": 500, "resourceName": "model"})
RATE = Fault(429, "ThrottlingException", "Too many requests, please wait before trying again.")
TOKENS = Fault(429, "ThrottlingException", "Too many tokens, please wait before trying again.")
NOT_READY = Fault(429, "ModelNotReadyException", "The model is not ready; try again.")
INTERNAL = Fault(500, "InternalServerException", "The service failed.")
UNAVAILABLE = Fault(503, "ServiceUnavailableException", "The service is not available; try again.")
STREAM_ERROR = Fault(424, "ModelStreamErrorException", "The model failed while it streamed.",
                     more={"originalStatusCode": 500, "originalMessage": "internal"})

STOPS = {"end": "end_turn", "length": "max_tokens", "sequence": "stop_sequence",
         "tools": "tool_use", "filter": "guardrail_intervened"}
ROUTES = ("converse", "converse-stream")


class Bedrock(Vendor):
    prefix = "anthropic.claude"
    stream_type = "application/vnd.amazon.eventstream"
    models = ("anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-pro-v1:0")
    NO_SUCH_ROUTE = Fault(404, "UnknownOperationException", "")

    def __init__(self, authority: Authority | None, session: bool = False) -> None:
        """With a session its credentials are temporary: there is a token with them."""
        super().__init__(authority)
        self._session = session

    def check(self, request: Received) -> Scenario:
        parts = urlsplit(request.path).path.split("/")
        if request.method != "POST" or len(parts) < 4 or parts[1] != "model" \
                or parts[-1] not in ROUTES:
            raise Refusal(self.NO_SUCH_ROUTE)
        _check_key(request, self._session)
        model = path_of(request).removeprefix("/model/").rpartition("/")[0]
        request.named = model
        body = parsed(request.body, Fault(400, "SerializationException", "Malformed JSON"))
        if not MODEL(model) or not self.knows(model):
            raise Refusal(WRONG_ID)
        if wrong := wrong_with(body):
            raise Refusal(invalid(wrong))
        return self.says(_usual(body))

    def streams(self, request: Received) -> bool:
        return request.path.endswith("/converse-stream")

    def headers(self, request: Received) -> Headers:
        return {"x-amzn-requestid": new_id("5e5c0000-0000-4000-8000-")}

    def reply(self, request: Received, saying: Saying) -> Json:
        said: list[Json] = []
        if saying.thoughts:
            said.append({"reasoningContent": {"reasoningText": {
                "text": saying.thought, "signature": content.SIGNATURE}}})
        if saying.words:
            said.append({"text": saying.text})
        said += [{"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.arguments}}
                 for call in saying.calls]
        return {"output": {"message": {"role": "assistant", "content": said}},
                "stopReason": STOPS[saying.stop], "usage": _usage(saying.counts),
                "metrics": {"latencyMs": 551}}

    def stream(self, request: Received, saying: Saying) -> Stream:
        frames = [_event("messageStart", role="assistant")]
        blocks = [*([_thoughts(saying)] if saying.thoughts else []),
                  *([[{"text": word} for word in saying.words]] if saying.words else []),
                  *saying.calls]
        for index, block in enumerate(blocks):
            frames += _block(index, block)
        return Stream(frames, [
            _event("messageStop", stopReason=STOPS[saying.stop]),
            _event("metadata", usage=_usage(saying.counts), metrics={"latencyMs": 551})])

    def fault(self, request: Received, fault: Fault) -> Json:
        return {"message": fault.message, **fault.more}

    def fault_headers(self, fault: Fault) -> Headers:
        # What follows the colon is for nobody; SDKs take it off.
        kind = f"{fault.code}:http://internal.amazon.com/coral/com.amazon.bedrock/"
        return {"x-amzn-errortype": kind, **fault.headers}

    def fault_frame(self, request: Received, fault: Fault) -> bytes:
        kind = fault.code[0].lower() + fault.code[1:]
        return eventstream.exception(kind, dump(self.fault(request, fault)))


def _check_key(request: Received, session: bool) -> None:
    authorization = request.header("authorization")
    if not authorization:
        raise Refusal(UNSIGNED)
    if authorization.startswith("Bearer "):
        if authorization != f"Bearer {KEY}":
            raise Refusal(WRONG_BEARER)
        return
    signed = sigv4.read(authorization)
    # The headers that have to be signed: the host, and those of AWS that are sent.
    needed = {"host", *(name for name, _ in request.headers if name.startswith("x-amz-"))}
    if not signed or not needed <= set(signed.names):
        raise Refusal(INCOMPLETE)
    if signed.key_id != KEY_ID:
        raise Refusal(UNKNOWN_KEY)
    if session and request.header("x-amz-security-token") != SESSION_TOKEN:
        raise Refusal(UNKNOWN_KEY)
    if not sigv4.is_timely(request.header("x-amz-date") or "", signed.day):
        raise Refusal(UNTIMELY)
    right = (signed.region, signed.service) == (REGION, "bedrock")
    if not right or not sigv4.is_signed(SECRET, signed, request.method, request.path,
                                        request.headers, request.body):
        raise Refusal(WRONG_SIGNATURE)


def _usual(body: Json) -> Saying:
    if form := body.get("outputConfig", {}).get("textFormat"):
        return content.structured(json.loads(form["structure"]["jsonSchema"]["schema"]))
    config = body.get("toolConfig", {})
    choice = config.get("toolChoice", {"auto": {}})
    for tool in [tool["toolSpec"] for tool in config.get("tools", []) if "toolSpec" in tool]:
        if "any" in choice or choice.get("tool", {}).get("name") == tool["name"]:
            return content.called(tool["name"], tool["inputSchema"]["json"])
    return content.echo(" ".join(map(str, of_kind(body["messages"][-1], "text"))))


def _usage(counts: Counts) -> Json:
    """The prompt's tokens without those of the cache, which the total has, as users report; of some
    models' streams they report sums that are not right."""
    told = {"inputTokens": counts.prompt - counts.cached - counts.written,
            "outputTokens": counts.answer, "totalTokens": counts.prompt + counts.answer}
    if counts.cached or counts.written:
        told |= {"cacheReadInputTokens": counts.cached, "cacheWriteInputTokens": counts.written}
    return told


def _thoughts(saying: Saying) -> list[Json]:
    return [*({"reasoningContent": {"text": thought}} for thought in saying.thoughts),
            {"reasoningContent": {"signature": content.SIGNATURE}}]


def _block(index: int, block: Any) -> Iterator[bytes]:
    """Only a tool's use has an event for its start: the service's model has none for text."""
    deltas = block
    if isinstance(block, Call):
        start = {"toolUse": {"toolUseId": block.id, "name": block.name}}
        yield _event("contentBlockStart", contentBlockIndex=index, start=start)
        deltas = [{"toolUse": {"input": piece}} for piece in block.pieces or ("",)]
    for delta in deltas:
        yield _event("contentBlockDelta", contentBlockIndex=index, delta=delta)
    yield _event("contentBlockStop", contentBlockIndex=index)


def _event(kind: str, **members: Any) -> bytes:
    """With a filler `p`, against those who guess by lengths; seen on the wire, and in no model."""
    payload = {**members, "p": "abcdefghijklmnopqrstuvwxyz"[:3 + len(members) % 20]}
    return eventstream.event(kind, dump(payload))

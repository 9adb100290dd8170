"""Azure OpenAI's deployments. Formats: Microsoft's reference and pages on content filters, the
Azure client of the Python SDK (3.57.0), and refusals as users report them."""

import re
from typing import Any
from urllib.parse import unquote

from upstream.exchange import Headers, Scenario
from upstream.journal import Received
from upstream.qwen import Json
from upstream.tls import Authority
from upstream.vendors import openai_chat
from upstream.vendors.content import Saying
from upstream.vendors.entra import NEWER_SCOPE, SCOPE, Entra
from upstream.vendors.openai_chat import STOPS, invalid
from upstream.vendors.vendor import (
    KEY, Fault, Refusal, Stream, Vendor, new_id, parsed, path_of, query_of, sse)

VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?").fullmatch
DEPLOYMENT = re.compile(r"/openai/deployments/([^/]+)/chat/completions").fullmatch
NEWER = "/openai/v1/chat/completions"  # names the deployment as its model, and needs no version

NO_ROUTE = Fault(404, "404", "Resource not found")
WRONG_KEY = Fault(401, "401", "Access denied due to invalid subscription key or wrong API "
                  "endpoint. Make sure to provide a valid key for an active subscription and use "
                  "a correct regional API endpoint for your resource.")
WRONG_TOKEN = Fault(401, "Unauthorized", "Access token is missing, invalid, audience is incorrect "
                    "(https://cognitiveservices.azure.com), or have expired.")
NETWORK = Fault(403, "403", "Access denied due to Virtual Network/Firewall rules.")
PERMISSION = Fault(401, "PermissionDenied", "The principal lacks the required data action.")
NO_DEPLOYMENT = Fault(404, "DeploymentNotFound", "The API deployment for this resource does not "
                      "exist.")
CONTEXT = invalid("This model's maximum context length is 128000 tokens. However, your messages "
                  "resulted in 131072 tokens.", "messages", "context_length_exceeded")
# The limits that are told may be of requests or of tokens; the wait is in both headers' seconds.
RATE = Fault(429, "429", "Requests to the ChatCompletions_Create Operation under Azure OpenAI API "
             "version 2024-10-21 have exceeded token rate limit of your current OpenAI S0 pricing "
             "tier. Please retry after 7 seconds.",
             {"retry-after": "7", "retry-after-ms": "7000", "x-ratelimit-remaining-requests": "0",
              "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-requests": "7",
              "x-ratelimit-reset-tokens": "7"})
BUSY = Fault(429, "NoCapacity", "The system is experiencing high demand and cannot process the "
             "request.", {"retry-after": "1"})  # of provisioned deployments; words not verified
INTERNAL = Fault(500, "InternalServerError", "The server had an error while processing it.")
UNAVAILABLE = Fault(503, "ServiceUnavailable", "The service is temporarily unable to answer.")
STREAM_ERROR = Fault(500, "server_error", "The server had an error while processing it.",
                     more={"type": "server_error", "param": None})

SAFE = {kind: {"filtered": False, "severity": "safe"}
        for kind in ("hate", "self_harm", "sexual", "violence")}
UNSAFE = {**SAFE, "violence": {"filtered": True, "severity": "medium"}}
FILTERED = Fault(400, "content_filter", "The prompt triggered the content policy.", more={
    "type": None, "param": "prompt", "status": 400,
    "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": UNSAFE}})

NAMED = {"id": "chatcmpl-Azure9f", "model": "gpt-4o-2024-08-06",
         "system_fingerprint": "fp_ee1d74bde0"}


class Azure(Vendor):
    """Takes its key, and the tokens of an Entra if there is one."""

    prefix = "deployment"
    stream_type = "text/event-stream; charset=utf-8"
    models = ("gpt-4o-deployment",)

    def __init__(self, authority: Authority | None, entra: Entra | None = None) -> None:
        super().__init__(authority)
        self._entra = entra

    def check(self, request: Received) -> Scenario:
        found = DEPLOYMENT(path_of(request))
        version = query_of(request).get("api-version")
        newer = path_of(request) == NEWER
        if request.method != "POST" or not (newer or found):
            raise Refusal(NO_ROUTE)
        if not newer and not VERSION(version or ""):
            raise Refusal(NO_ROUTE)
        self._check_key(request, newer)
        # Words not verified: that JSON which is none is told of so.
        body = parsed(request.body, invalid("We could not parse the JSON body of your request."))
        request.named = unquote(found[1]) if found else str(body.get("model", ""))
        if not self.knows(request.named):
            raise Refusal(NO_DEPLOYMENT)
        openai_chat.check(body)
        return self.says(openai_chat.usual(body))

    def _check_key(self, request: Received, newer: bool) -> None:
        """The newer address takes a key as a bearer's, too, and tokens of another audience; that it
        still takes those of the older one is not verified."""
        bearer = request.header("authorization")
        if request.header("api-key") == KEY or (newer and bearer == f"Bearer {KEY}"):
            return
        scopes = (SCOPE, NEWER_SCOPE) if newer else (SCOPE,)
        if bearer and self._entra and self._entra.issued(bearer.removeprefix("Bearer "), *scopes):
            return
        raise Refusal(WRONG_TOKEN if bearer and not request.header("api-key") else WRONG_KEY)

    def headers(self, request: Received) -> Headers:
        return {"apim-request-id": new_id("5e5c0000-0000-4000-8000-"), "x-ms-region": "East US",
                "x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": "99",
                "x-ratelimit-limit-tokens": "100000", "x-ratelimit-remaining-tokens": "98979"}

    def fault_headers(self, fault: Fault) -> Headers:
        kind = fault.more.get("innererror") and {"x-ms-rai-invoked": "true"}
        return {**fault.headers, **(kind or {})}

    def reply(self, request: Received, saying: Saying) -> Json:
        return openai_chat.completion(
            NAMED, openai_chat.message(saying), saying,
            {"content_filter_results": _filtered(saying)},
            prompt_filter_results=[{"prompt_index": 0, "content_filter_results": SAFE}])

    def stream(self, request: Received, saying: Saying) -> Stream:
        """Its first chunk says what the filters found in the prompt, and nothing else."""
        usage = (request.json.get("stream_options") or {}).get("include_usage")
        null = {"usage": None} if usage else {}
        prompt = {"id": "", "object": "", "created": 0, "model": "", "choices": [],
                  "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}]}
        said = [_chunk([_choice({"role": "assistant", "content": None if saying.calls else "",
                                 "refusal": None})], **null)]
        said += [_chunk([_choice({"content": word}, content_filter_results=SAFE)], **null)
                 for word in saying.words]
        for index, call in enumerate(saying.calls):
            said += [_chunk([_choice({"tool_calls": [delta]})], **null)
                     for delta in openai_chat.deltas(index, call)]
        end = _chunk([_choice({}, STOPS[saying.stop], content_filter_results=_filtered(saying))],
                     **null)
        last = [sse(_chunk([], usage=openai_chat.usage(saying.counts)))] if usage else []
        return Stream([sse(prompt), *map(sse, said)], [sse(end), *last, b"data: [DONE]\n\n"])

    def fault(self, request: Received, fault: Fault) -> Json:
        return {"error": {"code": fault.code, "message": fault.message, **fault.more}}

    def fault_frame(self, request: Received, fault: Fault) -> bytes:
        return sse(self.fault(request, fault))


def _filtered(saying: Saying) -> Json:
    return UNSAFE if saying.stop == "filter" else SAFE


def _choice(delta: Json, finish: str | None = None, **more: Any) -> Json:
    return openai_chat.choice(delta, finish, **{"content_filter_results": {}, **more})


def _chunk(choices: list[Json], **more: Any) -> Json:
    return openai_chat.chunk(NAMED, choices, **more)

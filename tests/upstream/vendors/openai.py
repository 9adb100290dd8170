"""OpenAI's chat completions, images, speech and list of models. Formats: the published specification, the
Python SDK (3.54.0), and the page on errors."""

from upstream.exchange import Exchange, Headers, Scenario
from upstream.journal import Received
from upstream.qwen import CREATED, Json, dump
from upstream.vendors import openai_chat, openai_media
from upstream.vendors.content import Call, Saying
from upstream.vendors.openai_chat import STOPS, invalid
from upstream.vendors.vendor import (
    KEY, Fault, Refusal, Stream, Vendor, new_id, parsed, path_of, sse)


def failed(status: int, kind: str, code: str | None, message: str,
           headers: Headers | None = None) -> Fault:
    return Fault(status, code or "", message, headers or {},
                 {"type": kind, "param": None, "code": code})


WRONG_KEY = failed(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided.")
CONTEXT = invalid("This model's maximum context length is 128000 tokens. However, your messages "
                  "resulted in 131072 tokens. Please reduce the length of the messages.",
                  "messages", "context_length_exceeded")
MODERATED = invalid("Your request was rejected as a result of our safety system.", None,
                    "content_policy_violation")
RATE = failed(429, "requests", "rate_limit_exceeded", "Rate limit reached for requests.",
              {"retry-after": "7", "retry-after-ms": "6820",
               "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6.82s"})
QUOTA = failed(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota, "
               "please check your plan and billing details.")
OVERLOADED = failed(503, "server_error", None, "The engine is currently overloaded, please try "
                    "again later.")
STREAM_ERROR = failed(500, "server_error", "server_error", "The server had an error while "
                      "processing your request.")


class OpenAI(Vendor):
    prefix = "gpt"
    stream_type = "text/event-stream; charset=utf-8"
    models = ("gpt-4.1", "gpt-4o-mini")
    makes_media = True
    NO_SUCH_ROUTE = invalid("Invalid URL")

    def check(self, request: Received) -> Scenario:
        self._check_key(request)
        if request.method == "GET" and path_of(request) == "/v1/models":
            return self._list()
        path = path_of(request)
        makes = openai_media.MODELS.get(path) if self.makes_media else None
        if request.method != "POST" or not (makes or path == "/v1/chat/completions"):
            raise Refusal(self.NO_SUCH_ROUTE)
        body = parsed(request.body, invalid("We could not parse the JSON body of your request."))
        request.named = str(body.get("model", ""))
        if makes:
            if request.named not in makes and not self.knows(request.named):
                raise Refusal(self.no_model(request.named))
            openai_media.check(path, body)
            return openai_media.usual(path)
        if not self.knows(request.named):
            raise Refusal(self.no_model(request.named))
        openai_chat.check(self.known_part(body))
        return self.says(openai_chat.usual(body))

    def known_part(self, body: Json) -> Json:
        """What has to be as the specification has it; the rest is the vendor's own."""
        return body

    def no_model(self, model: str) -> Fault:
        return failed(404, "invalid_request_error", "model_not_found",
                      f"The model `{model}` does not exist or you do not have access to it.")

    def _check_key(self, request: Received) -> None:
        if request.header("authorization") != f"Bearer {KEY}":
            raise Refusal(WRONG_KEY)

    def _list(self) -> Scenario:
        data = [{"id": model, "object": "model", "created": CREATED, "owned_by": "system"}
                for model in self.models]

        async def play(exchange: Exchange) -> None:
            await exchange.reply(dump({"object": "list", "data": data}))

        return play

    def headers(self, request: Received) -> Headers:
        return {"x-request-id": new_id("req_"), "openai-processing-ms": "251",
                "x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499",
                "x-ratelimit-reset-requests": "120ms", "x-ratelimit-limit-tokens": "30000",
                "x-ratelimit-remaining-tokens": "29979", "x-ratelimit-reset-tokens": "42ms"}

    def reply(self, request: Received, saying: Saying) -> Json:
        return openai_chat.completion(self.named(request), self.message(saying), saying, {})

    def stream(self, request: Received, saying: Saying) -> Stream:
        named = self.named(request)
        usage = (request.json.get("stream_options") or {}).get("include_usage")
        null = {"usage": None} if usage else {}
        said = [{"role": "assistant", "content": None if saying.calls else "", "refusal": None},
                *self.thoughts(saying), *({"content": word} for word in saying.words)]
        for index, call in enumerate(saying.calls):
            said += [{"tool_calls": [delta]} for delta in self.deltas(index, call)]
        frames = [openai_chat.chunk(named, [openai_chat.choice(delta)], **null) for delta in said]
        end = openai_chat.chunk(named, [openai_chat.choice({}, STOPS[saying.stop])], **null)
        last = [openai_chat.chunk(named, [], usage=openai_chat.usage(saying.counts))]
        return Stream([sse(frame) for frame in frames],
                      [*map(sse, [end, *(last if usage else [])]), b"data: [DONE]\n\n"])

    def named(self, request: Received) -> Json:
        return {"id": "chatcmpl-BwT4b1e", "model": request.model, "service_tier": "default",
                "system_fingerprint": "fp_44709d6fcb"}

    def message(self, saying: Saying) -> Json:
        return openai_chat.message(saying)

    def thoughts(self, saying: Saying) -> list[Json]:
        """Nothing is told of them but their number."""
        return []

    def deltas(self, index: int, call: Call) -> list[Json]:
        return openai_chat.deltas(index, call)

    def fault(self, request: Received, fault: Fault) -> Json:
        return {"error": {"message": fault.message, **fault.more}}

    def fault_frame(self, request: Received, fault: Fault) -> bytes:
        return sse(self.fault(request, fault))

"""DashScope's own protocol. Formats: Model Studio's reference of the DashScope API, its page on
errors, and the Python SDK (2.0.2)."""

from dataclasses import dataclass, field
from typing import Any

from upstream.exchange import Exchange, Headers, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.tls import Authority
from upstream.vendors import content, dashscope_tasks
from upstream.vendors.content import Call, Counts, Saying
from upstream.vendors.dashscope_request import GENERATION, MULTIMODAL, wrong_messages
from upstream.vendors.dashscope_tasks import IMAGE, Tasks
from upstream.vendors.shapes import Wrong
from upstream.vendors.vendor import (
    KEY, Fault, Refusal, Stream, Vendor, new_id, parsed, path_of)

TEXT_PATH = "/api/v1/services/aigc/text-generation/generation"
SEEN_PATH = "/api/v1/services/aigc/multimodal-generation/generation"
IMAGE_PATH = "/api/v1/services/aigc/text2image/image-synthesis"
TASK_PATH = "/api/v1/tasks/"


def invalid(message: str) -> Fault:
    return Fault(400, "InvalidParameter", message)


NO_KEY = Fault(401, "InvalidApiKey", "No API-key provided.")
WRONG_KEY = Fault(401, "InvalidApiKey", "Invalid API-key provided.")
ARREARAGE = Fault(400, "Arrearage", "Access denied, please make sure your account is in good "
                  "standing.")
CONTEXT = invalid("Range of input length should be [1, 129024]")
MODERATED = Fault(400, "DataInspectionFailed", "Input data may contain inappropriate content.")
ACCESS = Fault(403, "AccessDenied", "Access denied.")
NOT_SYNCHRONOUS = Fault(403, "AccessDenied",
                        "current user api does not support synchronous calls.")
NOT_ASYNCHRONOUS = Fault(403, "AccessDenied",
                         "current user api does not support asynchronous calls.")
UNPURCHASED = Fault(403, "AccessDenied.Unpurchased", "The model is not activated.")
NO_MODEL = Fault(404, "ModelNotFound", "Model can not be found.")
RATE = Fault(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
TOKENS = Fault(429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your "
               "quota limit.")
BURST = Fault(429, "Throttling.BurstRate", "Request rate increased too quickly.")
INTERNAL = Fault(500, "InternalError", "An internal error has occurred, please try again later.")
TIMEOUT = Fault(500, "RequestTimeOut", "Request timed out, please try again later.")
OVERLOADED = Fault(503, "ModelServingError", "Too many requests to the model.")

STOPS = {"end": "stop", "length": "length", "sequence": "stop", "tools": "tool_calls",
         "filter": "stop"}


@dataclass(frozen=True)
class Step:
    """What one event says."""

    said: str = ""
    thought: str = ""
    calls: list[Json] = field(default_factory=list)


class DashScope(Vendor):
    """`tasks.fault` is what the next tasks fail with. A request for a stream is refused by a
    status, too; that the service does so is not verified. `breaks(Saying(), fault)` refuses it by
    the first event of a stream whose status is 200, as users report of applications."""

    prefix = "qwen"
    stream_type = "text/event-stream;charset=UTF-8"
    models = ("qwen-plus", "qwen-vl-plus", "wan2.2-t2i-flash")
    NO_SUCH_ROUTE = Fault(404, "NotFound", "Not found")

    def __init__(self, authority: Authority | None) -> None:
        super().__init__(authority)
        self.tasks = Tasks()

    def check(self, request: Received) -> Scenario:
        path = path_of(request)
        if path.startswith("/oss/") and request.method == "GET":
            return _bytes(dashscope_tasks.image())  # its signed URL is all that it takes
        authorization = request.header("authorization")
        if authorization != f"Bearer {KEY}":
            raise Refusal(WRONG_KEY if authorization else NO_KEY)
        if path.startswith(TASK_PATH):
            return self._task(request, path.removeprefix(TASK_PATH))
        if request.method != "POST" or path not in (TEXT_PATH, SEEN_PATH, IMAGE_PATH):
            raise Refusal(self.NO_SUCH_ROUTE)
        body = parsed(request.body, invalid("Required body invalid, please check the request body "
                                            "format."))
        request.named = str(body.get("model", ""))
        if not self.knows(request.named):
            raise Refusal(NO_MODEL if request.named else invalid("Model not exist."))
        asynchronous = request.header("x-dashscope-async") == "enable"
        if path == IMAGE_PATH:
            return self._create(body, asynchronous)
        if asynchronous:
            raise Refusal(NOT_ASYNCHRONOUS)
        _hold(body, GENERATION if path == TEXT_PATH else MULTIMODAL)
        if wrong := wrong_messages(body, self.streams(request)):
            raise Refusal(invalid(wrong))
        return self.says(_usual(body))

    def _create(self, body: Json, asynchronous: bool) -> Scenario:
        if not asynchronous:
            raise Refusal(NOT_SYNCHRONOUS)
        _hold(body, IMAGE)
        task = self.tasks.create(body)
        return self._json({"output": {"task_status": "PENDING", "task_id": task.id}})

    def _task(self, request: Received, identity: str) -> Scenario:
        request.named = f"{TASK_PATH}{identity}"
        if request.method == "GET":
            return self._json(self.tasks.told(identity, self.origin))
        if request.method != "POST" or not identity.endswith("/cancel"):
            raise Refusal(self.NO_SUCH_ROUTE)
        if not self.tasks.cancel(identity.removesuffix("/cancel")):
            raise Refusal(Fault(400, "UnsupportedOperation", "Failed to cancel the task, please "
                                "confirm if the task is in PENDING status."))
        return self._json({})

    def _json(self, body: Json) -> Scenario:
        async def play(exchange: Exchange) -> None:
            told = {**body, "request_id": new_id("7574ee8f-")}
            await exchange.reply(dump(told), headers=self.headers(exchange.request))

        return play

    def streams(self, request: Received) -> bool:
        accepts = "text/event-stream" in (request.header("accept") or "")
        return request.header("x-dashscope-sse") == "enable" or accepts

    def headers(self, request: Received) -> Headers:
        return {"x-request-id": new_id("7574ee8f-"), "req-cost-time": "551"}

    def reply(self, request: Received, saying: Saying) -> Json:
        calls = [_call(index, call) for index, call in enumerate(saying.calls)]
        step = Step(saying.text, saying.thought, calls)
        return _answer(request, step, STOPS[saying.stop], saying.counts)

    def stream(self, request: Received, saying: Saying) -> Stream:
        """Each event has all that was said so far, unless increments were asked for; until the last
        one the reason to finish is the text `null`."""
        steps = [Step(thought=thought) for thought in saying.thoughts]
        steps += [Step(word) for word in saying.words]
        for index, call in enumerate(saying.calls):
            steps += [Step(calls=[delta]) for delta in _deltas(index, call)]
        steps.append(Step())
        frames = []
        for at, step in enumerate(steps):
            told = step if _increments(request) else _until(steps[:at + 1], saying)
            finish = STOPS[saying.stop] if at + 1 == len(steps) else "null"
            frames.append(_event(at + 1, 200, _answer(request, told, finish, saying.counts)))
        return Stream(frames[:-1], frames[-1:])

    def fault(self, request: Received, fault: Fault) -> Json:
        return {"code": fault.code, "message": fault.message, "request_id": new_id("7574ee8f-")}

    def fault_frame(self, request: Received, fault: Fault) -> bytes:
        return _event(99, fault.status, self.fault(request, fault), "error")


def _hold(body: Json, shape: Any) -> None:
    try:
        shape(body, ())
    except Wrong as wrong:
        place = ".".join(map(str, wrong.path))
        raise Refusal(invalid({
            "missing": f"Required parameter({place}) missing or invalid, please check the request "
                       "parameters.",
            "unknown": f"Unknown parameter: {place}",
            "type": f"The type of {place} should be {wrong.detail}",
            "value": f"{place} should be {wrong.detail}"}[wrong.kind])) from None


def _bytes(data: bytes) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(data, content_type="image/png")

    return play


def _parameters(request: Received) -> Json:
    told: Json = request.json.get("parameters") or {}
    return told


def _increments(request: Received) -> bool:
    return _parameters(request).get("incremental_output") is True


def _usual(body: Json) -> Saying:
    form = (body.get("parameters") or {}).get("response_format") or {}
    if form.get("type") == "json_schema":
        return content.structured(form["json_schema"]["schema"])
    chosen = (body.get("parameters") or {}).get("tool_choice")
    for tool in (body.get("parameters") or {}).get("tools", []):
        if isinstance(chosen, dict) and chosen["function"]["name"] == tool["function"]["name"]:
            return content.called(tool["function"]["name"], tool["function"].get("parameters", {}))
    last: Any = body["input"].get("prompt") or body["input"]["messages"][-1]["content"]
    if isinstance(last, list):
        last = " ".join(part["text"] for part in last if "text" in part)
    return content.echo(last or "")


def _call(index: int, call: Call) -> Json:
    return {"index": index, "id": call.id, "type": "function",
            "function": {"name": call.name, "arguments": "".join(call.pieces) or "{}"}}


def _deltas(index: int, call: Call) -> list[Json]:
    """What follows a call's first piece has an empty id and no name, as in the compatible mode; of
    this protocol that is not verified."""
    first, *rest = call.pieces or ("{}",)
    whole = _call(index, call)
    return [{**whole, "function": {"name": call.name, "arguments": first}},
            *({"index": index, "id": "", "type": "function", "function": {"arguments": piece}}
              for piece in rest)]


def _until(steps: list[Step], saying: Saying) -> Step:
    """All that these steps have said."""
    calls: dict[int, Json] = {}
    for step in steps:
        for delta in step.calls:
            index = delta["index"]
            so_far = calls[index]["function"]["arguments"] if index in calls else ""
            told = _call(index, saying.calls[index])
            told["function"]["arguments"] = so_far + delta["function"]["arguments"]
            calls[index] = told
    return Step("".join(step.said for step in steps), "".join(step.thought for step in steps),
                list(calls.values()))


def _answer(request: Received, step: Step, finish: str, counts: Counts) -> Json:
    """As messages, if they were asked for; else the older form, which has a text alone."""
    seen = path_of(request) == SEEN_PATH
    output: Json = {"text": step.said, "finish_reason": finish}
    if seen or _parameters(request).get("result_format") == "message":
        words: Any = ([{"text": step.said}] if step.said else []) if seen else step.said
        message: Json = {"role": "assistant", "content": words}
        if step.thought or _parameters(request).get("enable_thinking"):
            message["reasoning_content"] = step.thought
        if step.calls:
            message["tool_calls"] = step.calls
        output = {"choices": [{"finish_reason": finish, "message": message}]}
    return {"output": output, "usage": _usage(counts), "request_id": new_id("7574ee8f-")}


def _usage(counts: Counts) -> Json:
    told: Json = {"input_tokens": counts.prompt, "output_tokens": counts.answer,
                  "total_tokens": counts.prompt + counts.answer}
    if counts.cached:
        told["prompt_tokens_details"] = {"cached_tokens": counts.cached}
    if counts.thinking:
        told["output_tokens_details"] = {"reasoning_tokens": counts.thinking}
    return told


def _event(number: int, status: int, payload: Json, kind: str = "result") -> bytes:
    """The status is in a comment."""
    return b"id:%d\nevent:%s\n:HTTP_STATUS/%d\ndata:%s\n\n" % (
        number, kind.encode(), status, dump(payload))

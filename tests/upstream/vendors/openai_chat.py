"""Chat completions as OpenAI's published specification has them, and the refusals of its API: for
all who serve the format, under whatever address."""

from typing import Any

from upstream.qwen import CREATED, Json
from upstream.vendors import content
from upstream.vendors.content import Call, Counts, Saying
from upstream.vendors.openai_request import REQUEST, unanswered
from upstream.vendors.shapes import Wrong
from upstream.vendors.vendor import Fault, Refusal

STOPS = {"end": "stop", "length": "length", "sequence": "stop", "tools": "tool_calls",
         "filter": "content_filter"}


def invalid(message: str, param: str | None = None, code: str | None = None) -> Fault:
    return Fault(400, code or "", message, more={"type": "invalid_request_error", "param": param,
                                                 "code": code})


def check(body: Json) -> None:
    try:
        REQUEST(body, ())
    except Wrong as wrong:
        raise Refusal(told_of(wrong)) from None
    if wrong_pair := unanswered(body["messages"]):
        raise Refusal(invalid(wrong_pair[1], wrong_pair[0]))
    if body.get("stream_options") and not body.get("stream"):
        raise Refusal(invalid("The 'stream_options' parameter is only allowed when 'stream' is "
                              "enabled.", "stream_options"))
    if body.get("max_tokens") and body.get("max_completion_tokens"):
        raise Refusal(invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time "
                              "is not supported.", None, "invalid_parameter_combination"))
    if "tool_choice" in body and not body.get("tools"):
        raise Refusal(invalid("'tool_choice' is only allowed when 'tools' are specified.",
                              "tool_choice"))


def told_of(wrong: Wrong) -> Fault:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}"
                    for part in wrong.path).removeprefix(".")
    if wrong.kind == "missing":
        return invalid(f"Missing required parameter: '{place}'.", place,
                       "missing_required_parameter")
    if wrong.kind == "unknown":
        return invalid(f"Unknown parameter: '{place}'.", place, "unknown_parameter")
    if wrong.kind == "type":
        return invalid(f"Invalid type for '{place}': expected {wrong.detail}.", place,
                       "invalid_type")
    return invalid(f"Invalid value for '{place}': expected {wrong.detail}.", place, "invalid_value")


def usual(body: Json) -> Saying:
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return content.structured(form["json_schema"].get("schema", {}))
    choice = body.get("tool_choice", "auto")
    for tool in [tool["function"] for tool in body.get("tools", []) if "function" in tool]:
        named = isinstance(choice, dict) and choice.get("function", {}).get("name")
        if choice == "required" or named == tool["name"]:
            return content.called(tool["name"], tool.get("parameters", {}))
    last = body["messages"][-1].get("content") or ""
    if isinstance(last, list):
        last = " ".join(part["text"] for part in last if part["type"] == "text")
    return content.echo(last)


def call_of(call: Call) -> Json:
    return {"id": call.id, "type": "function",
            "function": {"name": call.name, "arguments": "".join(call.pieces) or "{}"}}


def deltas(index: int, call: Call) -> list[Json]:
    first = {**call_of(call), "index": index, "function": {"name": call.name, "arguments": ""}}
    return [first, *({"index": index, "function": {"arguments": piece}}
                     for piece in call.pieces or ("{}",))]


def choice(delta: Json, finish: str | None = None, **more: Any) -> Json:
    return {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None, **more}


def chunk(named: Json, choices: list[Json], **more: Any) -> Json:
    """`named` is what all chunks of an answer have: its id, its model and so on."""
    return {"id": named["id"], "object": "chat.completion.chunk", "created": CREATED, **named,
            "choices": choices, **more}


def completion(named: Json, told: Json, saying: Saying, choice: Json, **more: Any) -> Json:
    """Of the message `told`; `choice` has what the vendor adds to it."""
    whole = {"index": 0, "message": told, "finish_reason": STOPS[saying.stop], "logprobs": None,
             **choice}
    return {"id": named["id"], "object": "chat.completion", "created": CREATED, **named, **more,
            "choices": [whole], "usage": usage(saying.counts)}


def message(saying: Saying) -> Json:
    told: Json = {"role": "assistant", "content": saying.text if saying.words else None,
                  "refusal": None, "annotations": []}
    if saying.calls:
        told["tool_calls"] = [call_of(call) for call in saying.calls]
    return told


def usage(counts: Counts) -> Json:
    return {"prompt_tokens": counts.prompt, "completion_tokens": counts.answer,
            "total_tokens": counts.prompt + counts.answer,
            "prompt_tokens_details": {"cached_tokens": counts.cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": counts.thinking, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}

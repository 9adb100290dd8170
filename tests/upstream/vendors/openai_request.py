"""What OpenAI's chat completions take, as its published specification has them: for those who serve
the format under other addresses."""

import re
from typing import Any

from upstream.qwen import Json
from upstream.vendors.content import decoded, kind_of_image
from upstream.vendors.shapes import (
    Path, Wrong, anything, boolean, either, items, members, nullable, number, one_of, tagged, text)

NAME = text(1, re.compile(r"[a-zA-Z0-9_-]{1,64}").fullmatch, "'^[a-zA-Z0-9_-]+$'")
OBJECT = members({}, opened=True)
DATA_URL = re.compile(r"data:image/(png|jpeg|gif|webp);base64,(.+)", re.S).fullmatch


def _image(value: Any, path: Path) -> None:
    members({"url": text(1)}, {"detail": one_of("auto", "low", "high")})(value, path)
    url = value["url"]
    if url.startswith(("https://", "http://")):
        return
    found = DATA_URL(url)
    data = decoded(found[2]) if found else None
    if not found or not data or kind_of_image(data) != found[1]:
        raise Wrong("value", path, "a URL of an image, or its data", url)


SAID = members({"type": anything, "text": text()})
PARTS = {"text": SAID, "image_url": members({"type": anything, "image_url": _image}),
         "input_audio": anything, "file": anything}
CALL = members({"id": text(1), "type": one_of("function"),
                "function": members({"name": NAME, "arguments": text()})}, {"index": anything})
WORDS = either((str, text()), (list, items(tagged({"text": SAID}), 1)))
MESSAGE = tagged({
    "system": members({"role": anything, "content": WORDS}, {"name": text()}),
    "developer": members({"role": anything, "content": WORDS}, {"name": text()}),
    "user": members({"role": anything, "content": either(
        (str, text()), (list, items(tagged(PARTS), 1)))}, {"name": text()}),
    "assistant": members({"role": anything}, {
        "content": nullable(WORDS), "name": text(), "tool_calls": items(CALL, 1),
        "refusal": nullable(text()), "audio": anything, "function_call": anything,
        "annotations": anything}),  # of an answer that is sent back
    "tool": members({"role": anything, "content": WORDS, "tool_call_id": text(1)})}, "role")
TOOL = tagged({"function": members({"type": anything, "function": members(
    {"name": NAME}, {"description": text(), "parameters": OBJECT, "strict": nullable(boolean)})}),
    "custom": anything})
FORMAT = tagged({
    "text": members({"type": anything}), "json_object": members({"type": anything}),
    "json_schema": members({"type": anything, "json_schema": members(
        {"name": NAME}, {"schema": OBJECT, "description": text(), "strict": nullable(boolean)})})})
CHOICE = either((str, one_of("none", "auto", "required")),
                (dict, members({"type": anything}, opened=True)))
REQUEST = members({"messages": items(MESSAGE, 1)}, {
    "model": text(), "temperature": nullable(number(0, 2)), "top_p": nullable(number(0, 1)),
    "n": nullable(number(1, 128, whole=True)), "stream": nullable(boolean),
    "stream_options": nullable(members({}, {"include_usage": boolean,
                                            "include_obfuscation": boolean})),
    "stop": nullable(either((str, text()), (list, items(text(), 0, 4)))),
    "max_tokens": nullable(number(1, whole=True)),
    "max_completion_tokens": nullable(number(1, whole=True)),
    "presence_penalty": nullable(number(-2, 2)), "frequency_penalty": nullable(number(-2, 2)),
    "logit_bias": nullable(OBJECT), "logprobs": nullable(boolean),
    "top_logprobs": nullable(number(0, 20, whole=True)), "user": text(),
    "seed": nullable(number(whole=True)), "tools": items(TOOL, 1), "tool_choice": CHOICE,
    "parallel_tool_calls": boolean, "response_format": FORMAT, "metadata": nullable(OBJECT),
    "reasoning_effort": nullable(one_of("none", "minimal", "low", "medium", "high", "xhigh",
                                        "max")),
    "store": nullable(boolean), "service_tier": nullable(text()), "prediction": anything,
    "modalities": anything, "audio": anything, "verbosity": anything,
    "safety_identifier": text(), "prompt_cache_key": text(), "functions": anything,
    "function_call": anything, "data_sources": anything, "user_security_context": anything})


def unanswered(messages: list[Json]) -> tuple[str, str] | None:
    """What is wrong between calls and the messages that answer them, and where."""
    asked: list[str] = []
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in asked:
                return (f"messages.[{at}].role", "Invalid parameter: messages with role 'tool' "
                        "must be a response to a preceeding message with 'tool_calls'.")
            asked.remove(message["tool_call_id"])
            continue
        if asked:
            break
        asked = [call["id"] for call in message.get("tool_calls", [])]
        if message["role"] == "assistant" and not asked and message.get("content") is None:
            return (f"messages.[{at}].content",
                    "Invalid value for 'content': expected a string, got null.")
    if asked:
        return ("messages", "An assistant message with 'tool_calls' must be followed by tool "
                "messages responding to each 'tool_call_id'. The following tool_call_ids did not "
                f"have response messages: {', '.join(asked)}")
    return None

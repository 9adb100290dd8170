"""What the Messages API of Anthropic takes: the shape of a request, and what has to hold between
its messages. As the types of the Python SDK (2.14.0) and reports of the API's own refusals have
it."""

import re
from itertools import pairwise
from typing import Any

from upstream.qwen import Json
from upstream.vendors.content import decoded, kind_of_image
from upstream.vendors.shapes import (
    Path, Shape, Wrong, anything, boolean, either, items, members, nullable, number, one_of, tagged,
    text)

ID = re.compile(r"[a-zA-Z0-9_-]+").fullmatch
NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}").fullmatch  # 64 for some older models, not verified which
NEWER = ("claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-sonnet-5")
PIXELS = ("image/jpeg", "image/png", "image/gif", "image/webp")

CACHE = nullable(members({"type": one_of("ephemeral")}, {"ttl": one_of("5m", "1h")}))
OBJECT = members({}, opened=True)
SAID = text(1)
TEXT = members({"type": anything, "text": SAID},
               {"cache_control": CACHE, "citations": anything})


def _image_data(value: Any, path: Path) -> None:
    members({"type": anything, "media_type": one_of(*PIXELS), "data": text(1)})(value, path)
    data = decoded(value["data"])
    if data is None:
        raise Wrong("value", (*path, "data"), "base64", value)
    if kind_of_image(data) != value["media_type"].removeprefix("image/"):
        raise Wrong("value", path, "an image of its media_type", value)


URL = members({"type": anything, "url": text(1)})
FILE = members({"type": anything, "file_id": text(1)})
IMAGE = members({"type": anything,
                 "source": tagged({"base64": _image_data, "url": URL, "file": FILE})},
                {"cache_control": CACHE, "transformations": anything})
DATA = members({"type": anything, "media_type": one_of("application/pdf"), "data": text(1)})
PLAIN = members({"type": anything, "media_type": one_of("text/plain"), "data": text()})
DOCUMENT = members({"type": anything, "source": tagged({
    "base64": DATA, "text": PLAIN, "url": URL, "file": FILE,
    "content": members({"type": anything, "content": anything})})},
    {"cache_control": CACHE, "citations": anything, "context": nullable(text()),
     "title": nullable(text())})
RESULT = members(
    {"type": anything, "tool_use_id": text(1, ID, "^[a-zA-Z0-9_-]+$")},
    {"content": either((str, text()), (list, items(tagged(
        {"text": TEXT, "image": IMAGE, "document": DOCUMENT})))),
     "is_error": boolean, "cache_control": CACHE, "toolset_name": anything})
USE = members({"type": anything, "id": text(1, ID, "^[a-zA-Z0-9_-]+$"), "name": text(1),
               "input": OBJECT},
              {"cache_control": CACHE, "caller": anything, "toolset_name": anything})
THINKING = members({"type": anything, "thinking": text(), "signature": text()})
REDACTED = members({"type": anything, "data": text(1)})

USER = {"text": TEXT, "image": IMAGE, "document": DOCUMENT, "tool_result": RESULT}
ASSISTANT = {"text": TEXT, "document": DOCUMENT, "tool_use": USE, "thinking": THINKING,
             "redacted_thinking": REDACTED}


def _message(blocks: dict[str, Shape]) -> Shape:
    return members({"role": anything,
                    "content": either((str, SAID), (list, items(tagged(blocks), 1)))})


TOOL = members(
    {"name": text(1, NAME, "^[a-zA-Z0-9_-]{1,128}$"),
     "input_schema": members({"type": one_of("object")}, opened=True)},
    {"description": text(), "type": nullable(one_of("custom")), "cache_control": CACHE,
     "strict": boolean, "eager_input_streaming": nullable(boolean), "input_examples": anything,
     "allowed_callers": anything, "defer_loading": boolean})
SINGLY = {"disable_parallel_tool_use": boolean}
SHOWN = {"display": nullable(one_of("summarized", "omitted"))}

REQUEST = members(
    {"model": text(1), "max_tokens": number(0, whole=True),
     "messages": items(tagged({"user": _message(USER), "assistant": _message(ASSISTANT),
                               "system": _message({"text": TEXT})}, "role"), 1, 100000)},
    {"system": either((str, text()), (list, items(TEXT))),
     "temperature": number(0, 1), "top_p": number(0, 1), "top_k": number(0, whole=True),
     "stop_sequences": items(text(1, str.strip, "text that is not all whitespace")),
     "stream": boolean, "tools": items(TOOL),
     "tool_choice": tagged({
         "auto": members({"type": anything}, SINGLY), "any": members({"type": anything}, SINGLY),
         "tool": members({"type": anything, "name": text(1)}, SINGLY),
         "none": members({"type": anything})}),
     "thinking": tagged({
         "enabled": members({"type": anything, "budget_tokens": number(1024, whole=True)}, SHOWN),
         "adaptive": members({"type": anything}, SHOWN),
         "disabled": members({"type": anything})}),
     "output_config": members({}, {
         "effort": nullable(one_of("low", "medium", "high", "xhigh", "max")),
         "format": nullable(members({"type": one_of("json_schema"), "schema": OBJECT}))}),
     "metadata": members({}, {"user_id": nullable(text())}),
     "service_tier": one_of("auto", "standard_only"),
     "speed": nullable(one_of("standard", "fast")), "cache_control": CACHE,
     "container": anything, "diagnostics": anything, "inference_geo": nullable(text())})


def blocks(message: Json, kind: str) -> list[tuple[int, Json]]:
    content = message["content"]
    return [(at, block) for at, block in enumerate(content if isinstance(content, list) else [])
            if block["type"] == kind]


def _check_results(messages: list[Json]) -> str | None:
    """Each use has its result in the next message, and each result its use in the last one."""
    asked: set[str] = set()
    for at, message in enumerate(messages):
        results = {block["tool_use_id"] for _, block in blocks(message, "tool_result")}
        for place, block in blocks(message, "tool_result"):
            if block["tool_use_id"] not in asked:
                return (f"messages.{at}.content.{place}: unexpected `tool_use_id` found in "
                        f"`tool_result` blocks: {block['tool_use_id']}. Each `tool_result` block "
                        "must have a corresponding `tool_use` block in the previous message.")
        if asked - results:
            return (f"messages.{at - 1}: `tool_use` ids were found without `tool_result` blocks "
                    f"immediately after: {', '.join(sorted(asked - results))}. Each `tool_use` "
                    "block must have a corresponding `tool_result` block in the next message.")
        ids = [block["id"] for _, block in blocks(message, "tool_use")]
        if len(set(ids)) < len(ids):
            return f"messages.{at}: `tool_use` ids must be unique"
        asked = set(ids)
    if asked:
        return (f"messages.{len(messages) - 1}: `tool_use` ids were found without `tool_result` "
                "blocks")
    return None


def _check_turns(messages: list[Json], alternate: bool) -> str | None:
    turns = [message["role"] for message in messages if message["role"] != "system"]
    if not turns or turns[0] != "user":
        return 'messages: first message must use the "user" role'
    for before, after in pairwise(turns):
        if alternate and before == after:
            return (f'messages: roles must alternate between "user" and "assistant", but found '
                    f'multiple "{after}" roles in a row')
    return None


def _check_thinking(request: Json) -> str | None:
    thinking = request.get("thinking") or {"type": "disabled"}
    if thinking["type"] == "enabled" and thinking["budget_tokens"] >= request["max_tokens"]:
        return "`max_tokens` must be greater than `thinking.budget_tokens`."
    if thinking["type"] == "disabled":
        return None
    if request.get("temperature", 1) != 1:
        return "`temperature` may only be set to 1 when thinking is enabled."
    if request.get("tool_choice", {}).get("type") in ("any", "tool"):
        return "Thinking may not be enabled when tool_choice forces tool use."
    return None


def _check_tools(request: Json) -> str | None:
    names = [tool["name"] for tool in request.get("tools", [])]
    if len(set(names)) < len(names):
        return "tools: Tool names must be unique."
    choice = request.get("tool_choice")
    if choice and not names:
        return "tool_choice: may only be specified while providing tools."
    if choice and choice["type"] == "tool" and choice["name"] not in names:
        return f"Tool '{choice['name']}' not found in provided tools"
    return None


# Members that the version of October 2026 has no more, not even at their defaults.
REMOVED = ("temperature", "top_p", "top_k")


def _check_version(request: Json, version: str) -> str | None:
    """What that version refuses and the older ones take."""
    if version < "2026-10-21":
        return None
    for name in REMOVED:
        if name in request:
            return f"{name}: Extra inputs are not permitted"
    for at, message in enumerate(request["messages"]):
        for place, _ in blocks(message, "document"):
            if message["role"] == "assistant":
                return f"messages.{at}.content.{place}: a document cannot be here"  # not verified
        for place, block in blocks(message, "text"):
            if message["role"] == "user" and block.get("citations"):
                return f"messages.{at}.content.{place}.citations: not permitted"  # not verified
    return None


def _check_model(request: Json) -> str | None:
    """What newer models refuse, said to be so by Anthropic's guides for moving to them."""
    if not request["model"].startswith(NEWER):
        return None
    if request.get("thinking", {}).get("type") == "enabled":  # words not verified
        return "thinking.type: `enabled` is not supported by this model. Use `adaptive`."
    if request["messages"][-1]["role"] == "assistant":
        return ("This model does not support assistant message prefill. The conversation must end "
                "with a user message.")
    if any(request.get(name, 1) != 1 for name in ("temperature", "top_p")) or "top_k" in request:
        return "temperature, top_p and top_k are not supported by this model."  # not verified
    return None


def wrong_with(request: Json, version: str, alternate: bool) -> str | None:
    """What the API says to it; None if it takes it."""
    try:
        REQUEST(request, ())
    except Wrong as wrong:
        return _told(wrong)
    return (_check_version(request, version) or _check_turns(request["messages"], alternate)
            or _check_results(request["messages"]) or _check_tools(request)
            or _check_thinking(request) or _check_model(request))


def _told(wrong: Wrong) -> str:
    place = ".".join(map(str, wrong.path))
    if wrong.kind == "missing":
        return f"{place}: Field required"
    if wrong.kind == "unknown":
        return f"{place}: Extra inputs are not permitted"
    if wrong.kind == "type":
        return f"{place}: Input should be a valid {wrong.detail}"
    return f"{place}: Input should be {wrong.detail}"

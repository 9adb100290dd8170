"""What DashScope's generation takes, as its reference, its page on errors and the Python SDK
(2.0.2) have it. Unknown parameters are passed over, as the SDK sends some of its own."""

from typing import Any

from upstream.qwen import Json
from upstream.vendors.content import decoded, kind_of_image
from upstream.vendors.shapes import (
    Path, Wrong, anything, boolean, either, items, members, number, one_of, tagged, text)


def _image(value: Any, path: Path) -> None:
    """A URL, or data as a URL has it; `oss://` is of files that were uploaded before."""
    text(1)(value, path)
    if value.startswith(("http://", "https://", "oss://")):
        return
    head, _, data = value.partition(";base64,")
    raw = decoded(data) if head.startswith("data:image/") else None
    if not raw or f"data:image/{kind_of_image(raw)}" != head:
        raise Wrong("value", path, "a URL of an image, or its data", value)


PARTS = members({}, {"text": text(), "image": _image, "video": anything, "audio": anything},
                opened=True)
CALL = members({"function": members({"name": text(1), "arguments": text()}, opened=True)},
               {"id": text(), "type": one_of("function"), "index": number(whole=True)}, opened=True)


def _messages(words: Any) -> Any:
    said = {"role": anything, "content": words}
    return items(tagged({
        "system": members(said, opened=True), "user": members(said, opened=True),
        "assistant": members({"role": anything}, {
            "content": either((str, text()), (list, items(PARTS)), (type(None), anything)),
            "tool_calls": items(CALL), "reasoning_content": anything, "partial": boolean},
            opened=True),
        "tool": members({"role": anything, "content": anything},
                        {"tool_call_id": text(), "name": text()}, opened=True)}, "role"), 1)


FUNCTION = members({"name": text(1)}, {"description": text(), "parameters": anything,
                                       "strict": anything})
PARAMETERS = members({}, {
    "temperature": number(0, 1.9999), "top_p": number(1e-9, 1), "top_k": number(0, whole=True),
    "repetition_penalty": number(1e-9), "presence_penalty": number(-2, 2),
    "max_tokens": number(1, whole=True), "seed": number(0, 2147483647, whole=True),
    "stop": either((str, text()), (list, items(anything))), "n": number(1, 4, whole=True),
    "result_format": one_of("text", "message"), "incremental_output": boolean,
    "enable_search": boolean, "enable_thinking": boolean,
    "thinking_budget": number(1, whole=True), "parallel_tool_calls": boolean,
    "tools": items(members({"type": one_of("function"), "function": FUNCTION}), 1),
    "tool_choice": either((str, one_of("auto", "none")), (dict, members(
        {"type": one_of("function"), "function": members({"name": text(1)})}))),
    "response_format": tagged({
        "text": anything, "json_object": anything,
        "json_schema": members({"type": anything, "json_schema": members(
            {"name": text(1), "schema": anything}, {"strict": boolean, "description": text()})})}),
    "logprobs": boolean, "top_logprobs": number(0, 5, whole=True)}, opened=True)

# Text alone: the models of this place have no other content.
GENERATION = members(
    {"model": text(1), "input": members({}, {"prompt": text(1), "messages": _messages(
        either((str, text()), (list, items(members({"text": text()})))))}, opened=True)},
    {"parameters": PARAMETERS, "resources": anything}, opened=True)
MULTIMODAL = members(
    {"model": text(1), "input": members({"messages": _messages(items(PARTS, 1))}, opened=True)},
    {"parameters": PARAMETERS, "resources": anything}, opened=True)


def wrong_messages(body: Json, streams: bool) -> str | None:
    told = body.get("parameters") or {}
    if not body["input"].get("prompt") and not body["input"].get("messages"):
        return "Either \"prompt\" or \"messages\" must exist and cannot both be none"
    if told.get("tools") and told.get("result_format") == "text":
        return "result_format must be message when tools are used."  # words not verified
    if told.get("enable_thinking") and streams and not told.get("incremental_output"):
        return "This model does not support incremental_output being false when thinking."
    if told.get("enable_thinking") and told.get("response_format", {}).get("type") == "json_object":
        return "Json mode response is not supported when enable_thinking is true"
    return _unanswered(body["input"].get("messages", []))


def _unanswered(messages: list[Json]) -> str | None:
    asked: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if not asked:
                return ("messages with role \"tool\" must be a response to a preceeding message "
                        "with \"tool_calls\".")
            asked.discard(message.get("tool_call_id", ""))
        elif asked:
            break
        else:
            asked = {call.get("id", "") for call in message.get("tool_calls", [])}
    if asked:
        return ("An assistant message with \"tool_calls\" must be followed by tool messages "
                "responding to each \"tool_call_id\".")
    return None

"""What Bedrock's Converse and ConverseStream take: the shapes of the service's model in botocore
(1.44.8), and what has to hold between messages, as users report the service's refusals.

The service passes over members that it does not know, as far as AWS describes its protocol; that is
not verified of these operations. Here they are refused, as one can only be a mistake."""

import json
import re
from typing import Any

from upstream.qwen import Json
from upstream.vendors.content import decoded, kind_of_image
from upstream.vendors.shapes import (
    Path, Wrong, anything, boolean, either, items, members, number, one_of, text, union)

MODEL = re.compile(r"[a-zA-Z0-9-:./_]{1,2048}").fullmatch
ID = text(1, re.compile(r"[a-zA-Z0-9_.:-]{1,64}").fullmatch, "[a-zA-Z0-9_.:-]+")
NAME = text(1, re.compile(r"[a-zA-Z0-9_-]{1,64}").fullmatch, "[a-zA-Z0-9_-]+")
OBJECT = either((dict, anything))


def _blob(value: Any, path: Path) -> None:
    text(1)(value, path)
    if decoded(value) is None:
        raise Wrong("type", path, "base64", value)


def _image(value: Any, path: Path) -> None:
    members({"format": one_of("png", "jpeg", "gif", "webp"),
             "source": union({"bytes": _blob, "s3Location": members(
                 {"uri": text(1)}, {"bucketOwner": text()})})})(value, path)
    data = decoded(value["source"].get("bytes", ""))
    if data and kind_of_image(data) != value["format"]:
        raise Wrong("value", path, "an image of its format", value)


DOCUMENT = members(
    {"name": text(1), "source": union({"bytes": _blob, "text": text(), "content": anything,
                                       "s3Location": anything})},
    {"format": one_of("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"),
     "context": text(), "citations": anything})
CACHE_POINT = members({"type": one_of("default")}, {"ttl": one_of("5m", "1h")})
RESULT = members(
    {"toolUseId": ID, "content": items(union({
        "json": OBJECT, "text": text(), "image": _image, "document": DOCUMENT,
        "video": anything, "searchResult": anything}))},
    {"status": one_of("success", "error"), "type": text()})
BLOCK = union({
    "text": text(), "image": _image, "document": DOCUMENT, "video": anything, "audio": anything,
    "toolUse": members({"toolUseId": ID, "name": NAME, "input": OBJECT},
                       {"type": one_of("server_tool_use")}),
    "toolResult": RESULT, "guardContent": anything, "cachePoint": CACHE_POINT,
    "reasoningContent": union({
        "reasoningText": members({"text": text()}, {"signature": text()}),
        "redactedContent": _blob}),
    "citationsContent": anything, "searchResult": anything})
TOOL = union({
    "toolSpec": members({"name": NAME, "inputSchema": union({"json": OBJECT})},
                        {"description": text(1), "strict": boolean}),
    "systemTool": members({"name": NAME}), "cachePoint": CACHE_POINT})
CHOICE = union({"auto": members({}), "any": members({}), "tool": members({"name": NAME})})
FORMAT = members(
    {"type": one_of("json_schema"),
     "structure": union({"jsonSchema": members({"schema": text(1)},
                                               {"name": text(), "description": text()})})})
REQUEST = members({}, {
    "messages": items(members({"role": one_of("user", "assistant", "system"),
                               "content": items(BLOCK)})),
    "system": items(union({"text": text(1), "guardContent": anything, "cachePoint": CACHE_POINT})),
    "inferenceConfig": members({}, {"maxTokens": number(1, whole=True), "temperature": number(0, 1),
                                    "topP": number(0, 1),
                                    "stopSequences": items(text(1), 0, 2500)}),
    "toolConfig": members({"tools": items(TOOL, 1)}, {"toolChoice": CHOICE}),
    "outputConfig": members({}, {"textFormat": FORMAT, "effort": text()}),
    "additionalModelRequestFields": OBJECT,
    "additionalModelResponseFieldPaths": items(text(1), 0, 10),
    "guardrailConfig": anything, "projectIdentifier": text(1), "promptVariables": anything,
    "requestMetadata": anything, "performanceConfig": members({}, {
        "latency": one_of("standard", "optimized")}),
    "serviceTier": members({"type": one_of("priority", "default", "flex", "reserved")})})


def of_kind(message: Json, kind: str) -> list[Any]:
    return [block[kind] for block in message["content"] if kind in block]


def _check_turns(messages: list[Json]) -> str | None:
    turns = [message["role"] for message in messages if message["role"] != "system"]
    if not turns:
        return "messages: at least one message is required"  # words not verified
    # Said to be model by model since 2025: some take a conversation that begins otherwise.
    if turns[0] != "user":
        return ("A conversation must start with a user message. Try again with a conversation that "
                "starts with a user message.")
    for at, message in enumerate(messages):
        if at and message["role"] == messages[at - 1]["role"]:
            return ("A conversation must alternate between user and assistant roles. Make sure the "
                    "conversation alternates between user and assistant roles and try again.")
        if not message["content"]:
            return f"The content field in the Message object at messages.{at} is empty."
        if any(not said.strip() for said in of_kind(message, "text")):
            return (f"The text field in the ContentBlock object at messages.{at}.content is blank. "
                    "Add text to the text field, and try again.")
    return None


def _check_results(messages: list[Json]) -> str | None:
    asked: list[str] = []
    for at, message in enumerate(messages):
        results = [result["toolUseId"] for result in of_kind(message, "toolResult")]
        missing = [use for use in asked if use not in results]
        if missing:
            return (f"Expected toolResult blocks at messages.{at}.content for the following Ids: "
                    f"{', '.join(missing)}")
        if len(results) > len(asked):
            return (f"The number of toolResult blocks at messages.{at}.content exceeds the number "
                    "of toolUse blocks of previous turn.")
        asked = [use["toolUseId"] for use in of_kind(message, "toolUse")]
    return None


def _check_tools(request: Json) -> str | None:
    tools = request.get("toolConfig", {}).get("tools", [])
    used = any(of_kind(message, kind) for message in request["messages"]
               for kind in ("toolUse", "toolResult"))
    if used and not tools:
        return ("The toolConfig field must be defined when using toolUse and toolResult content "
                "blocks.")
    names = [tool["toolSpec"]["name"] for tool in tools if "toolSpec" in tool]
    chosen = request.get("toolConfig", {}).get("toolChoice", {}).get("tool", {}).get("name")
    if chosen and chosen not in names:
        return f"The tool {chosen} of toolChoice is not in tools."  # words not verified
    return None


def _check_format(request: Json) -> str | None:
    """The schema is JSON within a string."""
    form = request.get("outputConfig", {}).get("textFormat")
    if form is None:
        return None
    try:
        schema = json.loads(form["structure"]["jsonSchema"]["schema"])
    except ValueError:
        schema = None
    return None if isinstance(schema, dict) else "The schema is not valid JSON."  # not verified


def wrong_with(request: Json) -> str | None:
    try:
        REQUEST(request, ())
    except Wrong as wrong:
        return _told(wrong)
    messages = request.get("messages", [])
    return (_check_turns(messages) or _check_results(messages) or _check_tools(request)
            or _check_format(request))


def _told(wrong: Wrong) -> str:
    place = ".".join(map(str, wrong.path))
    if wrong.kind == "missing":
        told = f"Value null at '{place}' failed to satisfy constraint: Member must not be null"
    elif wrong.kind == "unknown":
        told = f"Value at '{place}' failed to satisfy constraint: Member is not known"
    elif wrong.kind == "type":
        return f"Value at '{place}' is of a wrong type, not {wrong.detail}"  # words not verified
    else:
        told = (f"Value '{wrong.value}' at '{place}' failed to satisfy constraint: "
                f"Member must have value {wrong.detail}")
    return f"1 validation error detected: {told}"

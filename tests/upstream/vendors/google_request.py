"""What Google's generateContent takes, of the Gemini API and of Vertex AI, as the Python SDK
(3.6.1) writes it and as users report the refusals. Names may be in either case, as protobuf's JSON
has it."""

import re
from typing import Any

from upstream.qwen import Json
from upstream.vendors.content import decoded, kind_of_image
from upstream.vendors.shapes import (
    Path, Shape, Wrong, anything, boolean, items, members, number, one_of, text)

NAME = text(1, re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}").fullmatch, "a valid name")
OBJECT = members({}, opened=True)
# Below these, names are the user's own.
OPAQUE = {"args", "response", "responseJsonSchema", "parametersJsonSchema", "properties", "labels",
          "default", "example"}
TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")


def camel(value: Any) -> Any:
    """The same with all names as `inlineData`."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    told = {re.sub("_([a-z])", lambda found: found[1].upper(), name): held
            for name, held in value.items()}
    return {name: _properties(held) if name == "properties" else
            held if name in OPAQUE else camel(held) for name, held in told.items()}


def _properties(value: Any) -> Any:
    return {name: camel(held) for name, held in value.items()} if isinstance(value, dict) else value


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name)


def _type(value: Any, path: Path) -> None:
    text(1)(value, path)
    if value.upper() not in TYPES:
        raise Wrong("value", path, "type.googleapis.com/google.ai.generativelanguage.Type", value)


def _schema(value: Any, path: Path) -> None:
    """A part of OpenAPI's; JSON schema's `const`, `$ref` and `additionalProperties` are reported to
    be unknown. That all models refuse the last is not verified."""
    OPENAPI(value, path)


def _map(value: Any, path: Path) -> None:
    OBJECT(value, path)
    for index, held in enumerate(value.values()):
        _schema(held, (*path, index, "value"))


OPENAPI = members({}, {
    "type": _type, "format": text(), "title": text(), "description": text(), "nullable": boolean,
    "enum": items(text()), "maxItems": anything, "minItems": anything, "properties": _map,
    "required": items(text()), "minProperties": anything, "maxProperties": anything,
    "minLength": anything, "maxLength": anything, "pattern": text(), "example": anything,
    "anyOf": items(_schema), "propertyOrdering": items(text()), "default": anything,
    "items": _schema, "minimum": anything, "maximum": anything})


def _inline(value: Any, path: Path) -> None:
    members({"mimeType": text(1), "data": text(1)}, {"displayName": text()})(value, path)
    data = decoded(value["data"].replace("-", "+").replace("_", "/"))
    if data is None:
        raise Wrong("type", (*path, "data"), "TYPE_BYTES", value["data"])
    if value["mimeType"].startswith("image/"):
        if kind_of_image(data) != value["mimeType"].removeprefix("image/"):
            raise Wrong("value", path, "an image that can be read", value)


KINDS: dict[str, Shape] = {
    "text": text(), "inlineData": _inline,
    "fileData": members({"fileUri": text(1)}, {"mimeType": text(1), "displayName": text()}),
    "functionCall": members({"name": NAME}, {"args": OBJECT, "id": text()}),
    "functionResponse": members({"name": NAME, "response": OBJECT},
                                {"id": text(), "parts": anything, "willContinue": boolean,
                                 "scheduling": text()}),
    "executableCode": anything, "codeExecutionResult": anything}
PART = members({}, {**KINDS, "thought": boolean, "thoughtSignature": text(),
                    "videoMetadata": anything, "mediaResolution": anything, "partMetadata": OBJECT})


def _part(value: Any, path: Path) -> None:
    PART(value, path)
    held = [kind for kind in KINDS if kind in value]
    if len(held) > 1:
        raise Wrong("value", path, "oneof field 'data' is already set. "
                    f"Cannot set '{snake(held[1])}'", value)
    if not held and "thoughtSignature" not in value:
        raise Wrong("value", path, "required oneof field 'data' must have one initialized field",
                    value)


def request_of(vertex: bool) -> Shape:
    roles = {"role": one_of("user", "model", "function")}
    contents = members({"parts": items(_part, 1)}, roles)
    calling = {"mode": one_of("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"),
               "allowedFunctionNames": items(text(1))}
    if vertex:
        contents = members({**roles, "parts": items(_part, 1)})
        calling["streamFunctionCallArguments"] = boolean
    declaration = members({"name": NAME}, {
        "description": text(), "parameters": _schema, "parametersJsonSchema": anything,
        "response": anything, "responseJsonSchema": anything, "behavior": text()})
    tool = members({}, {"functionDeclarations": items(declaration, 1), "googleSearch": OBJECT,
                        "codeExecution": OBJECT, "urlContext": OBJECT,
                        "googleSearchRetrieval": OBJECT})
    thinking = members({}, {"includeThoughts": boolean, "thinkingBudget": number(-1, whole=True),
                            "thinkingLevel": text()})
    config = members({}, {
        "temperature": number(0, 2), "topP": number(0, 1), "topK": number(0),
        "maxOutputTokens": number(1, whole=True), "candidateCount": number(1, 8, whole=True),
        "stopSequences": items(text(1), 0, 5), "responseMimeType": text(),
        "responseSchema": _schema, "responseJsonSchema": anything, "seed": number(whole=True),
        "presencePenalty": number(-2, 2), "frequencyPenalty": number(-2, 2),
        "responseLogprobs": boolean, "logprobs": number(0, 20, whole=True),
        "responseModalities": items(text(1)), "thinkingConfig": thinking, "speechConfig": OBJECT,
        "mediaResolution": text(), "imageConfig": OBJECT, "audioTimestamp": boolean})
    system = members({"parts": items(_part, 1)}, {"role": text()})
    safety = members({"category": text(1), "threshold": text(1)}, {"method": text()})
    return members({"contents": items(contents, 1)}, {
        "systemInstruction": system, "generationConfig": config, "tools": items(tool),
        "toolConfig": members({}, {"functionCallingConfig": members({}, calling),
                                   "retrievalConfig": OBJECT}),
        "safetySettings": items(safety), "cachedContent": text(1),
        **({"labels": OBJECT, "modelArmorConfig": OBJECT} if vertex else
           {"model": text(), "serviceTier": text(), "store": boolean})})


def parts(content: Json, kind: str) -> list[Json]:
    return [part[kind] for part in content["parts"] if kind in part]


def wrong_turns(contents: list[Json]) -> str | None:
    """Between calls and their responses."""
    asked: list[Json] = []
    for at, content in enumerate(contents):
        answers = parts(content, "functionResponse")
        if answers and not asked:
            return ("Please ensure that function response turn comes immediately after a function "
                    "call turn.")
        if len(answers) != len(asked) and (answers or asked):
            return ("Please ensure that the number of function response parts is equal to the "
                    "number of function call parts of the function call turn.")
        asked = parts(content, "functionCall")
        if asked and content.get("role") != "model":
            return f"contents[{at}]: a function call has to be of the role model."  # not verified
        if asked and at == 0:
            return ("Please ensure that function call turn comes immediately after a user turn or "
                    "after a function response turn.")
    return None


def unsigned_call(contents: list[Json]) -> str | None:
    """Of the turn that goes on, the first call of each step has to be signed; models of the third
    generation ask for it."""
    last = max((at for at, content in enumerate(contents) if content.get("role") != "model"
                and not parts(content, "functionResponse")), default=-1)
    for at in range(last + 1, len(contents)):
        first = next((part for part in contents[at]["parts"] if "functionCall" in part), None)
        if first and not first.get("thoughtSignature"):
            return ("Function call is missing a thought_signature in functionCall parts. This is "
                    "required for tools to work correctly, and missing thought_signature may lead "
                    "to degraded model performance. Additional data, function call "
                    f"`default_api:{first['functionCall']['name']}` , position {at + 1}.")
    return None


def told(wrong: Wrong) -> tuple[str, str]:
    """The field and what is said of it. A name that is not known is told as `camel` has it; the API
    tells it as it came."""
    path = wrong.path[:-1] if wrong.kind == "unknown" else wrong.path
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{snake(part)}"
                    for part in path).removeprefix(".")
    if wrong.kind == "unknown":
        at = f" at '{place}'" if place else ""
        return place, (f"Invalid JSON payload received. Unknown name \"{wrong.path[-1]}\"{at}: "
                       "Cannot find field.")
    if wrong.kind == "type":
        return place, f"Invalid value at '{place}' ({wrong.detail}), \"{wrong.value}\""
    if wrong.kind == "missing":
        return place, f"* GenerateContentRequest.{place}: is not specified\n"
    if wrong.path[-1:] == ("role",):
        return place, "Please use a valid role: user, model."
    return place, f"* GenerateContentRequest.{place}: {wrong.detail}\n"

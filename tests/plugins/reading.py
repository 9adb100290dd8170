"""What a request says to a model, read out of each vendor's own format."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Callable

from upstream.qwen import Json
from upstream.vendors.google_request import camel

Arguments = tuple[str, str, Json]  # of a call: its id, its name and they


@dataclass
class Read:
    """Where a vendor's calls have no ids, they are told by their names."""

    said: str = ""  # of all messages, whoever says it
    images: list[bytes] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)  # of images
    tools: dict[str, Json] = field(default_factory=dict)  # schemas, by the tools' names
    calls: list[Arguments] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)  # by the ids of their calls
    schema: Json = field(default_factory=dict)  # of the answer
    thinks: bool = False  # it is asked to, and to show it if that is for the asking
    choice: str = "auto"  # of a tool: "required", or the name of the one that is insisted on
    limit: int | None = None  # of the answer, in tokens
    stops: list[str] = field(default_factory=list)
    answers: int = 1  # how many are wanted


Reader = Callable[[Json], Read]


def outline(schema: Json) -> dict[str, str]:
    """The names and types of an object's members, which every dialect of schemas has."""
    return {name: str(told["type"]).lower() for name, told in schema.get("properties", {}).items()}


def _image_or_url(url: str, read: Read) -> None:
    head, _, data = url.partition(";base64,")
    if head.startswith("data:image/"):
        read.images.append(base64.b64decode(data, validate=True))
    else:
        read.urls.append(url)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def openai(body: Json) -> Read:
    read = Read(thinks=body.get("reasoning_effort") == "high" or bool(body.get("enable_thinking")))
    for tool in body.get("tools", []):
        read.tools[tool["function"]["name"]] = tool["function"]["parameters"]
    read.schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema", {})
    choice = body.get("tool_choice", "auto")
    read.choice = choice if isinstance(choice, str) else choice["function"]["name"]
    read.limit = body.get("max_tokens", body.get("max_completion_tokens"))
    read.stops, read.answers = _listed(body.get("stop")), body.get("n", 1)
    for message in body["messages"]:
        _openai_message(message, read)
    return read


def _openai_message(message: Json, read: Read) -> None:
    content = message.get("content")
    words = content if isinstance(content, str) else ""
    for part in _items(content):
        words += part.get("text", "")
        if part["type"] == "image_url":
            _image_or_url(part["image_url"]["url"], read)
    if message["role"] == "tool":
        read.results[message["tool_call_id"]] = words
    read.said += words + "\n"
    read.calls += [(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
                   for call in message.get("tool_calls", [])]


def anthropic(body: Json) -> Read:
    read = Read(thinks=body.get("thinking", {}).get("type") in ("enabled", "adaptive"))
    read.tools = {tool["name"]: tool["input_schema"] for tool in body.get("tools", [])}
    read.schema = ((body.get("output_config") or {}).get("format") or {}).get("schema", {})
    choice = body.get("tool_choice", {"type": "auto"})
    read.choice = choice.get("name", {"any": "required"}.get(choice["type"], choice["type"]))
    read.limit, read.stops = body["max_tokens"], body.get("stop_sequences", [])
    system = body.get("system", "")
    read.said = system if isinstance(system, str) else "".join(part["text"] for part in system)
    for message in body["messages"]:
        if isinstance(message["content"], str):
            read.said += message["content"]
        for block in _items(message["content"]):
            _anthropic_block(block, read)
    return read


def _anthropic_block(block: Json, read: Read) -> None:
    if block["type"] == "text":
        read.said += block["text"]
    if block["type"] == "image" and block["source"]["type"] == "base64":
        read.images.append(base64.b64decode(block["source"]["data"]))
    if block["type"] == "image" and block["source"]["type"] == "url":
        read.urls.append(block["source"]["url"])
    if block["type"] == "tool_use":
        read.calls.append((block["id"], block["name"], block["input"]))
    if block["type"] == "tool_result":
        read.results[block["tool_use_id"]] = _words(block.get("content"))


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def bedrock(body: Json) -> Read:
    more = body.get("additionalModelRequestFields", {})
    thinking = more.get("thinking", more.get("reasoning_config", {}))
    effort = body.get("outputConfig", {}).get("effort")
    read = Read(thinks=thinking.get("type") in ("enabled", "adaptive") or effort == "high")
    specs = [tool["toolSpec"] for tool in body.get("toolConfig", {}).get("tools", [])]
    read.tools = {spec["name"]: spec["inputSchema"]["json"] for spec in specs}
    if form := body.get("outputConfig", {}).get("textFormat"):
        read.schema = json.loads(form["structure"]["jsonSchema"]["schema"])
    ((kind, chosen),) = body.get("toolConfig", {}).get("toolChoice", {"auto": {}}).items()
    read.choice = {"tool": chosen.get("name"), "any": "required"}.get(kind, kind)
    limits = body.get("inferenceConfig", {})
    read.limit, read.stops = limits.get("maxTokens"), limits.get("stopSequences", [])
    read.said = "".join(part.get("text", "") for part in body.get("system", []))
    for block in [block for message in body["messages"] for block in message["content"]]:
        read.said += block.get("text", "")
        if image := block.get("image"):
            read.images.append(base64.b64decode(image["source"]["bytes"]))
        if use := block.get("toolUse"):
            read.calls.append((use["toolUseId"], use["name"], use["input"]))
        if result := block.get("toolResult"):
            read.results[result["toolUseId"]] = _words(result["content"])
    return read


def ollama(body: Json) -> Read:
    read = Read(thinks=body.get("think") in (True, "low", "medium", "high", "max"))
    for tool in body.get("tools") or []:
        read.tools[tool["function"]["name"]] = tool["function"]["parameters"]
    options = body.get("options") or {}
    read.limit, read.stops = options.get("num_predict"), _listed(options.get("stop"))
    if isinstance(body.get("format"), dict):
        read.schema = body["format"]
    for message in body["messages"]:
        read.said += (message.get("content") or "") + "\n"
        read.images += [base64.b64decode(image) for image in message.get("images") or []]
        read.calls += [(call["id"], call["function"]["name"], call["function"]["arguments"])
                       for call in message.get("tool_calls") or []]
        if message["role"] == "tool":
            read.results[message["tool_call_id"]] = message["content"]
    return read


def google(body: Json) -> Read:
    body = camel(body)
    config = body.get("generationConfig", {})
    read = Read(thinks=config.get("thinkingConfig", {}).get("includeThoughts") is True)
    for declared in [one for tool in body.get("tools", []) for one in tool["functionDeclarations"]]:
        read.tools[declared["name"]] = declared.get(
            "parameters", declared.get("parametersJsonSchema", {}))
    calling = body.get("toolConfig", {}).get("functionCallingConfig", {})
    if calling.get("mode") == "ANY":
        named = calling.get("allowedFunctionNames", list(read.tools))
        read.choice = named[0] if len(named) == 1 else "required"
    read.limit, read.stops = config.get("maxOutputTokens"), config.get("stopSequences", [])
    read.answers = config.get("candidateCount", 1)
    read.schema = config.get("responseJsonSchema", config.get("responseSchema", {}))
    contents = [body.get("systemInstruction", {"parts": []}), *body["contents"]]
    for part in [part for content in contents for part in content["parts"]]:
        read.said += part.get("text", "")
        if inline := part.get("inlineData"):
            read.images.append(base64.b64decode(inline["data"]))
        if file := part.get("fileData"):
            read.urls.append(file["fileUri"])
        if call := part.get("functionCall"):
            read.calls.append((call["name"], call["name"], call.get("args", {})))
        if answer := part.get("functionResponse"):
            read.results[answer["name"]] = _words(answer["response"])
    return read


def dashscope(body: Json) -> Read:
    told = body.get("parameters", {})
    as_openai = {**told, "messages": [_as_openai(message) for message in body["input"]["messages"]]}
    return openai(as_openai)


def _as_openai(message: Json) -> Json:
    """Parts have no type here; each is named by its member."""
    if not isinstance(message.get("content"), list):
        return message
    parts = [{"type": "image_url", "image_url": {"url": part["image"]}} if "image" in part
             else {"type": "text", "text": part.get("text", "")} for part in message["content"]]
    return {**message, "content": parts}

"""The simulated Gemini API takes what is documented, and refuses the rest as the API does."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from upstream.tls import Authority
from upstream.vendors import content, gemini, google
from upstream.vendors.gemini import Gemini
from upstream.vendors.vendor import KEY, Fault
from vendors.client import Answer, Client, changed

ASKED: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello there"}]}]}
MODEL = "gemini-2.5-flash"
SCHEMA = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}
TOOLS = [{"functionDeclarations": [{"name": "get_weather", "parameters": SCHEMA}]}]
CALL = {"functionCall": {"name": "get_weather", "args": {"city": "Trat"}}}
RESULT = {"functionResponse": {"name": "get_weather", "response": {"degrees": 31}}}
IMAGE = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(content.PNG).decode()}}


@pytest.fixture(scope="module")
def upstream(authority: Authority) -> Iterator[Gemini]:
    with Gemini(authority, granularity=20) as started:
        yield started


def ask(client: Client, upstream: Gemini, body: Any = ASKED, model: str = MODEL,
        method: str = "generateContent", **headers: str) -> Answer:
    return client.post(f"{upstream.origin}/v1beta/models/{model}:{method}", body,
                       headers or {"x-goog-api-key": KEY})


def stream(client: Client, upstream: Gemini, model: str, body: Any = ASKED) -> Answer:
    return ask(client, upstream, body, model, "streamGenerateContent?alt=sse")


def turns(*messages: tuple[str, list[Any]]) -> list[dict[str, Any]]:
    return [{"role": role, "parts": said} for role, said in messages]


def said(payloads: list[Any], thought: bool = False) -> str:
    parts = [part for payload in payloads for part in payload["candidates"][0]["content"]["parts"]]
    return "".join(part.get("text", "") for part in parts if part.get("thought", False) == thought)


def test_a_reply(client: Client, upstream: Gemini) -> None:
    told = ask(client, upstream).json
    candidate = told["candidates"][0]
    assert candidate["content"] == {"parts": [{"text": "Hello there "}], "role": "model"}
    assert candidate["finishReason"] == "STOP"
    in_address = client.post(
        f"{upstream.origin}/v1beta/models/{MODEL}:generateContent?key={KEY}", ASKED)
    assert in_address.status == 200


def test_a_stream(client: Client, upstream: Gemini) -> None:
    model = upstream.serve(upstream.says(content.THINKING))
    config = {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024}}
    answer = stream(client, upstream, model, {**ASKED, "generationConfig": config})
    assert answer.headers["content-type"] == "text/event-stream"
    assert said(answer.sse) == content.THINKING.text
    assert said(answer.sse, thought=True) == content.THINKING.thought
    last = answer.sse[-1]
    assert last["candidates"][0]["finishReason"] == "STOP"
    assert (last["usageMetadata"]["candidatesTokenCount"],
            last["usageMetadata"]["thoughtsTokenCount"]) == (17, 43)
    assert said(stream(client, upstream, model).sse, thought=True) == "", "not unless asked for"


def test_a_stream_without_events_is_an_array(client: Client, upstream: Gemini) -> None:
    model = upstream.serve(upstream.says(content.PLAIN))
    answer = ask(client, upstream, model=model, method="streamGenerateContent")
    assert said(answer.json) == content.PLAIN.text
    refused = ask(client, upstream, {}, model, "streamGenerateContent")
    assert refused.json[0]["error"]["status"] == "INVALID_ARGUMENT"


def test_parallel_calls(client: Client, upstream: Gemini) -> None:
    model = upstream.serve(upstream.says(content.PARALLEL), prefix="gemini-3")
    payloads = stream(client, upstream, model, {**ASKED, "tools": TOOLS}).sse
    parts = [part for told in payloads for part in told["candidates"][0]["content"]["parts"]]
    assert [part["functionCall"]["args"] for part in parts if "functionCall" in part] == [
        content.WEATHER.arguments, content.TIME.arguments]
    assert [part.get("thoughtSignature") for part in parts] == [content.SIGNATURE, None, None]


def test_cached_tokens(client: Client, upstream: Gemini) -> None:
    model = upstream.serve(upstream.says(content.CACHED))
    usage = ask(client, upstream, model=model).json["usageMetadata"]
    assert (usage["promptTokenCount"], usage["cachedContentTokenCount"]) == (1300, 1024)


def test_what_a_request_asks_for(client: Client, upstream: Gemini) -> None:
    config = {"responseMimeType": "application/json", "responseSchema": SCHEMA}
    told = ask(client, upstream, {**ASKED, "generationConfig": config}).json
    assert json.loads(said([told])) == {"city": "as asked"}
    config = {"functionCallingConfig": {"mode": "ANY"}}
    told = ask(client, upstream, {**ASKED, "tools": TOOLS, "toolConfig": config}).json
    part = told["candidates"][0]["content"]["parts"][0]
    assert part == {"functionCall": {"name": "get_weather", "args": {"city": "as asked"}}}


@pytest.mark.parametrize("members", [
    {"contents": turns(("user", [IMAGE, {"text": "What is this?"}]))},
    {"contents": [{"parts": [{"text": "Without a role"}]}]},
    {"contents": turns(("user", [{"inline_data": {
        "mime_type": "image/png", "data": IMAGE["inlineData"]["data"]}}]))},
    {"contents": turns(("user", [{"text": "a"}]), ("model", [CALL, CALL]),
                       ("user", [RESULT, RESULT])), "tools": TOOLS},
    {"system_instruction": {"parts": [{"text": "Short."}]},
     "generation_config": {"max_output_tokens": 9, "stop_sequences": ["END"]}},
    {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}},
     "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]}])
def test_what_is_documented_is_taken(client: Client, upstream: Gemini,
                                     members: dict[str, Any]) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(("members", "message"), [
    ({"contents": None}, "contents: is not specified"),
    ({"model_name": "x"}, 'Unknown name "modelName": Cannot find field.'),
    ({"contents": turns(("user", [{"type": "text", "text": "a"}]))},
     "Unknown name \"type\" at 'contents[0].parts[0]': Cannot find field."),
    ({"contents": turns(("assistant", [{"text": "a"}]))}, "valid role: user, model."),
    ({"contents": turns(("user", [{}]))}, "must have one initialized field"),
    ({"contents": turns(("user", [{"text": "a", **IMAGE}]))}, "oneof field"),
    ({"generationConfig": {"temperature": "warm"}}, "generation_config.temperature"),
    ({"generationConfig": {"responseSchema": SCHEMA}}, "application/json"),
    ({"tools": [{"functionDeclarations": [{"name": "x", "parameters": {
        "type": "OBJECT", "additionalProperties": False}}]}]},
     "Unknown name \"additionalProperties\" at 'tools[0].function_declarations[0].parameters'"),
    ({"contents": turns(("user", [{"text": "a"}]), ("model", [CALL, CALL]), ("user", [RESULT]))},
     "the number of function response parts is equal"),
    ({"contents": turns(("user", [RESULT]))}, "immediately after a function call turn"),
    ({"toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": True}}},
     "streamFunctionCallArguments"),
    ({"contents": turns(("user", [{"fileData": {"fileUri": "https://x.test/v1beta/files/1"}}]))},
     "do not have permission to access the File")])
def test_a_wrong_request_is_refused(client: Client, upstream: Gemini, members: dict[str, Any],
                                    message: str) -> None:
    error = ask(client, upstream, changed(ASKED, **members)).json["error"]
    assert error["status"] in ("INVALID_ARGUMENT", "PERMISSION_DENIED")
    assert message in error["message"]


def test_a_call_that_is_not_signed(client: Client, upstream: Gemini) -> None:
    asked = {"contents": turns(("user", [{"text": "a"}]), ("model", [CALL]), ("user", [RESULT]))}
    answer = ask(client, upstream, asked, "gemini-3-pro-preview")
    assert "missing a thought_signature" in answer.json["error"]["message"]
    signed = {**CALL, "thoughtSignature": content.SIGNATURE}
    asked = {"contents": turns(("user", [{"text": "a"}]), ("model", [signed]), ("user", [RESULT]))}
    assert ask(client, upstream, asked, "gemini-3-pro-preview").status == 200


def test_keys_and_models(client: Client, upstream: Gemini) -> None:
    wrong = ask(client, upstream, **{"x-goog-api-key": "other"})
    assert wrong.status == 400
    assert wrong.json["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    none = ask(client, upstream, accept="application/json")
    assert (none.status, none.json["error"]["status"]) == (403, "PERMISSION_DENIED")
    gone = ask(client, upstream, model="gemini-0")
    assert (gone.status, gone.json["error"]["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("fault", [
    gemini.PERMISSION, gemini.LOCATION, gemini.RATE, gemini.PER_DAY, google.CONTEXT,
    google.INTERNAL, google.UNAVAILABLE, google.DEADLINE])
def test_each_error(client: Client, upstream: Gemini, fault: Fault) -> None:
    model = upstream.serve(upstream.refuses(fault))
    answer = ask(client, upstream, model=model)
    error = answer.json["error"]
    assert (answer.status, error["code"], error["status"]) == (
        fault.status, fault.status, fault.code)
    if fault == gemini.RATE:
        assert error["details"][-1]["retryDelay"] == "7s"
        assert "retry-after" not in answer.headers


def test_a_stream_that_breaks(client: Client, upstream: Gemini) -> None:
    model = upstream.serve(upstream.breaks(content.PLAIN, google.UNAVAILABLE),
                           upstream.cuts(content.PLAIN), upstream.ends_early(content.PLAIN))
    broken, cut, early = (stream(client, upstream, model) for _ in range(3))
    assert said(broken.sse) == content.PLAIN.text and broken.whole
    told = broken.body[broken.body.rindex(b'{\n  "error"'):]
    assert json.loads(told)["error"]["status"] == "UNAVAILABLE"
    assert not cut.whole
    assert early.whole and all("finishReason" not in payload["candidates"][0]
                               for payload in early.sse)


def start(client: Client, upstream: Gemini, size: int) -> str:
    answer = client.post(f"{upstream.origin}/upload/v1beta/files",
                         {"file": {"display_name": "a picture"}}, {
        "x-goog-api-key": KEY, "x-goog-upload-protocol": "resumable",
        "x-goog-upload-command": "start", "x-goog-upload-header-content-length": str(size),
        "x-goog-upload-header-content-type": "image/png"})
    assert answer.status == 200 and answer.headers["x-goog-upload-status"] == "active"
    return answer.headers["x-goog-upload-url"]


def piece(client: Client, url: str, data: bytes, offset: int, command: str) -> Answer:
    return client.send("POST", url, {"x-goog-upload-command": command,
                                     "x-goog-upload-offset": str(offset)}, data)


def test_an_upload_goes_elsewhere(client: Client, upstream: Gemini) -> None:
    """In two pieces, without a key, and to another origin."""
    url = start(client, upstream, len(content.PNG))
    assert url.startswith(f"{upstream.uploads.origin}/") and upstream.uploads.port != upstream.port
    first = piece(client, url, content.PNG[:40], 0, "upload")
    assert first.headers["x-goog-upload-status"] == "active"
    asked = client.send("POST", url, {"x-goog-upload-command": "query"})
    assert asked.headers["x-goog-upload-size-received"] == "40"
    last = piece(client, url, content.PNG[40:], 40, "upload, finalize")
    assert last.headers["x-goog-upload-status"] == "final"
    file = last.json["file"]
    assert (file["mimeType"], file["sizeBytes"], file["state"]) == (
        "image/png", str(len(content.PNG)), "ACTIVE")
    told = client.get(f"{upstream.origin}/v1beta/{file['name']}", {"x-goog-api-key": KEY}).json
    assert told == file
    part = {"fileData": {"fileUri": file["uri"], "mimeType": "image/png"}}
    assert ask(client, upstream, {"contents": turns(("user", [part]))}).status == 200


def test_a_piece_of_an_odd_size(client: Client, upstream: Gemini) -> None:
    url = start(client, upstream, len(content.PNG))
    assert piece(client, url, content.PNG[:39], 0, "upload").status == 400


@pytest.mark.parametrize(("offset", "size"), [(1, 0), (0, 5)])
def test_a_wrong_upload(client: Client, upstream: Gemini, offset: int, size: int) -> None:
    """At another offset, or shorter than it was said to be."""
    url = start(client, upstream, len(content.PNG))
    answer = piece(client, url, content.PNG[size:], offset, "upload, finalize")
    assert answer.status == 400


def test_a_file_in_process(client: Client, authority: Authority) -> None:
    with Gemini(authority, polls=1) as slow:
        url = start(client, slow, len(content.PNG))
        file = piece(client, url, content.PNG, 0, "upload, finalize").json["file"]
        assert file["state"] == "PROCESSING"
        states = [client.get(f"{slow.origin}/v1beta/{file['name']}",
                             {"x-goog-api-key": KEY}).json["state"] for _ in range(2)]
        assert states == ["PROCESSING", "ACTIVE"]

"""The simulated Azure OpenAI and Entra ID take what is documented, and refuse the rest as they
do."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from upstream.tls import Authority
from upstream.vendors import azure, content, entra
from upstream.vendors.azure import Azure
from upstream.vendors.entra import Entra
from upstream.vendors.vendor import KEY, Fault
from vendors.client import Answer, Client, changed

ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello there"}]}
DEPLOYMENT = "gpt-4o-deployment"
VERSION = "2024-10-21"
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}}}}
CALL = {"id": "call_1", "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city":"Trat"}'}}
IMAGE = {"type": "image_url", "image_url": {
    "url": f"data:image/png;base64,{base64.b64encode(content.PNG).decode()}", "detail": "low"}}
FORM = {"grant_type": "client_credentials", "client_id": entra.CLIENT,
        "client_secret": entra.CLIENT_SECRET, "scope": entra.SCOPE}


@pytest.fixture(scope="module")
def tokens(authority: Authority) -> Iterator[Entra]:
    with Entra(authority) as started:
        yield started


@pytest.fixture(scope="module")
def upstream(authority: Authority, tokens: Entra) -> Iterator[Azure]:
    with Azure(authority, tokens) as started:
        yield started


def ask(client: Client, upstream: Azure, body: Any = ASKED, deployment: str = DEPLOYMENT,
        version: str = f"?api-version={VERSION}", **headers: str) -> Answer:
    url = f"{upstream.origin}/openai/deployments/{deployment}/chat/completions{version}"
    return client.post(url, body, headers or {"api-key": KEY})


def token(client: Client, tokens: Entra, **members: Any) -> Answer:
    return client.send("POST", tokens.token_url,
                       {"content-type": "application/x-www-form-urlencoded"},
                       urlencode(changed(FORM, **members)).encode())


def turns(*messages: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": said} for role, said in messages]


def test_a_reply(client: Client, upstream: Azure) -> None:
    answer = ask(client, upstream)
    assert answer.status == 200, answer.body
    assert answer.json["choices"][0]["message"]["content"] == "Hello there "
    assert answer.json["prompt_filter_results"][0]["prompt_index"] == 0
    assert answer.headers["apim-request-id"] and answer.headers["x-ratelimit-remaining-requests"]
    newer = client.post(f"{upstream.origin}/openai/v1/chat/completions",
                        {**ASKED, "model": DEPLOYMENT}, {"api-key": KEY})
    assert newer.status == 200


def test_a_stream(client: Client, upstream: Azure) -> None:
    model = upstream.serve(upstream.says(content.CACHED))
    asked = {**ASKED, "stream": True, "stream_options": {"include_usage": True}}
    answer = ask(client, upstream, asked, model)
    first, *chunks, last = answer.sse
    assert first["choices"] == [] and first["prompt_filter_results"] and first["id"] == ""
    said = [chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks]
    assert "".join(said) == content.CACHED.text
    assert last["choices"] == [] and last["usage"]["prompt_tokens"] == 1300
    assert last["usage"]["prompt_tokens_details"]["cached_tokens"] == 1024
    assert answer.body.endswith(b"data: [DONE]\n\n")


def test_parallel_calls_in_pieces(client: Client, upstream: Azure) -> None:
    model = upstream.serve(upstream.says(content.PARALLEL))
    chunks = ask(client, upstream, {**ASKED, "stream": True, "tools": [TOOL]}, model).sse
    pieces = ["", ""]
    for chunk in chunks[1:]:
        for delta in chunk["choices"][0]["delta"].get("tool_calls", []):
            pieces[delta["index"]] += delta["function"]["arguments"]
    assert [json.loads(text) for text in pieces] == [content.WEATHER.arguments,
                                                     content.TIME.arguments]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_what_a_request_asks_for(client: Client, upstream: Azure) -> None:
    form = {"type": "json_schema", "json_schema": {
        "name": "x", "schema": TOOL["function"]["parameters"], "strict": True}}  # type: ignore[index]
    told = ask(client, upstream, {**ASKED, "response_format": form}).json
    assert json.loads(told["choices"][0]["message"]["content"]) == {"city": "as asked"}
    told = ask(client, upstream, {**ASKED, "tools": [TOOL], "tool_choice": "required"}).json
    assert told["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "get_weather"


def test_reasoning_tokens(client: Client, upstream: Azure) -> None:
    model = upstream.serve(upstream.says(content.THINKING))
    usage = ask(client, upstream, {**ASKED, "reasoning_effort": "low"}, model).json["usage"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 43


@pytest.mark.parametrize("members", [
    {"messages": turns(("user", [IMAGE, {"type": "text", "text": "What is this?"}]))},
    {"messages": [*turns(("user", "Weather?")),
                  {"role": "assistant", "content": None, "tool_calls": [CALL]},
                  {"role": "tool", "tool_call_id": "call_1", "content": "31"}], "tools": [TOOL]},
    {"model": "ignored", "temperature": 2, "stop": ["END"], "max_completion_tokens": 9}])
def test_what_is_documented_is_taken(client: Client, upstream: Azure,
                                     members: dict[str, Any]) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(("members", "param"), [
    ({"messages": None}, "messages"), ({"temperature": 3}, "temperature"),
    ({"top_k": 4}, "top_k"), ({"messages": turns(("user", None))}, "messages[0].content"),
    ({"messages": turns(("robot", "a"))}, "messages[0].role"),
    ({"messages": [{"role": "tool", "tool_call_id": "call_1", "content": "31"}]},
     "messages.[0].role"),
    ({"messages": [*turns(("user", "a")), {"role": "assistant", "tool_calls": [CALL]},
                   *turns(("user", "b"))], "tools": [TOOL]}, "messages"),
    ({"messages": turns(("user", [{"type": "image_url", "image_url": {"url": "abc"}}]))},
     "messages[0].content[0].image_url"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"tool_choice": "auto"}, "tool_choice")])
def test_a_wrong_request_is_refused(client: Client, upstream: Azure, members: dict[str, Any],
                                    param: str) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert answer.status == 400
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert answer.json["error"]["param"] == param


@pytest.mark.parametrize(("wrong", "status", "code"), [
    ({"version": ""}, 404, "404"), ({"version": "?api-version=latest"}, 404, "404"),
    ({"deployment": "gone"}, 404, "DeploymentNotFound"), ({"api-key": "other"}, 401, "401"),
    ({"authorization": f"Bearer {KEY}"}, 401, "Unauthorized")])
def test_a_wrong_address_or_key(client: Client, upstream: Azure, wrong: dict[str, str], status: int,
                                code: str) -> None:
    answer = ask(client, upstream, **wrong)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_a_token(client: Client, upstream: Azure, tokens: Entra) -> None:
    told = token(client, tokens).json
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3599)
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    assert ask(client, upstream, **bearer).status == 200
    tokens.revoke()
    assert ask(client, upstream, **bearer).json["error"]["code"] == "Unauthorized"


def test_the_newer_address(client: Client, upstream: Azure, tokens: Entra) -> None:
    """Takes tokens of its own audience, which the older one does not, and a key as a bearer's."""
    told = token(client, tokens, scope=entra.NEWER_SCOPE).json
    bearer = {"authorization": f"Bearer {told['access_token']}"}
    url, asked = f"{upstream.origin}/openai/v1/chat/completions", {**ASKED, "model": DEPLOYMENT}
    assert client.post(url, asked, bearer).status == 200
    assert ask(client, upstream, **bearer).status == 401
    assert client.post(url, asked, {"authorization": f"Bearer {KEY}"}).status == 200


@pytest.mark.parametrize(("members", "status", "error", "number"), [
    ({"grant_type": None}, 400, "invalid_request", 900144),
    ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ({"client_id": "other"}, 400, "unauthorized_client", 700016),
    ({"client_secret": None}, 401, "invalid_client", 7000218),
    ({"client_secret": "other"}, 401, "invalid_client", 7000215),
    ({"scope": "https://cognitiveservices.azure.com"}, 400, "invalid_scope", 1002012)])
def test_a_wrong_token_request(client: Client, tokens: Entra, members: dict[str, Any], status: int,
                               error: str, number: int) -> None:
    answer = token(client, tokens, **members)
    assert (answer.status, answer.json["error"], answer.json["error_codes"]) == (
        status, error, [number])
    assert answer.json["error_description"].startswith(f"AADSTS{number}: ")


@pytest.mark.parametrize("fault", [
    azure.NETWORK, azure.PERMISSION, azure.CONTEXT, azure.RATE, azure.BUSY, azure.FILTERED,
    azure.INTERNAL, azure.UNAVAILABLE])
def test_each_error(client: Client, upstream: Azure, fault: Fault) -> None:
    model = upstream.serve(upstream.refuses(fault))
    answer = ask(client, upstream, deployment=model)
    assert (answer.status, answer.json["error"]["code"]) == (fault.status, fault.code)
    if fault == azure.RATE:
        assert answer.headers["retry-after"] == "7"
        assert answer.headers["x-ratelimit-remaining-tokens"] == "0"


def test_a_stream_that_breaks(client: Client, upstream: Azure) -> None:
    model = upstream.serve(upstream.breaks(content.PLAIN, azure.STREAM_ERROR),
                           upstream.cuts(content.PLAIN), upstream.ends_early(content.PLAIN),
                           upstream.says(content.FILTERED))
    broken, cut, early, filtered = (ask(client, upstream, {**ASKED, "stream": True}, model)
                                    for _ in range(4))
    assert broken.sse[-1]["error"]["code"] == "server_error" and broken.whole
    assert not cut.whole
    assert b"[DONE]" not in early.body and early.whole
    last = filtered.sse[-1]["choices"][0]
    assert last["finish_reason"] == "content_filter"
    assert last["content_filter_results"]["violence"]["filtered"]

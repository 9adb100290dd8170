"""The simulated Anthropic takes what is documented, and refuses the rest as the API does."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from upstream.tls import Authority
from upstream.vendors import anthropic, content
from upstream.vendors.anthropic import Anthropic
from upstream.vendors.vendor import KEY, Fault
from vendors.client import Answer, Client, changed

HEADERS = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
ASKED = {"model": "claude-sonnet-4-5", "max_tokens": 100,
         "messages": [{"role": "user", "content": "Hello there"}]}
TOOL = {"name": "get_weather", "description": "Of a city.", "input_schema": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Trat"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "31 degrees"}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                     "data": base64.b64encode(content.PNG).decode()}}


@pytest.fixture(scope="module")
def upstream(authority: Authority) -> Iterator[Anthropic]:
    with Anthropic(authority) as started:
        yield started


def ask(client: Client, upstream: Anthropic, body: Any = ASKED, **headers: str) -> Answer:
    return client.post(f"{upstream.origin}/v1/messages", body, {**HEADERS, **headers})


def turns(*messages: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": said} for role, said in messages]


def test_a_reply(client: Client, upstream: Anthropic) -> None:
    answer = ask(client, upstream)
    assert answer.status == 200
    told = answer.json
    assert told["content"] == [{"type": "text", "text": "Hello there "}]
    assert (told["type"], told["role"], told["stop_reason"]) == ("message", "assistant", "end_turn")
    assert answer.headers["request-id"].startswith("req_")
    assert answer.headers["anthropic-ratelimit-tokens-reset"].endswith("Z")


def test_a_stream(client: Client, upstream: Anthropic) -> None:
    model = upstream.serve(upstream.says(content.THINKING))
    answer = ask(client, upstream, changed(ASKED, model=model, stream=True))
    kinds = [event["type"] for event in answer.sse]
    assert kinds[:3] == ["message_start", "content_block_start", "ping"]
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert b"event: message_start\ndata: {" in answer.body
    said = [event["delta"] for event in answer.sse if event["type"] == "content_block_delta"]
    assert "".join(delta.get("text", "") for delta in said) == content.THINKING.text
    assert "".join(delta.get("thinking", "") for delta in said) == content.THINKING.thought
    assert [delta["signature"] for delta in said if "signature" in delta] == [content.SIGNATURE]
    assert answer.sse[-2]["usage"]["output_tokens_details"] == {"thinking_tokens": 43}


def test_parallel_calls_in_pieces(client: Client, upstream: Anthropic) -> None:
    model = upstream.serve(upstream.says(content.PARALLEL))
    events = ask(client, upstream, changed(ASKED, model=model, stream=True, tools=[TOOL])).sse
    pieces: dict[int, str] = {}
    for event in events:
        if event["type"] == "content_block_delta":
            so_far = pieces.get(event["index"], "")
            pieces[event["index"]] = so_far + event["delta"]["partial_json"]
    assert [json.loads(text) for text in pieces.values()] == [
        content.WEATHER.arguments, content.TIME.arguments]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    whole = ask(client, upstream, changed(ASKED, model=model, tools=[TOOL])).json
    assert [block["name"] for block in whole["content"]] == ["get_weather", "get_time"]


def test_cached_tokens_are_told_apart(client: Client, upstream: Anthropic) -> None:
    model = upstream.serve(upstream.says(content.CACHED))
    usage = ask(client, upstream, changed(ASKED, model=model)).json["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"],
            usage["cache_creation_input_tokens"]) == (20, 1024, 256)


def test_what_a_request_asks_for(client: Client, upstream: Anthropic) -> None:
    form = {"type": "json_schema", "schema": TOOL["input_schema"]}
    told = ask(client, upstream, changed(ASKED, output_config={"format": form})).json
    assert json.loads(told["content"][0]["text"]) == {"city": "as asked"}
    told = ask(client, upstream, changed(ASKED, tools=[TOOL], tool_choice={"type": "any"})).json
    assert told["content"][0]["input"] == {"city": "as asked"}


@pytest.mark.parametrize("members", [
    {"messages": turns(("user", [IMAGE, {"type": "text", "text": "What is this?"}]))},
    {"messages": turns(("user", "Weather?"), ("assistant", [USE]), ("user", [RESULT])),
     "tools": [TOOL]},
    {"system": [{"type": "text", "text": "Short.", "cache_control": {"type": "ephemeral"}}]},
    {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    {"messages": turns(("user", "1 +"), ("assistant", "1 is"))},
    {"temperature": 0.5, "top_p": 0.9, "top_k": 40, "stop_sequences": ["END"],
     "metadata": {"user_id": "u"}}])
def test_what_is_documented_is_taken(client: Client, upstream: Anthropic,
                                     members: dict[str, Any]) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(("members", "said"), [
    ({"max_tokens": False}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": None}, "max_tokens: Field required"),
    ({"messages": None}, "messages: Field required"),
    ({"frequency_penalty": 1}, "frequency_penalty: Extra inputs are not permitted"),
    ({"temperature": 1.5}, "temperature: Input should be less than or equal to 1"),
    ({"messages": turns(("assistant", "Hi"))}, "first message must use the"),
    ({"messages": turns(("user", "a"), ("user", "b"))}, "roles must alternate"),
    ({"messages": turns(("tool", "a"))}, "messages.0.role: Input should be 'user'"),
    ({"messages": turns(("user", ""))}, "messages.0.content"),
    ({"messages": turns(("user", [RESULT]))}, "unexpected `tool_use_id`"),
    ({"messages": turns(("user", "a"), ("assistant", [USE]), ("user", "b"))},
     "`tool_use` ids were found without `tool_result` blocks"),
    ({"messages": turns(("user", [{"type": "image_url", "image_url": {"url": "x"}}]))},
     "messages.0.content.0.type"),
    ({"messages": turns(("user", [{**IMAGE, "source": {**IMAGE["source"],  # type: ignore[dict-item]
                                                       "media_type": "image/jpeg"}}]))},
     "messages.0.content.0.source"),
    ({"messages": turns(("assistant", [IMAGE]))}, "messages.0.content.0.type"),
    ({"tools": [{"type": "function", "function": {"name": "x"}}]}, "tools.0"),
    ({"tools": [TOOL], "tool_choice": "auto"}, "tool_choice: Input should be a valid object"),
    ({"stop_sequences": [" "]}, "stop_sequences.0"),
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "must be greater than"),
])
def test_a_wrong_request_is_refused(client: Client, upstream: Anthropic, members: dict[str, Any],
                                    said: str) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert (answer.status, answer.json["type"]) == (400, "error")
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert said in answer.json["error"]["message"]


@pytest.mark.parametrize(("headers", "status", "kind"), [
    ({"x-api-key": ""}, 401, "authentication_error"),
    ({"x-api-key": "other"}, 401, "authentication_error"),
    ({"anthropic-version": ""}, 400, "invalid_request_error"),
    ({"anthropic-version": "1999-01-01"}, 400, "invalid_request_error")])
def test_wrong_headers_are_refused(client: Client, upstream: Anthropic, headers: dict[str, str],
                                   status: int, kind: str) -> None:
    answer = ask(client, upstream, **headers)
    assert (answer.status, answer.json["error"]["type"]) == (status, kind)


@pytest.mark.parametrize(("members", "said"), [
    ({"temperature": 1}, "temperature: Extra inputs are not permitted"),
    ({"top_k": 4}, "top_k: Extra inputs are not permitted"),
    ({"messages": turns(("user", [{"type": "text", "text": "a", "citations": [{}]}]))},
     "citations")])
def test_what_the_newest_version_refuses(client: Client, upstream: Anthropic,
                                         members: dict[str, Any], said: str) -> None:
    newest = {"anthropic-version": "2026-10-21"}
    assert ask(client, upstream, **newest).status == 200
    assert ask(client, upstream, changed(ASKED, **members)).status == 200
    answer = ask(client, upstream, changed(ASKED, **members), **newest)
    assert answer.status == 400 and said in answer.json["error"]["message"]


@pytest.mark.parametrize("members", [
    {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048},
    {"messages": turns(("user", "1 +"), ("assistant", "1 is"))}, {"temperature": 0.5}])
def test_what_newer_models_refuse(client: Client, upstream: Anthropic,
                                  members: dict[str, Any]) -> None:
    asked = changed(ASKED, model="claude-opus-5-5", thinking={"type": "adaptive"})
    assert ask(client, upstream, asked).status == 200
    assert ask(client, upstream, changed(asked, **members)).status == 400


def test_a_key_may_be_a_bearer(client: Client, upstream: Anthropic) -> None:
    """As the SDK sends it since its version 2; the header of keys goes before it."""
    bearer = {"authorization": f"Bearer {KEY}"}
    url, version = f"{upstream.origin}/v1/messages", {"anthropic-version": "2023-06-01"}
    assert client.post(url, ASKED, {**version, **bearer}).status == 200
    assert ask(client, upstream, **{"x-api-key": "other"}, **bearer).status == 401


def test_an_unknown_model(client: Client, upstream: Anthropic) -> None:
    answer = ask(client, upstream, changed(ASKED, model="claude-0"))
    assert (answer.status, answer.json["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize("fault", [
    anthropic.BILLING, anthropic.PERMISSION, anthropic.CONTEXT, anthropic.TOO_LARGE,
    anthropic.RATE, anthropic.SPEND_LIMIT, anthropic.INTERNAL, anthropic.TIMEOUT,
    anthropic.OVERLOADED])
def test_each_error(client: Client, upstream: Anthropic, fault: Fault) -> None:
    model = upstream.serve(upstream.refuses(fault))
    answer = ask(client, upstream, changed(ASKED, model=model))
    assert (answer.status, answer.json["error"]["type"]) == (fault.status, fault.code)
    assert answer.headers.get("retry-after") == ("7" if fault == anthropic.RATE else None)


def test_a_stream_that_breaks(client: Client, upstream: Anthropic) -> None:
    model = upstream.serve(upstream.breaks(content.PLAIN, anthropic.OVERLOADED),
                           upstream.cuts(content.PLAIN), upstream.ends_early(content.PLAIN))
    asked = changed(ASKED, model=model, stream=True)
    broken, cut, early = (ask(client, upstream, asked) for _ in range(3))
    assert broken.sse[-1]["error"]["type"] == "overloaded_error" and broken.whole
    assert not cut.whole
    assert [event["type"] for event in early.sse][-1] == "message_delta" and early.whole


def test_consecutive_messages_of_one_role_as_the_api_takes_them(
        client: Client, authority: Authority) -> None:
    with Anthropic(authority, alternate=False) as lenient:
        two = changed(ASKED, messages=turns(("user", "a"), ("user", "b")))
        assert ask(client, lenient, two).status == 200

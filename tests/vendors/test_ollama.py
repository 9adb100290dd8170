"""The simulated Ollama takes what its server takes, and refuses the rest as it does."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from upstream.tls import Authority
from upstream.vendors import content, ollama
from upstream.vendors.ollama import Ollama
from upstream.vendors.vendor import KEY, Fault
from vendors.client import Answer, Client, changed

ASKED = {"model": "qwen3:8b", "stream": False,
         "messages": [{"role": "user", "content": "Hello there"}]}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
CALL = {"id": "call_1", "function": {"name": "get_weather", "arguments": {"city": "Trat"}}}
IMAGE = base64.b64encode(content.PNG).decode()


@pytest.fixture(scope="module")
def upstream(authority: Authority) -> Iterator[Ollama]:
    with Ollama(authority) as started:
        yield started


def ask(client: Client, upstream: Ollama, body: Any = ASKED, **headers: str) -> Answer:
    return client.post(f"{upstream.origin}/api/chat", body, headers)


def lines(answer: Answer) -> list[Any]:
    return [json.loads(line) for line in answer.body.decode().split("\n")[:-1]]


def test_a_reply(client: Client, upstream: Ollama) -> None:
    told = ask(client, upstream).json
    assert told["message"] == {"role": "assistant", "content": "Hello there "}
    assert (told["done"], told["done_reason"], told["prompt_eval_count"]) == (True, "stop", 1021)


def test_a_stream_is_usual(client: Client, upstream: Ollama) -> None:
    model = upstream.serve(upstream.says(content.THINKING))
    answer = ask(client, upstream, changed(ASKED, model=model, stream=None))
    assert answer.headers["content-type"] == "application/x-ndjson"
    told = lines(answer)
    assert "".join(line["message"]["content"] for line in told) == content.THINKING.text
    thoughts = "".join(line["message"].get("thinking", "") for line in told)
    assert thoughts == content.THINKING.thought
    assert [line["done"] for line in told[-2:]] == [False, True]


def test_calls_come_whole(client: Client, upstream: Ollama) -> None:
    model = upstream.serve(upstream.says(content.PARALLEL))
    told = lines(ask(client, upstream, changed(ASKED, model=model, stream=True, tools=[TOOL])))
    calls = [call for line in told for call in line["message"].get("tool_calls", [])]
    assert [call["function"]["arguments"] for call in calls] == [
        content.WEATHER.arguments, content.TIME.arguments]
    assert [call["function"]["index"] for call in calls] == [0, 1]
    assert told[-1]["done_reason"] == "stop"


def test_what_a_request_asks_for(client: Client, upstream: Ollama) -> None:
    schema = TOOL["function"]["parameters"]  # type: ignore[index]
    told = ask(client, upstream, changed(ASKED, format=schema)).json
    assert json.loads(told["message"]["content"]) == {"city": "as asked"}


def test_the_models(client: Client, upstream: Ollama) -> None:
    told = client.get(f"{upstream.origin}/api/tags").json
    assert [model["name"] for model in told["models"]] == list(upstream.models)


def test_a_tag_may_be_left_out(client: Client, upstream: Ollama) -> None:
    told = ask(client, upstream, changed(ASKED, model="llama3.2")).json
    assert told["model"] == "llama3.2"
    assert upstream.requests("llama3.2:latest")


@pytest.mark.parametrize("members", [
    {"messages": [{"role": "user", "content": "What is this?", "images": [IMAGE]}]},
    {"messages": [{"role": "user", "content": "Weather?"},
                  {"role": "assistant", "content": "", "tool_calls": [CALL]},
                  {"role": "tool", "content": "31", "tool_name": "get_weather",
                   "tool_call_id": "call_1"}], "tools": [TOOL]},
    {"think": True}, {"think": "high"}, {"format": "json"}, {"keep_alive": "5m"},
    {"options": {"temperature": 0.5, "num_ctx": 4096, "num_predict": 9, "stop": ["END"]}},
    {"unknown": 1}, {"messages": []}])
def test_what_the_server_takes(client: Client, upstream: Ollama, members: dict[str, Any]) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(("members", "status", "said"), [
    ({"model": None}, 400, "model is required"), ({"model": "gone"}, 404, "model 'gone' not found"),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}, 400,
     "cannot unmarshal array into Go struct field ChatRequest.messages.content of type string"),
    ({"messages": [{"role": "user", "content": "", "images": [f"data:image/png;base64,{IMAGE}"]}]},
     400, "illegal base64 data"),
    ({"messages": [{"role": "assistant", "tool_calls": [
        {"function": {"name": "x", "arguments": '{"city":"Trat"}'}}]}]}, 400,
     "cannot unmarshal string into Go struct field"),
    ({"think": "much"}, 400, "invalid think value"),
    ({"top_logprobs": 21}, 400, "between 0 and 20"),
    ({"format": "xml"}, 500, "invalid format"), ({"options": []}, 400, "ChatRequest.options")])
def test_a_wrong_request_is_refused(client: Client, upstream: Ollama, members: dict[str, Any],
                                    status: int, said: str) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert answer.status == status
    assert said in answer.json["error"]


def test_a_key(client: Client, authority: Authority) -> None:
    with Ollama(authority, key=KEY) as cloud:
        assert ask(client, cloud).json == {"error": "unauthorized"}
        assert ask(client, cloud, authorization=f"Bearer {KEY}").status == 200


@pytest.mark.parametrize("fault", [
    ollama.CONTEXT, ollama.FORBIDDEN, ollama.RATE, ollama.INTERNAL, ollama.BAD_GATEWAY,
    ollama.BUSY])
def test_each_error(client: Client, upstream: Ollama, fault: Fault) -> None:
    model = upstream.serve(upstream.refuses(fault))
    answer = ask(client, upstream, changed(ASKED, model=model))
    assert (answer.status, answer.json) == (fault.status, {"error": fault.message})


def test_a_stream_that_breaks(client: Client, upstream: Ollama) -> None:
    model = upstream.serve(upstream.breaks(content.PLAIN, ollama.BROKEN),
                           upstream.cuts(content.PLAIN), upstream.ends_early(content.PLAIN))
    broken, cut, early = (ask(client, upstream, changed(ASKED, model=model, stream=True))
                          for _ in range(3))
    assert lines(broken)[-1] == {"error": ollama.BROKEN.message} and broken.whole
    assert not cut.whole
    assert not lines(early)[-1]["done"] and early.whole

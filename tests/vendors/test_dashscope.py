"""The simulated DashScope takes what is documented, and refuses the rest as the service does."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from upstream.tls import Authority
from upstream.vendors import content, dashscope, dashscope_tasks
from upstream.vendors.dashscope import IMAGE_PATH, SEEN_PATH, TEXT_PATH, DashScope
from upstream.vendors.vendor import KEY, Fault
from vendors.client import Answer, Client, changed

ASKED: dict[str, Any] = {
    "model": "qwen-plus", "input": {"messages": [{"role": "user", "content": "Hello there"}]},
    "parameters": {"result_format": "message"}}
SSE = {"x-dashscope-sse": "enable"}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
CALL = {"id": "call_1", "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city":"Trat"}'}}
IMAGE = f"data:image/png;base64,{base64.b64encode(content.PNG).decode()}"


@pytest.fixture(scope="module")
def upstream(authority: Authority) -> Iterator[DashScope]:
    with DashScope(authority) as started:
        yield started


def ask(client: Client, upstream: DashScope, body: Any = ASKED, path: str = TEXT_PATH,
        **headers: str) -> Answer:
    return client.post(f"{upstream.origin}{path}", body,
                       {"authorization": f"Bearer {KEY}", **headers})


def with_parameters(model: str = "qwen-plus", **parameters: Any) -> dict[str, Any]:
    return {**ASKED, "model": model, "parameters": {"result_format": "message", **parameters}}


def with_messages(*messages: dict[str, Any]) -> dict[str, Any]:
    return {**ASKED, "input": {"messages": list(messages)}}


def messages(answer: Answer) -> list[Any]:
    return [event["output"]["choices"][0]["message"] for event in answer.sse]


def test_a_reply(client: Client, upstream: DashScope) -> None:
    told = ask(client, upstream).json
    assert told["output"]["choices"] == [{
        "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello there "}}]
    assert told["usage"] == {"input_tokens": 1021, "output_tokens": 17, "total_tokens": 1038}
    older = ask(client, upstream, changed(ASKED, parameters=None)).json
    assert older["output"] == {"text": "Hello there ", "finish_reason": "stop"}


def test_a_stream_repeats_what_was_said(client: Client, upstream: DashScope) -> None:
    model = upstream.serve(upstream.says(content.PLAIN))
    answer = ask(client, upstream, with_parameters(model), **SSE)
    assert answer.body.startswith(b"id:1\nevent:result\n:HTTP_STATUS/200\ndata:{")
    texts = [message["content"] for message in messages(answer)]
    assert texts[1] == "".join(content.WORDS[:2]) and texts[-1] == content.PLAIN.text
    finishes = [event["output"]["choices"][0]["finish_reason"] for event in answer.sse]
    assert finishes[0] == "null" and finishes[-1] == "stop"


def test_increments_and_thoughts(client: Client, upstream: DashScope) -> None:
    model = upstream.serve(upstream.says(content.THINKING))
    asked = with_parameters(model, incremental_output=True, enable_thinking=True)
    told = messages(ask(client, upstream, asked, **SSE))
    assert "".join(message["content"] for message in told) == content.THINKING.text
    thoughts = [message["reasoning_content"] for message in told]
    assert "".join(thoughts) == content.THINKING.thought


def test_parallel_calls_in_pieces(client: Client, upstream: DashScope) -> None:
    model = upstream.serve(upstream.says(content.PARALLEL))
    asked = with_parameters(model, incremental_output=True, tools=[TOOL], parallel_tool_calls=True)
    pieces = ["", ""]
    for message in messages(ask(client, upstream, asked, **SSE)):
        for delta in message.get("tool_calls", []):
            pieces[delta["index"]] += delta["function"]["arguments"]
    expected = [content.WEATHER.arguments, content.TIME.arguments]
    assert [json.loads(text) for text in pieces] == expected
    whole = messages(ask(client, upstream, with_parameters(model, tools=[TOOL]), **SSE))[-1]
    assert [json.loads(call["function"]["arguments"]) for call in whole["tool_calls"]] == expected
    answer = ask(client, upstream, with_parameters(model, tools=[TOOL])).json
    assert answer["output"]["choices"][0]["finish_reason"] == "tool_calls"


def test_cached_tokens(client: Client, upstream: DashScope) -> None:
    model = upstream.serve(upstream.says(content.CACHED))
    usage = ask(client, upstream, with_parameters(model)).json["usage"]
    assert usage["input_tokens"] == 1300
    assert usage["prompt_tokens_details"] == {"cached_tokens": 1024}


def test_what_a_request_asks_for(client: Client, upstream: DashScope) -> None:
    form = {"type": "json_schema", "json_schema": {
        "name": "x", "schema": TOOL["function"]["parameters"]}}  # type: ignore[index]
    told = ask(client, upstream, with_parameters(response_format=form)).json
    said = told["output"]["choices"][0]["message"]["content"]
    assert json.loads(said) == {"city": "as asked"}


def test_an_image_is_seen(client: Client, upstream: DashScope) -> None:
    asked = {**with_messages({"role": "user", "content": [{"image": IMAGE}, {"text": "What?"}]}),
             "model": "qwen-vl-plus"}
    told = ask(client, upstream, asked, SEEN_PATH).json
    assert told["output"]["choices"][0]["message"]["content"] == [{"text": "What? "}]
    assert ask(client, upstream, asked).status == 400, "the place of texts takes none"


@pytest.mark.parametrize(("body", "said"), [
    (changed(ASKED, input=None), "Required parameter(input) missing"),
    (with_messages(), "at least 1 items"),
    (with_messages({"role": "robot", "content": "a"}), "input.messages.0.role"),
    (with_messages({"role": "tool", "content": "31", "tool_call_id": "call_1"}), "preceeding"),
    (with_messages({"role": "assistant", "content": "", "tool_calls": [CALL]},
                   {"role": "user", "content": "b"}), "must be followed by tool messages"),
    (with_parameters(temperature=2), "parameters.temperature"),
    (with_parameters(top_p=0), "parameters.top_p"),
    (with_parameters(tools=[TOOL], tool_choice="required"), "parameters.tool_choice"),
    (b"{", "Required body invalid")])
def test_a_wrong_request_is_refused(client: Client, upstream: DashScope, body: Any,
                                    said: str) -> None:
    answer = ask(client, upstream, body)
    assert (answer.status, answer.json["code"]) == (400, "InvalidParameter")
    assert said in answer.json["message"] and answer.json["request_id"]


def test_keys_and_models(client: Client, upstream: DashScope) -> None:
    for key in ("", "Bearer other"):
        answer = ask(client, upstream, authorization=key)
        assert (answer.status, answer.json["code"]) == (401, "InvalidApiKey")
    gone = ask(client, upstream, with_parameters("qwen-0"))
    assert (gone.status, gone.json["code"]) == (404, "ModelNotFound")


@pytest.mark.parametrize("fault", [
    dashscope.ARREARAGE, dashscope.CONTEXT, dashscope.MODERATED, dashscope.ACCESS,
    dashscope.UNPURCHASED, dashscope.RATE, dashscope.TOKENS, dashscope.BURST, dashscope.INTERNAL,
    dashscope.TIMEOUT, dashscope.OVERLOADED])
def test_each_error(client: Client, upstream: DashScope, fault: Fault) -> None:
    model = upstream.serve(upstream.refuses(fault))
    answer = ask(client, upstream, with_parameters(model))
    assert (answer.status, answer.json["code"]) == (fault.status, fault.code)


def test_a_stream_that_breaks(client: Client, upstream: DashScope) -> None:
    model = upstream.serve(upstream.breaks(content.PLAIN, dashscope.INTERNAL),
                           upstream.cuts(content.PLAIN), upstream.ends_early(content.PLAIN))
    broken, cut, early = (ask(client, upstream, with_parameters(model), **SSE) for _ in range(3))
    upstream.script(model, upstream.breaks(content.Saying(), dashscope.MODERATED))
    at_once = ask(client, upstream, with_parameters(model), **SSE)
    assert at_once.status == 200 and [event["code"] for event in at_once.sse] == [
        "DataInspectionFailed"]
    assert b"event:error\n:HTTP_STATUS/500\ndata:" in broken.body
    assert broken.sse[-1]["code"] == "InternalError"
    assert not cut.whole
    assert early.sse[-1]["output"]["choices"][0]["finish_reason"] == "null" and early.whole


def create(client: Client, upstream: DashScope, count: int = 1, how: str = "enable") -> Answer:
    asked = {"model": "wan2.2-t2i-flash", "input": {"prompt": "a sheep"},
             "parameters": {"size": "1024*1024", "n": count}}
    return ask(client, upstream, asked, IMAGE_PATH, **{"x-dashscope-async": how})


def look(client: Client, upstream: DashScope, task: str) -> Any:
    return client.get(f"{upstream.origin}/api/v1/tasks/{task}",
                      {"authorization": f"Bearer {KEY}"}).json


def test_a_task(client: Client, upstream: DashScope) -> None:
    created = create(client, upstream, 2).json["output"]
    assert created["task_status"] == "PENDING"
    told = [look(client, upstream, created["task_id"]) for _ in range(4)]
    states = [each["output"]["task_status"] for each in told]
    assert states == ["PENDING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]
    assert told[-1]["usage"] == {"image_count": 2}
    assert told[-1]["output"]["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 2, "FAILED": 0}
    images = [client.get(result["url"]).body for result in told[-1]["output"]["results"]]
    assert images == [content.PNG] * 2


def test_a_task_that_fails(client: Client, upstream: DashScope) -> None:
    upstream.tasks.fault = dashscope_tasks.MODERATED
    task = create(client, upstream).json["output"]["task_id"]
    upstream.tasks.fault = None
    *_, told = (look(client, upstream, task)["output"] for _ in range(3))
    assert (told["task_status"], told["code"]) == ("FAILED", "DataInspectionFailed")


def test_tasks_are_asynchronous(client: Client, upstream: DashScope) -> None:
    assert create(client, upstream, how="").json["code"] == "AccessDenied"
    assert look(client, upstream, "gone")["output"]["task_status"] == "UNKNOWN"
    task = create(client, upstream).json["output"]["task_id"]
    cancel = f"/api/v1/tasks/{task}/cancel"
    assert ask(client, upstream, {}, cancel).status == 200
    assert look(client, upstream, task)["output"]["task_status"] == "CANCELED"
    assert ask(client, upstream, {}, cancel).json["code"] == "UnsupportedOperation"

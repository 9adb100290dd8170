"""The simulated Bedrock takes what is documented and signed, and refuses the rest as the service
does."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from upstream.qwen import dump
from upstream.tls import Authority
from upstream.vendors import bedrock, content, sigv4
from upstream.vendors.bedrock import Bedrock
from upstream.vendors.eventstream import Damaged, frames
from upstream.vendors.vendor import KEY, Fault
from vendors.client import Answer, Client, changed

ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": [{"text": "Hello there"}]}]}
MODEL = "amazon.nova-pro-v1:0"
TOOL = {"toolSpec": {"name": "get_weather", "description": "Of a city.", "inputSchema": {"json": {
    "type": "object", "properties": {"city": {"type": "string"}}}}}}
USE = {"toolUse": {"toolUseId": "tooluse_1", "name": "get_weather", "input": {"city": "Trat"}}}
RESULT = {"toolResult": {"toolUseId": "tooluse_1", "content": [{"json": {"degrees": 31}}]}}
IMAGE = {"image": {"format": "png", "source": {"bytes": base64.b64encode(content.PNG).decode()}}}


@pytest.fixture(scope="module")
def upstream(authority: Authority) -> Iterator[Bedrock]:
    with Bedrock(authority) as started:
        yield started


def signed(url: str, body: bytes, *, key_id: str = bedrock.KEY_ID, secret: str = bedrock.SECRET,
           late: int = 0, region: str = bedrock.REGION, **more: str) -> dict[str, str]:
    """The headers of a signed request."""
    at = datetime.now(UTC) - timedelta(minutes=late)
    stamp, place = at.strftime(sigv4.STAMP), urlsplit(url)
    headers = sorted([("content-type", "application/json"), ("host", place.netloc),
                      ("x-amz-date", stamp), *more.items()])
    names = [name for name, _ in headers]
    scope = f"{stamp[:8]}/{region}/bedrock/aws4_request"
    canonical = sigv4.canonical_request("POST", place.path, headers, names, body)
    signature = sigv4.signature(secret, scope, sigv4.string_to_sign(stamp, scope, canonical))
    credential = f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}"
    return {**dict(headers), "authorization":
            f"{credential}, SignedHeaders={';'.join(names)}, Signature={signature}"}


def ask(client: Client, upstream: Bedrock, body: Any = ASKED, model: str = MODEL,
        route: str = "converse", **signing: Any) -> Answer:
    url = f"{upstream.origin}/model/{quote(model, safe='')}/{route}"
    return client.send("POST", url, signed(url, dump(body), **signing), dump(body))


def events(answer: Answer) -> list[tuple[str, Any]]:
    return [(headers[":event-type"], json.loads(payload))
            for headers, payload in frames(answer.body)]


def turns(*messages: tuple[str, list[Any]]) -> list[dict[str, Any]]:
    return [{"role": role, "content": said} for role, said in messages]


def test_a_reply(client: Client, upstream: Bedrock) -> None:
    answer = ask(client, upstream)
    assert answer.status == 200, answer.body
    assert answer.json["output"]["message"] == {"role": "assistant",
                                                "content": [{"text": "Hello there "}]}
    assert answer.json["stopReason"] == "end_turn"
    assert answer.headers["x-amzn-requestid"]


def test_a_stream(client: Client, upstream: Bedrock) -> None:
    model = upstream.serve(upstream.says(content.THINKING))
    answer = ask(client, upstream, model=model, route="converse-stream")
    assert answer.headers["content-type"] == "application/vnd.amazon.eventstream"
    told = events(answer)
    assert [kind for kind, _ in told][:2] == ["messageStart", "contentBlockDelta"]
    assert [kind for kind, _ in told][-2:] == ["messageStop", "metadata"]
    deltas = [event["delta"] for kind, event in told if kind == "contentBlockDelta"]
    assert "".join(delta.get("text", "") for delta in deltas) == content.THINKING.text
    thoughts = [delta["reasoningContent"] for delta in deltas if "reasoningContent" in delta]
    assert "".join(part.get("text", "") for part in thoughts) == content.THINKING.thought
    assert thoughts[-1] == {"signature": content.SIGNATURE}


def test_parallel_calls_in_pieces(client: Client, upstream: Bedrock) -> None:
    model = upstream.serve(upstream.says(content.PARALLEL))
    asked = {**ASKED, "toolConfig": {"tools": [TOOL]}}
    told = events(ask(client, upstream, asked, model, "converse-stream"))
    starts = [event["start"]["toolUse"] for kind, event in told if kind == "contentBlockStart"]
    assert [start["name"] for start in starts] == ["get_weather", "get_time"]
    pieces = {0: "", 1: ""}
    for kind, event in told:
        if kind == "contentBlockDelta":
            pieces[event["contentBlockIndex"]] += event["delta"]["toolUse"]["input"]
    assert [json.loads(text) for text in pieces.values()] == [
        content.WEATHER.arguments, content.TIME.arguments]
    assert told[-2][1]["stopReason"] == "tool_use"
    whole = ask(client, upstream, asked, model).json["output"]["message"]["content"]
    assert whole[0]["toolUse"]["input"] == content.WEATHER.arguments


def test_cached_tokens(client: Client, upstream: Bedrock) -> None:
    model = upstream.serve(upstream.says(content.CACHED))
    usage = ask(client, upstream, model=model).json["usage"]
    assert (usage["inputTokens"], usage["cacheReadInputTokens"],
            usage["cacheWriteInputTokens"]) == (20, 1024, 256)


def test_what_a_request_asks_for(client: Client, upstream: Bedrock) -> None:
    schema = json.dumps({"type": "object", "properties": {"city": {"type": "string"}}})
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema, "name": "x"}}}
    answer = ask(client, upstream, {**ASKED, "outputConfig": {"textFormat": form}})
    said = answer.json["output"]["message"]["content"][0]["text"]
    assert json.loads(said) == {"city": "as asked"}
    config = {"tools": [TOOL], "toolChoice": {"tool": {"name": "get_weather"}}}
    answer = ask(client, upstream, {**ASKED, "toolConfig": config})
    assert answer.json["stopReason"] == "tool_use"


@pytest.mark.parametrize("members", [
    {"messages": turns(("user", [IMAGE, {"text": "What is this?"}]))},
    {"messages": turns(("user", [{"text": "Weather?"}]), ("assistant", [USE]), ("user", [RESULT])),
     "toolConfig": {"tools": [TOOL]}},
    {"system": [{"text": "Short."}, {"cachePoint": {"type": "default"}}]},
    {"inferenceConfig": {"maxTokens": 9, "temperature": 1, "topP": 0.5, "stopSequences": ["END"]},
     "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}}])
def test_what_is_documented_is_taken(client: Client, upstream: Bedrock,
                                     members: dict[str, Any]) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(("members", "said"), [
    ({"messages": [{"role": "user", "content": "Hello"}]}, "messages.0.content"),
    ({"messages": turns(("user", [{"type": "text", "text": "a"}]))}, "messages.0.content.0"),
    ({"messages": turns(("assistant", [{"text": "a"}]))}, "must start with a user message"),
    ({"messages": turns(("user", [{"text": "a"}]), ("user", [{"text": "b"}]))}, "must alternate"),
    ({"messages": turns(("user", [{"text": " "}]))}, "is blank"),
    ({"messages": turns(("user", [{"image": {"format": "jpeg",
                                             "source": IMAGE["image"]["source"]}}]))}, "image"),
    ({"inferenceConfig": {"temperature": 1.5}}, "less than or equal to 1"),
    ({"inferenceConfig": {"max_tokens": 5}}, "inferenceConfig.max_tokens"),
    ({"messages": turns(("user", [{"text": "a"}]), ("assistant", [USE]),
                        ("user", [{"text": "b"}])), "toolConfig": {"tools": [TOOL]}},
     "Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1"),
    ({"messages": turns(("user", [RESULT])), "toolConfig": {"tools": [TOOL]}},
     "exceeds the number of toolUse blocks"),
    ({"messages": turns(("user", [{"text": "a"}]), ("assistant", [USE]), ("user", [RESULT]))},
     "toolConfig field must be defined"),
    ({"toolConfig": {"tools": []}}, "toolConfig.tools")])
def test_a_wrong_request_is_refused(client: Client, upstream: Bedrock, members: dict[str, Any],
                                    said: str) -> None:
    answer = ask(client, upstream, changed(ASKED, **members))
    assert answer.status == 400
    assert answer.headers["x-amzn-errortype"].startswith("ValidationException:")
    assert said in answer.json["message"]


@pytest.mark.parametrize(("signing", "kind"), [
    ({"key_id": "AKIDOTHER"}, "UnrecognizedClientException"),
    ({"secret": "other"}, "InvalidSignatureException"),
    ({"late": 6}, "InvalidSignatureException"),
    ({"region": "eu-west-1"}, "InvalidSignatureException")])
def test_a_wrong_signature_is_refused(client: Client, upstream: Bedrock, signing: dict[str, Any],
                                      kind: str) -> None:
    answer = ask(client, upstream, **signing)
    assert (answer.status, answer.headers["x-amzn-errortype"].split(":")[0]) == (403, kind)


def test_what_is_signed_is_what_was_sent(client: Client, upstream: Bedrock) -> None:
    url = f"{upstream.origin}/model/{quote(MODEL, safe='')}/converse"
    headers = signed(url, dump(ASKED))
    answer = client.send("POST", url, headers, dump(ASKED) + b" ")
    assert answer.headers["x-amzn-errortype"].startswith("InvalidSignatureException")
    answer = client.send("POST", url, {**headers, "x-amz-meta": "unsigned"}, dump(ASKED))
    assert answer.headers["x-amzn-errortype"].startswith("IncompleteSignatureException")
    assert client.post(url, ASKED).headers["x-amzn-errortype"].startswith("MissingAuthentication")


def test_an_api_key(client: Client, upstream: Bedrock) -> None:
    url = f"{upstream.origin}/model/{quote(MODEL, safe='')}/converse"
    assert client.post(url, ASKED, {"authorization": f"Bearer {KEY}"}).status == 200
    assert client.post(url, ASKED, {"authorization": "Bearer other"}).status == 403


def test_temporary_credentials(client: Client, authority: Authority) -> None:
    token = {"x-amz-security-token": bedrock.SESSION_TOKEN}
    with Bedrock(authority, session=True) as upstream:
        assert ask(client, upstream, **token).status == 200
        assert ask(client, upstream).status == 403


def test_an_unknown_model(client: Client, upstream: Bedrock) -> None:
    answer = ask(client, upstream, model="meta.llama-0")
    assert (answer.status, answer.json["message"]) == (400, bedrock.WRONG_ID.message)


@pytest.mark.parametrize("fault", [
    bedrock.ACCESS, bedrock.NO_MODEL, bedrock.CONTEXT, bedrock.TIMEOUT, bedrock.MODEL_ERROR,
    bedrock.RATE, bedrock.NOT_READY, bedrock.INTERNAL, bedrock.UNAVAILABLE, bedrock.EXPIRED])
def test_each_error(client: Client, upstream: Bedrock, fault: Fault) -> None:
    model = upstream.serve(upstream.refuses(fault))
    answer = ask(client, upstream, model=model)
    assert answer.status == fault.status
    assert answer.headers["x-amzn-errortype"].split(":")[0] == fault.code


def test_a_stream_that_breaks(client: Client, upstream: Bedrock) -> None:
    model = upstream.serve(upstream.breaks(content.PLAIN, bedrock.STREAM_ERROR),
                           upstream.cuts(content.PLAIN), upstream.ends_early(content.PLAIN))
    broken, cut, early = (ask(client, upstream, model=model, route="converse-stream")
                          for _ in range(3))
    headers, payload = list(frames(broken.body))[-1]
    assert headers[":exception-type"] == "modelStreamErrorException"
    assert json.loads(payload)["originalStatusCode"] == 500
    assert not cut.whole
    with pytest.raises(Damaged):
        list(frames(cut.body))
    assert early.whole and events(early)[-1][0] == "messageStop"

"""Streamed replies: at once, complete, and in the strict form that every official client reads."""

import json

import pytest

from integration.host import Host
from integration.http_client import content_of
from upstream import qwen
from upstream.exchange import Scenario
from upstream.puppet import Puppet
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator

WORDS = ["สวัสดี", "ครับ ", "你好，", "世界", " 🐑", "!"]


def test_each_chunk_is_relayed_at_once(host: Host, upstream: Simulator) -> None:
    """The upstream says the next word only when the client has the one before: nothing on the way
    may wait for more, once there is something to say."""
    puppet = Puppet(upstream)
    with host.connect() as connection:
        payload = {"model": puppet.model, "messages": [], "stream": True}
        body = json.dumps(payload).encode()
        connection.socket.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(body), body))
        puppet.begin(WORDS[0])
        reply = connection.read_reply()
        events = reply.events()
        first = json.loads(next(events))["choices"][0]["delta"]
        assert first == {"role": "assistant", "content": WORDS[0]}
        for word in WORDS[1:]:
            puppet.say(word)
            assert json.loads(next(events))["choices"][0]["delta"]["content"] == word
        puppet.finish()
        assert json.loads(next(events))["choices"][0]["finish_reason"] == "stop"
        assert list(events) == ["[DONE]"]


def test_the_head_of_a_stream(host: Host, upstream: Simulator) -> None:
    """What keeps proxies from holding a stream back, and says who answers."""
    model = upstream.serve(answers.chat(WORDS))
    reply = host.chat(model, stream=True, headers={"x-request-id": "stream-1"})
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["x-accel-buffering"] == "no"
    assert "content-length" not in reply.headers
    assert reply.headers["x-request-id"] == "stream-1"
    assert reply.headers["x-bellwether-provider"] == "holysheep"
    assert reply.headers["x-bellwether-model"] == model
    assert reply.headers["x-bellwether-attempts"] == "1"
    assert content_of(reply.chunks()) == "".join(WORDS)


def test_the_connection_goes_on_after_a_stream(host: Host, upstream: Simulator) -> None:
    """A stream's body ends right after its terminator; the next request finds the line free."""
    model = upstream.serve(answers.chat(WORDS))
    with host.connect() as connection:
        for _ in range(3):
            assert content_of(connection.chat(model, stream=True).chunks()) == "".join(WORDS)


def test_usage_is_always_asked_for_and_only_given_to_those_who_asked(
        host: Host, upstream: Simulator) -> None:
    """Without it nothing could be accounted for; with it unasked, simple clients break on the
    chunk that has no choices."""
    model = upstream.serve(answers.chat(WORDS))
    unasked = host.chat(model, stream=True).chunks()
    asked = host.chat(model, stream=True, stream_options={"include_usage": True}).chunks()
    options = {"include_usage": False, "x": 1}
    refused = host.chat(model, stream=True, stream_options=options).chunks()
    assert all(chunk["choices"] for chunk in unasked + refused)
    assert asked[-1]["choices"] == [] and asked[-1]["usage"]["total_tokens"] == 22 + len(WORDS)
    assert all(chunk["choices"] for chunk in asked[:-1])
    sent = [request.json["stream_options"] for request in upstream.requests(model)]
    assert sent == [{"include_usage": True}, {"include_usage": True},
                    {"include_usage": True, "x": 1}]


def test_a_streamed_request_keeps_all_else(host: Host, upstream: Simulator) -> None:
    """Asking for the usage adds one member; what the client wrote stays as it was written."""
    model = upstream.serve(answers.chat(WORDS))
    written = ('"messages" : [ ], "seed":12345678901234567890,"top_k":  20, "enable_thinking":true'
               ', "esc":"\\u0e2a\\/"')
    host.post("/v1/chat/completions",
              f'{{"model":"{model}","stream":true , {written}}}'.encode()).chunks()
    sent = upstream.request(model)
    assert written.encode() in sent.body
    assert sent.json["stream"] is True
    assert list(sent.json).count("stream_options") == 1


def test_unknown_members_of_chunks_survive(host: Host, upstream: Simulator) -> None:
    """Reasoning models send their thoughts in a member of their own."""
    model = upstream.serve(answers.thinking(["let me ", "see"], WORDS))
    chunks = host.chat(model, stream=True).chunks()
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("reasoning_content") or "" for delta in deltas) == "let me see"
    assert content_of(chunks) == "".join(WORDS)
    assert all(chunk["service_tier"] is None for chunk in chunks)


ODD_FRAMINGS = {
    "cut at every byte": answers.byte_by_byte(WORDS),
    "CRLF line ends": answers.framed(WORDS, after=b"\r\n\r\n", done=b"data: [DONE]\r\n\r\n"),
    "CR line ends": answers.framed(WORDS, after=b"\r\r", done=b"data: [DONE]\r\r"),
    "no space after the colon": answers.framed(WORDS, before=b"data:", done=b"data:[DONE]\n\n"),
    "a space after the terminator": answers.framed(WORDS, done=b"data: [DONE] \n\n"),
    "no terminator": answers.framed(WORDS, done=None),
    "no terminator and a closed connection": faults.no_terminator(WORDS),
    "a terminator without its blank line": answers.framed(WORDS, done=b"data: [DONE]"),
    "ids, names and comments": answers.framed(
        WORDS, before=b": hi\n\nid: 7\nevent: message\nretry: 100\ndata: "),
    "a byte order mark": answers.framed(WORDS, leading=b"\xef\xbb\xbf"),
    "empty events": answers.framed(WORDS, before=b"event: ping\n\ndata:\n\ndata: "),
    "another content type": answers.framed(WORDS, headers={"content-type": "text/plain"}),
}


@pytest.mark.parametrize("scenario", ODD_FRAMINGS.values(), ids=ODD_FRAMINGS.keys())
def test_streams_in_odd_forms_come_out_in_the_usual_one(
        host: Host, upstream: Simulator, scenario: Scenario) -> None:
    """Whatever line ends, spaces, comments and ids the upstream likes, the client gets `data: `
    events and one exact terminator; the strict reader of these tests takes nothing else."""
    chunks = host.chat(upstream.serve(scenario), stream=True).chunks()
    assert content_of(chunks) == "".join(WORDS)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_reply_where_a_stream_was_asked_is_unfolded(host: Host, upstream: Simulator) -> None:
    """Official clients see nothing at all in a JSON body if they wait for events."""
    model = upstream.serve(answers.json_where_sse_was_asked(qwen.THAI_AND_CHINESE))
    chunks = host.chat(model, stream=True, stream_options={"include_usage": True}).chunks()
    assert content_of(chunks) == qwen.THAI_AND_CHINESE
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    reasons = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    assert reasons[-1] == "stop" and not any(reasons[:-1])
    assert chunks[-1]["usage"]["total_tokens"] == 39


def test_usage_that_rides_on_the_finish_chunk(host: Host, upstream: Simulator) -> None:
    """DeepSeek sends no chunk for the usage alone; who asked for one gets one."""
    model = upstream.serve(answers.usage_on_finish(WORDS))
    chunks = host.chat(model, stream=True, stream_options={"include_usage": True}).chunks()
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == len(WORDS)
    assert content_of(host.chat(model, stream=True).chunks()) == "".join(WORDS)


def test_usage_that_never_comes_is_estimated(host: Host, upstream: Simulator) -> None:
    """Who asked for usage gets a usage chunk even from an upstream that sends none."""
    model = upstream.serve(answers.without_usage(WORDS))
    chunks = host.chat(model, stream=True, stream_options={"include_usage": True}).chunks()
    used = chunks[-1]["usage"]
    assert chunks[-1]["choices"] == []
    assert used["prompt_tokens"] > 0 and used["completion_tokens"] > 0
    assert used["total_tokens"] == used["prompt_tokens"] + used["completion_tokens"]


def test_a_huge_chunk_arrives_whole(host: Host, upstream: Simulator) -> None:
    """Three megabytes in one event: larger than any buffer on the way, and still whole."""
    huge = "ก" * 1_000_000
    chunks = host.chat(upstream.serve(answers.chat([huge])), stream=True).chunks()
    assert content_of(chunks) == huge


def test_many_streams_at_once_do_not_mix(host: Host, upstream: Simulator) -> None:
    """Forty streams, each moved on by turns, each with its own words."""
    models = [upstream.serve(answers.chat([f"{number}-{word} " for word in range(20)]))
              for number in range(40)]
    connections = [host.connect() for _ in models]
    replies = [connection.chat(model, stream=True).events()
               for connection, model in zip(connections, models)]
    said = [""] * len(models)
    for _ in range(22):
        for number, events in enumerate(replies):
            said[number] += content_of([json.loads(next(events))])
    assert all(list(events) == ["[DONE]"] for events in replies)
    for number, text in enumerate(said):
        assert text == "".join(f"{number}-{word} " for word in range(20))
    for connection in connections:
        connection.close()


def test_http_1_0_clients_can_stream(host: Host, upstream: Simulator) -> None:
    """Without chunked encoding the end of the connection is the end of the body."""
    body = json.dumps({"model": upstream.serve(answers.chat(WORDS)), "messages": [],
                       "stream": True}).encode()
    with host.connect() as connection:
        connection.socket.sendall(b"POST /v1/chat/completions HTTP/1.0\r\n"
                                  b"content-type: application/json\r\n"
                                  b"content-length: %d\r\n\r\n%s" % (len(body), body))
        reply = connection.read_reply()
        assert "transfer-encoding" not in reply.headers
        assert content_of(reply.chunks()) == "".join(WORDS)


def test_streamed_tool_calls_name_themselves_once(host: Host, upstream: Simulator) -> None:
    """Qwen repeats `id` and `name` on later fragments, or sends them empty; clients that add
    strings up would end with `call_1call_1`."""
    model = upstream.serve(answers.tool_calls())
    chunks = host.chat(model, stream=True, tools=[]).chunks()
    calls: dict[int, dict[str, list]] = {}
    for chunk in chunks:
        for delta in chunk["choices"][0]["delta"].get("tool_calls") or []:
            call = calls.setdefault(delta["index"], {"id": [], "name": [], "arguments": []})
            call["id"].append(delta.get("id"))
            call["name"].append(delta["function"].get("name"))
            call["arguments"].append(delta["function"].get("arguments") or "")
    assert len(calls) == len(answers.WEATHER)
    for call, (name, arguments) in zip(calls.values(), answers.WEATHER):
        assert [identity for identity in call["id"] if identity is not None] == [call["id"][0]]
        assert [given for given in call["name"] if given is not None] == [name]
        assert "".join(call["arguments"]) == arguments
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"

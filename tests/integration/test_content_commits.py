"""What a client is given of an attempt, and from when on it is that attempt's answer: content
commits, and not bytes. After all of it nothing that the upstream does takes it away again."""

import json

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host
from integration.http_client import check_error, content_of
from upstream import errors, qwen
from upstream.exchange import Exchange, Scenario
from upstream.qwen import Json
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority


@pytest.fixture(scope="module")
def pair(start_host: StartHost, upstream: Simulator, second: Simulator,
         authority: Authority) -> Host:
    """`qwen-*` goes to the first provider and then to the second."""
    return start_host(
        server(heartbeat='"100ms"') + provider("first", upstream, authority, idle=2000)
        + provider("second", second, authority)
        + route("qwen-*", '["first", "second"]'))


def blank(model: str) -> list[Json]:
    """What upstreams say before they have anything to say."""
    nothing = qwen.chunk(model, {})
    filtered = {**nothing, "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}
    return [filtered, qwen.opening(model), nothing, qwen.chunk(model, {"content": ""})]


async def begin(exchange: Exchange) -> None:
    await exchange.head()
    for chunk in blank(exchange.model):
        await exchange.event(chunk)


async def fail(exchange: Exchange) -> None:
    await begin(exchange)
    await exchange.event(errors.OVERLOADED.body())
    await exchange.end()


async def break_off(exchange: Exchange) -> None:
    await begin(exchange)
    exchange.cut()


async def end(exchange: Exchange) -> None:
    await begin(exchange)
    await exchange.end(done=None)


async def say_done(exchange: Exchange) -> None:
    await begin(exchange)
    await exchange.end()


async def babble(exchange: Exchange) -> None:
    await begin(exchange)
    await exchange.event(b"{\"choices\":[{\"delta\":")
    exchange.cut()


async def stall(exchange: Exchange) -> None:
    await begin(exchange)
    await timing.late(timing.FOREVER, faults.hang_up())(exchange)


BLANK: dict[str, Scenario] = {"an error": fail, "a cut": break_off, "an end": end, "a terminator": say_done,
                              "nonsense": babble, "silence": stall}


@pytest.mark.parametrize("scenario", BLANK.values(), ids=BLANK.keys())
def test_a_failure_before_content_goes_to_the_next_target(
        pair: Host, upstream: Simulator, second: Simulator, scenario: Scenario) -> None:
    """A role, empty deltas and `choices: []` are nothing that a client would miss."""
    model = upstream.serve(scenario)
    second.script(model, answers.chat(["from ", "the second"]))
    chunks = pair.chat(model, stream=True).chunks()
    assert content_of(chunks) == "from the second"
    roles = [choice["delta"].get("role") for chunk in chunks for choice in chunk["choices"]]
    assert roles.count("assistant") == 1, "nothing of the first is left"


@pytest.mark.parametrize("scenario", [fail, break_off, end], ids=["an error", "a cut", "an end"])
def test_a_failure_before_content_has_a_status_of_its_own(
        pair: Host, upstream: Simulator, second: Simulator, scenario: Scenario) -> None:
    """So that the client's library tries again by itself."""
    model = upstream.serve(scenario)
    second.script(model, scenario)
    reply = pair.chat(model, stream=True)
    assert reply.status in (502, 503), reply.body()
    check_error(reply.json())


def test_what_was_held_back_comes_with_the_content(pair: Host, upstream: Simulator) -> None:
    async def play(exchange: Exchange) -> None:
        await begin(exchange)
        for chunk in (qwen.said(exchange.model, "hi"), qwen.finished(exchange.model)):
            await exchange.event(chunk)
        await exchange.end()

    chunks = pair.chat(upstream.serve(play), stream=True).chunks()
    assert chunks[0].get("prompt_filter_results"), chunks
    assert content_of(chunks) == "hi"


def test_an_empty_answer_is_an_answer(pair: Host, upstream: Simulator,
                                      second: Simulator) -> None:
    """A last word without any other: nobody else is asked."""
    model = upstream.serve(answers.chat([""]))
    chunks = pair.chat(model, stream=True).chunks()
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert second.requests(model) == []


def test_a_failure_after_content_is_told(pair: Host, upstream: Simulator,
                                         second: Simulator) -> None:
    model = upstream.serve(faults.error_frame(["one "], errors.OVERLOADED))
    *chunks, last = pair.chat(model, stream=True).chunks()
    assert content_of(chunks) == "one "
    check_error(last)
    assert second.requests(model) == []


def test_a_heartbeat_commits_nothing(pair: Host, upstream: Simulator, second: Simulator) -> None:
    async def play(exchange: Exchange) -> None:
        await begin(exchange)
        await timing.late(1.0 * SLOWNESS, faults.hang_up())(exchange)

    model = upstream.serve(play)
    second.script(model, answers.chat(["from ", "the second"]))
    pieces = list(pair.chat(model, stream=True).pieces())
    assert pieces[0] == b": waiting\n", pieces
    chunks = [json.loads(piece[6:]) for piece in pieces
              if piece.startswith(b"data: {")]
    assert content_of(chunks) == "from the second"


async def lose_content(exchange: Exchange) -> None:
    """Its only words come in an event that cannot be read, and then its last word."""
    await begin(exchange)
    await exchange.event(b'{"choices":[{"index":0,"delta":{"content":"hello wor')
    await exchange.event(qwen.finished(exchange.model))
    await exchange.end()


def test_an_answer_that_has_lost_its_content_is_none(pair: Host, upstream: Simulator,
                                                     second: Simulator) -> None:
    model = upstream.serve(lose_content)
    second.script(model, answers.chat(["from ", "the second"]))
    assert content_of(pair.chat(model, stream=True).chunks()) == "from the second"


# ---- after the last word ------------------------------------------------------------------------

async def say_all(exchange: Exchange) -> None:
    await exchange.head()
    for chunk in qwen.stream(exchange.model, ["all ", "said"], used=qwen.usage()):
        await exchange.event(chunk)


async def cut_after_all(exchange: Exchange) -> None:
    await say_all(exchange)
    exchange.cut()


async def silent_after_all(exchange: Exchange) -> None:
    await say_all(exchange)
    await timing.late(timing.FOREVER, faults.hang_up())(exchange)


async def error_after_all(exchange: Exchange) -> None:
    await say_all(exchange)
    await exchange.event(errors.OVERLOADED.body())
    await exchange.end()


async def nonsense_after_all(exchange: Exchange) -> None:
    await say_all(exchange)
    await exchange.event(b"[{]")
    await exchange.end()


AFTER_ALL: dict[str, Scenario] = {"a cut": cut_after_all, "silence": silent_after_all,
                                  "an error": error_after_all, "nonsense": nonsense_after_all}


@pytest.mark.parametrize("scenario", AFTER_ALL.values(), ids=AFTER_ALL.keys())
def test_a_complete_answer_stands(pair: Host, upstream: Simulator, second: Simulator,
                                  scenario: Scenario) -> None:
    """All that was asked for has come, usage and all: an error would make the client's library
    throw it away."""
    model = upstream.serve(scenario)
    chunks = pair.chat(model, stream=True, stream_options={"include_usage": True}).chunks()
    assert content_of(chunks) == "all said"
    assert chunks[-1]["usage"]["completion_tokens"] == qwen.usage()["completion_tokens"]
    assert second.requests(model) == []


WHOLE = b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"all said"},' \
        b'"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":2}}'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CUT: dict[str, bytes] = {
    "without its last chunk": HEAD + b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (
        len(WHOLE), WHOLE),
    "before a line end": HEAD + b"content-length: %d\r\n\r\n%s" % (len(WHOLE) + 2, WHOLE)}


def raw_then_cut(data: bytes) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.raw(data)
        exchange.cut()

    return play


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("data", CUT.values(), ids=CUT.keys())
def test_a_complete_reply_stands(pair: Host, upstream: Simulator, second: Simulator, data: bytes,
                                 stream: bool) -> None:
    """To the last brace it has come, wherever the connection broke after that."""
    model = upstream.serve(raw_then_cut(data))
    reply = pair.chat(model, stream=stream)
    said = (content_of(reply.chunks()) if stream
            else reply.json()["choices"][0]["message"]["content"])
    assert said == "all said"
    assert second.requests(model) == []


@pytest.mark.parametrize("body", [b"", b'{"error":{"message":"slow do'], ids=["nothing", "a part"])
def test_a_refusal_whose_body_breaks_keeps_its_status(pair: Host, upstream: Simulator,
                                                      second: Simulator, body: bytes) -> None:
    refusal = raw_then_cut(b"HTTP/1.1 429 Slow\r\ncontent-type: application/json\r\n"
                           b"retry-after: 7\r\ncontent-length: 90\r\n\r\n" + body)
    model = upstream.serve(refusal)
    second.script(model, refusal)
    reply = pair.chat(model)
    assert reply.status == 429, reply.body()
    assert reply.headers["retry-after"] == "7"


@pytest.mark.parametrize("complete", [True, False])
def test_a_folded_answer_stands_if_it_is_complete(start_host: StartHost, upstream: Simulator,
                                                  authority: Authority, complete: bool) -> None:
    """A model that answers as a stream only, for a client that wants none."""
    host = start_host(server(1) + provider("holysheep", upstream, authority)
                      + route("qwen3-*", '"holysheep"'))

    async def play(exchange: Exchange) -> None:
        await exchange.head()
        chunks = qwen.stream(exchange.model, ["all ", "said"], used=qwen.usage())
        for chunk in chunks if complete else chunks[:2]:
            await exchange.event(chunk)
        exchange.cut()

    with upstream.playing("qwen3-32b", play):
        reply = host.chat("qwen3-32b", enable_thinking=True)
    if not complete:
        assert reply.status == 502, reply.body()
        return
    said = reply.json()
    assert said["choices"][0]["message"]["content"] == "all said"
    assert said["usage"]["completion_tokens"] == qwen.usage()["completion_tokens"]


# ---- what the host adds -------------------------------------------------------------------------

def test_a_refused_usage_option_is_left_out(start_host: StartHost, upstream: Simulator,
                                            authority: Authority) -> None:
    """The client did not send `stream_options`, and so it is not told that it may not."""
    host = start_host(server(1) + provider("first", upstream, authority)
                      + route("qwen-*", '"first"'))
    refusal = {"error": {"message": "Unrecognized request argument supplied: stream_options",
                         "type": "invalid_request_error", "param": None, "code": None}}

    async def play(exchange: Exchange) -> None:
        if "stream_options" in exchange.request.json:
            return await exchange.reply(qwen.dump(refusal), 400)
        await answers.chat(["without ", "it"])(exchange)

    model = upstream.serve(play)
    for expected in (2, 1):  # the second call knows
        reply = host.chat(model, stream=True)
        assert reply.headers["x-bellwether-attempts"] == str(expected)
        assert content_of(reply.chunks()) == "without it"
    assert len(upstream.requests(model)) == 3
    asked = host.chat(model, stream=True, stream_options={"include_usage": True}).chunks()
    assert asked[-1]["usage"]["completion_tokens"] > 0, "as the host has counted them"

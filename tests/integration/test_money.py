"""Nothing is served for less than it takes: whatever a client or an upstream does, what was generated
is counted, and what nobody told counts at the most that it may have been."""

import asyncio
import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import (
    MAX_TOKENS, ask, body_of, budget, prompt_bound, rules_config, send, wait_until_counted,
    wait_until_left)
from integration.host import Host, wait_for
from integration.metrics_page import scrape
from upstream import qwen
from upstream.exchange import Exchange, Scenario
from upstream.puppet import Puppet
from upstream.qwen import Json, dump
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

LIMIT = 900_000
WORDS = ["four"] * 10  # a token each


@pytest.fixture(scope="module")
def host(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """One budget for each user, so that each test has one of its own; one worker, so that what was
    learned of a model is known to the next call."""
    rules = budget(LIMIT, each='"user"')
    return start_host(rules_config(rules, upstream, authority, workers=1))


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    return request.node.name


def rows(host: Host, user: str) -> Json | None:
    groups = host.admin("GET", "/admin/usage?by=user&top=1000").json()["groups"]
    return next((group for group in groups if group["name"] == user), None)


def hold_of(body: bytes) -> int:
    return prompt_bound(body) + MAX_TOKENS


# ---- a client that hangs up at the last word ----------------------------------------------------


def leave_at_the_last_word(host: Host, puppet: Puppet, body: bytes) -> None:
    connection = host.connect()
    send(connection, body)
    puppet.begin()
    puppet.say("The answer is 42.")
    puppet.event(qwen.finished(puppet.model))
    events = connection.read_reply().events()
    while "stop" not in next(events):
        pass
    connection.close()


def test_hanging_up_before_the_usage_does_not_save_it(host: Host, upstream: Simulator,
                                                      user: str) -> None:
    """The upstream is read on for a moment, though the route cancels calls whose client leaves."""
    puppet = Puppet(upstream)
    body = body_of(puppet.model, user=user, stream=True)
    leave_at_the_last_word(host, puppet, body)
    puppet.event(qwen.usage_chunk(puppet.model, qwen.usage(2_000, 20_005)))
    puppet.cut()
    wait_until_left(host, puppet.model, LIMIT - 22_005, user=user)


def test_hanging_up_where_no_usage_comes_counts_the_hold(host: Host, upstream: Simulator,
                                                         user: str) -> None:
    puppet = Puppet(upstream)
    body = body_of(puppet.model, user=user, stream=True, tools=[{"type": "function", "function": {
        "name": "f" * 3000, "parameters": {}}}])
    leave_at_the_last_word(host, puppet, body)
    wait_until_left(host, puppet.model, LIMIT - hold_of(body), user=user)
    wait_for(lambda: puppet.request.disconnected_at is not None, "the upstream hears of it")
    puppet.cut()


def test_one_of_several_choices_that_ends_is_not_the_last_word(host: Host, upstream: Simulator,
                                                               user: str) -> None:
    """The others still run: who hangs up then cancels them."""
    puppet = Puppet(upstream)
    body = body_of(puppet.model, user=user, stream=True, n=2)
    leave_at_the_last_word(host, puppet, body)
    wait_for(lambda: puppet.request.disconnected_at is not None, "the upstream hears of it", 1.5)
    wait_until_left(host, puppet.model, LIMIT - hold_of(body) - MAX_TOKENS, user=user)
    puppet.cut()


# ---- a hold is an upper bound -------------------------------------------------------------------


@pytest.mark.parametrize("wish", [
    {"n": 20_000, "max_tokens": 50}, {"best_of": 20_000, "max_tokens": 50},
    {"max_output_tokens": 10 ** 6}, {"max_new_tokens": 10 ** 6}, {"thinking_budget": 10 ** 6},
    {"reasoning": {"max_tokens": 10 ** 6}}, {"thinking": {"budget_tokens": 10 ** 6}},
    {"options": {"num_predict": 10 ** 6}}])
def test_what_lets_a_model_generate_more_is_held_for(host: Host, upstream: Simulator, user: str,
                                                     wish: Json) -> None:
    """By whatever name: the call does not fit, so it is not sent."""
    model = upstream.serve(answers.chat())
    refused = ask(host, model, user=user, **wish)
    assert refused.status == 429
    assert refused.error()["code"] == "budget_exceeded"
    assert not upstream.requests(model)


def test_choices_beyond_the_usual_are_held_for_one_by_one(
        start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    """20 calls of 5,000 choices at once, where one fits."""
    host = start_host(rules_config(budget(8_000), upstream, authority))
    go = threading.Event()
    used = qwen.usage(20, 5_000)

    async def play(exchange: Exchange) -> None:
        while not go.is_set():
            await asyncio.sleep(0.01)
        await exchange.reply(dump(qwen.completion(exchange.model, "x", used=used)))

    model = upstream.serve(*[play] * 20)
    with ThreadPoolExecutor(20) as threads:
        calls = [threads.submit(ask, host, model, n=5_000, max_tokens=1) for _ in range(20)]
        wait_for(lambda: len([call for call in calls if call.done()]) == 19, "19 are refused")
        go.set()
        statuses = [call.result().status for call in calls]
    assert (statuses.count(200), statuses.count(429)) == (1, 19)


def test_a_stream_far_past_its_hold_is_stopped(host: Host, upstream: Simulator, user: str) -> None:
    """What went out stays, one error ends it, and all that was seen is counted."""
    async def play(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.event(qwen.opening(exchange.model))
        while True:
            await exchange.event(qwen.said(exchange.model, "four" * 50))

    model = upstream.serve(play)
    body = body_of(model, user=user, stream=True)
    reply = ask(host, model, user=user, stream=True)
    chunks = [json.loads(event) for event in reply.events() if event != "[DONE]"]
    seen = 50 * sum("delta" in (chunk.get("choices") or [{}])[0] for chunk in chunks[1:])
    assert chunks[-1]["error"]["code"] == "answer_past_limit", chunks[-1]
    assert 4 * MAX_TOKENS + 1024 < seen <= 4 * MAX_TOKENS + 1024 + 50
    (request,) = upstream.ended(model)
    assert request.disconnected_at is not None
    wait_until_left(host, model, LIMIT - prompt_bound(body) - seen, user=user)


# ---- answers that are cut -----------------------------------------------------------------------


def raw(head: bytes) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.raw(head)
        exchange.cut()

    return play


def bomb() -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(gzip.compress(b" " * (24 << 20)), headers={"content-encoding": "gzip"})

    return play


def brotli() -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(b"\x0b\x02\x80{}\x03", headers={"content-encoding": "br"})

    return play


def event_without_end() -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.write(b'data: {"choices":[{"index":0,"delta":{"content":"')
        for _ in range(20):
            await exchange.write(b"x" * (1 << 20))

    return play


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


@pytest.mark.parametrize(("stream", "scenario"), [
    pytest.param(False, raw(HEAD + b"content-length: 500\r\n\r\n"), id="after-the-head"),
    pytest.param(False, raw(HEAD + b"\r\n"), id="after-a-head-without-length"),
    pytest.param(False, raw(HEAD + b"\r\n" + b'{"id":"x","choices":[{"mess'), id="amid-the-reply"),
    pytest.param(False, raw(HEAD + b"content-le"), id="amid-the-head"),
    pytest.param(True, raw(EVENTS), id="stream-after-the-head"),
    pytest.param(True, raw(EVENTS + b": waiting\n\n"), id="stream-after-a-comment"),
    pytest.param(True, raw(EVENTS + b'data: {"cho'), id="stream-amid-an-event"),
    pytest.param(True, faults.ended_early([]), id="stream-without-content"),
    pytest.param(False, bomb(), id="bomb"),
    pytest.param(False, brotli(), id="encoding"),
    pytest.param(True, event_without_end(), id="event-without-end"),
])
def test_a_cut_answer_counts_at_its_hold(host: Host, upstream: Simulator, user: str, stream: bool,
                                         scenario: Scenario) -> None:
    """Nobody has seen what the model generated; it has a row, too."""
    model = upstream.serve(scenario)
    body = body_of(model, user=user, stream=stream)
    ask(host, model, user=user, stream=stream).body()
    wait_until_left(host, model, LIMIT - hold_of(body), user=user)
    row = rows(host, user)
    assert row and row["input_tokens"] + row["output_tokens"] == hold_of(body)
    assert row["estimated"] == 1


@pytest.mark.parametrize("silent", [
    pytest.param(timing.late(timing.FOREVER, answers.chat()), id="no-answer"),
    pytest.param(timing.silent_after([]), id="no-content")])
def test_a_stream_whose_first_byte_is_late_counts_at_its_hold(
        start_host: StartHost, upstream: Simulator, authority: Authority, user: str,
        silent: Scenario) -> None:
    host = start_host(server() + provider("holysheep", upstream, authority, first_byte=200, idle=200)
                      + route("qwen-*", '"holysheep"') + '\n[ledger]\nurl = "memory:"\n'
                      + budget(LIMIT, each='"user"'))
    model = upstream.serve(silent)
    body = body_of(model, user=user, stream=True)
    ask(host, model, user=user, stream=True).body()
    wait_until_left(host, model, LIMIT - hold_of(body), user=user)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("text", [b"", b"<html>so sorry, the model is asleep</html>",
                                  b'{"a":"reply that is no answer at all..."}'])
def test_broken_replies_count_by_their_bytes(host: Host, upstream: Simulator, user: str,
                                             stream: bool, text: bytes) -> None:
    """Forty of them used up a budget."""
    model = upstream.serve(*[faults.status(200, text)] * 40)
    for _ in range(40):
        assert ask(host, model, user=user, stream=stream).status == 502
    left = LIMIT - 40 * (len(text) // 4)
    wait_until_left(host, model, left, user=user)


# ---- what is reported, and what was seen --------------------------------------------------------


def events(*chunks: Json | str) -> Scenario:
    """A stream of these, with the model's name filled in; a text is content."""
    async def play(exchange: Exchange) -> None:
        await exchange.head()
        for chunk in chunks:
            await exchange.event(qwen.said(exchange.model, chunk) if isinstance(chunk, str)
                                 else {**chunk, "model": exchange.model})
        await exchange.end()

    return play


def reporting(prompt: Any, completion: Any) -> Json:
    return qwen.usage_chunk("m", {"prompt_tokens": prompt, "completion_tokens": completion,
                                  "total_tokens": 1})


DONE = qwen.finished("m")
ZEROS = reporting(0, 0)


@pytest.mark.parametrize(("scenario", "used"), [
    pytest.param(events("x", DONE, reporting(1000, 900), ZEROS), 1900, id="trailing-zeros"),
    pytest.param(events("x", DONE, reporting(1000, 900), reporting(1000, 0)), 1900, id="no-output"),
    pytest.param(events("x", DONE, reporting(1000, 900), reporting(0, 900)), 1900, id="no-input"),
    pytest.param(events(reporting(1000, 1), *["four" * 50] * 40, DONE), 3000, id="early"),
    pytest.param(events(reporting(1000, 1), *["four" * 50] * 40, DONE, ZEROS), 3000,
                 id="early-and-zeros"),
    pytest.param(events(*["four" * 50] * 40, DONE, reporting(1000, 0)), 3000, id="no-output-at-all"),
    pytest.param(events(*["four" * 50] * 40, DONE, reporting(1000, 1)), 3000, id="too-little"),
])
def test_the_larger_of_reported_and_seen_counts(host: Host, upstream: Simulator, user: str,
                                                scenario: Scenario, used: int) -> None:
    model = upstream.serve(scenario)
    ask(host, model, user=user, stream=True, max_tokens=5000).body()
    wait_until_left(host, model, LIMIT - used, user=user)


@pytest.mark.parametrize("stream", [False, True])
def test_an_absurd_report_locks_nobody_out(start_host: StartHost, upstream: Simulator,
                                           authority: Authority, stream: bool) -> None:
    """It is believed up to what such a call can come to; the log and a metric tell of it."""
    host = start_host(rules_config(budget("10 Mtok"), upstream, authority, workers=1))
    absurd = qwen.usage(900_000_000_000, 900_000_000_000)
    model = upstream.serve(answers.chat(WORDS, used=absurd), answers.chat(WORDS))
    ask(host, model, stream=stream).body()
    wait_until_counted(host, 2_000_000)
    assert ask(host, model).status == 200
    line = wait_for(lambda: [line for line in host.log().splitlines() if "reports a usage" in line],
                    "the log tells of it")[0]
    assert "900000000000" in line and model in line
    assert scrape(host).sum("bellwether_usage_doubted_total", reason="too_much") == 1


def test_parts_that_are_more_than_the_whole_are_none(host: Host, upstream: Simulator,
                                                     user: str) -> None:
    """Neither what was read from a cache nor what was thought."""
    used = {**qwen.usage(100, 10), "prompt_tokens_details": {"cached_tokens": 5000},
            "completion_tokens_details": {"reasoning_tokens": 5000}}
    model = upstream.serve(answers.chat(WORDS, used=used))
    ask(host, model, user=user).body()
    wait_until_left(host, model, LIMIT - 110, user=user)
    row = rows(host, user)
    assert row and (row["cached_input_tokens"], row["reasoning_tokens"]) == (100, 10)

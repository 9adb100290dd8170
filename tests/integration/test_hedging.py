"""`hedge`: a call that has no content after a moment is sent to a second target as well. One answer
comes of it, the other exchange ends at once, and both are paid for."""

import sqlite3
import time
from contextlib import closing

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import (
    MAX_TOKENS, ask, body_of, budget, counted, prompt_bound, send, wait_until_counted)
from integration.host import SLOWNESS, Host, milliseconds, wait_for
from integration.http_client import Reply, content_of
from upstream import errors, qwen
from upstream.scenarios import answers, faults, timing
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority

AFTER_MS = 150
NEVER = timing.late(timing.FOREVER, answers.chat())
GOOD = answers.chat(["the ", "second"], used=qwen.usage(20, 2))
ROOM = 400  # tokens of the budget that has room for one
ENOUGH = "budget_percent = 100\nbudget_floor = 10000"
both_forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@pytest.fixture(scope="module")
def hedged(start_host: StartHost, upstream: Simulator, second: Simulator,
           authority: Authority) -> Host:
    patient = dict(first_byte=15000, idle=15000, total=20000)
    hedge = f'hedge = "{milliseconds(AFTER_MS)}"\nretry = {{ attempts = 2 }}\n'
    return start_host(
        server(retry=ENOUGH) + provider("one", upstream, authority, **patient)
        + provider("two", second, authority, **patient)
        + route("hedged-*", '["one", "two"]') + hedge + route("narrow-*", '["one", "two"]') + hedge
        + route("learned-*", '["one", "two"]') + 'hedge = "p50"\nretry = { attempts = 2 }\n'
        + '\n[ledger]\nurl = "sqlite:ledger.db"\nlinger = "0ms"\n' + budget(100_000_000)
        + budget(ROOM, "narrow", match='{ model = "narrow-*" }'))


def said(reply: Reply, stream: bool) -> str:
    assert reply.status == 200, reply.body()
    if stream:
        return content_of(reply.chunks())
    return reply.json()["choices"][0]["message"]["content"]


def row(host: Host, model: str) -> tuple[str, int, int, int]:
    """The only row of the ledger for this model, once nothing is held any more."""
    path = host.config.with_name("ledger.db")

    def written() -> list[tuple[str, int, int, int]]:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return database.execute("SELECT provider, input_tokens, output_tokens, status "
                                    "FROM usage WHERE model = ?", (model,)).fetchall()

    wait_for(lambda: counted(host)[1] == 0, "nothing is held")
    (only,) = wait_for(written, f"a row for {model}")
    return only


@both_forms
def test_the_second_answers_for_a_slow_first(hedged: Host, upstream: Simulator, second: Simulator,
                                             stream: bool) -> None:
    """Not before its time; the loser's connection is closed when the winner has its first content,
    and counts with all that it was held for, as nobody knows what it made."""
    model = upstream.serve(NEVER, prefix="hedged")
    second.script(model, GOOD)
    used, _ = counted(hedged)
    began = time.monotonic()
    reply = ask(hedged, model, stream=stream)
    assert said(reply, stream) == "the second"
    assert reply.headers["x-bellwether-provider"] == "two"
    assert reply.headers["x-bellwether-attempts"] == "2"
    assert f"one/{model};error=hedge_lost" in reply.headers["x-bellwether-tried"]
    assert reply.headers["x-bellwether-tried"].endswith(";hedged")
    (loser,), (winner,) = upstream.ended(model), second.ended(model)
    assert winner.at - began >= AFTER_MS / 1000 * SLOWNESS
    assert loser.bytes_sent == 0
    assert loser.disconnected_at - winner.finished_at < 0.5 * SLOWNESS
    prompt = prompt_bound(body_of(model, stream=stream))
    wait_until_counted(hedged, used + 22 + prompt + MAX_TOKENS)
    assert row(hedged, model) == ("two", 20 + prompt, 2 + MAX_TOKENS, 200), "the sum of both"


@both_forms
def test_a_first_that_comes_late_may_still_win(hedged: Host, upstream: Simulator,
                                               second: Simulator, stream: bool) -> None:
    """Whose content comes first is what counts, and not who was asked last."""
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat(["the ", "first"])), prefix="hedged")
    second.script(model, NEVER)
    with hedged.connect() as connection:
        send(connection, body_of(model, stream=stream))
        second.journal.wait(model, lambda requests: len(requests) == 1)
        gate.open()
        reply = connection.read_reply()
        assert said(reply, stream) == "the first"
    assert reply.headers["x-bellwether-provider"] == "one"
    assert second.ended(model)[0].disconnected_at is not None
    assert row(hedged, model)[0] == "one"


@both_forms
def test_a_first_that_is_soon_enough_is_alone(hedged: Host, upstream: Simulator,
                                              second: Simulator, stream: bool) -> None:
    """Nobody else is asked later either, though the stream lasts longer than the hedge waits; and
    what was held for the second is given back."""
    soon = timing.slow(0.06 * SLOWNESS, ["the ", "first"]) if stream else answers.chat(
        ["the ", "first"], used=qwen.usage(20, 2))
    model = upstream.serve(soon, prefix="hedged")
    used, _ = counted(hedged)
    reply = ask(hedged, model, stream=stream)
    assert reply.headers["x-bellwether-attempts"] == "1"
    assert said(reply, stream) == "the first"
    time.sleep(AFTER_MS / 1000 * SLOWNESS)
    assert second.requests(model) == []
    provider, prompt, completion, _ = row(hedged, model)
    assert provider == "one"
    assert counted(hedged) == (used + prompt + completion, 0)


def test_a_first_that_fails_leaves_it_to_the_second(hedged: Host, upstream: Simulator,
                                                    second: Simulator) -> None:
    """While both run: the other one goes on, and nobody is asked a third time."""
    first, then = Gate(upstream), Gate(second)
    model = upstream.serve(first.behind(faults.error(errors.OVERLOADED)), prefix="hedged")
    second.script(model, then.behind(GOOD))
    with hedged.connect() as connection:
        send(connection, body_of(model))
        second.journal.wait(model, lambda requests: len(requests) == 1)
        first.open()
        upstream.ended(model)
        then.open()
        reply = connection.read_reply()
        assert said(reply, stream=False) == "the second"
    assert reply.headers["x-bellwether-attempts"] == "2"
    assert len(upstream.requests(model)) == len(second.requests(model)) == 1
    assert row(hedged, model) == ("two", 20, 2, 200)


def test_a_budget_with_room_for_one_is_not_hedged(hedged: Host, upstream: Simulator,
                                                  second: Simulator) -> None:
    """The call is served all the same."""
    slow = timing.late(3 * AFTER_MS / 1000 * SLOWNESS, answers.chat(["alone"],
                                                                    used=qwen.usage(20, 1)))
    model = upstream.serve(slow, prefix="narrow")
    prompt = "word " * 150
    held_for_one = prompt_bound(body_of(model, prompt)) + MAX_TOKENS
    assert held_for_one <= ROOM < 2 * held_for_one
    reply = ask(hedged, model, prompt)
    assert said(reply, stream=False) == "alone"
    assert reply.headers["x-bellwether-attempts"] == "1"
    assert second.requests(model) == []
    wait_until_counted(hedged, 21, name="narrow")


def test_hedges_are_of_the_retry_budget(start_host: StartHost, upstream: Simulator,
                                        second: Simulator, authority: Authority) -> None:
    """An upstream that is slow with every call does not get twice as many."""
    host = start_host(
        server(retry="budget_percent = 0\nbudget_floor = 0")
        + provider("one", upstream, authority, first_byte=15000)
        + provider("two", second, authority, first_byte=15000)
        + route("hedged-*", '["one", "two"]') + f'hedge = "{milliseconds(20)}"\n')
    model = upstream.serve(timing.late(0.15 * SLOWNESS, answers.chat(["alone"])), prefix="hedged")
    assert said(host.chat(model), stream=False) == "alone"
    assert second.requests(model) == []


def test_a_percentile_is_of_what_was_measured(hedged: Host, upstream: Simulator,
                                              second: Simulator) -> None:
    """Without twenty answers there is none, and no hedge; with them the slow one is hedged."""
    model = upstream.serve(answers.chat(["the ", "first"]), prefix="learned")
    second.script(model, GOOD)
    with upstream.playing(model, timing.late(0.3, answers.chat(["alone"]))):
        assert said(hedged.chat(model), stream=False) == "alone"
    assert second.requests(model) == []
    upstream.script(model, timing.late(0.02, answers.chat(["the ", "first"])))
    for _ in range(25):
        hedged.chat(model).body()
    before = len(second.requests(model))
    upstream.script(model, NEVER)
    assert said(hedged.chat(model), stream=False) == "the second"
    assert len(second.requests(model)) == before + 1

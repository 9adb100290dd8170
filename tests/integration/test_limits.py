"""Limits: how fast and how many at once; refused or kept in line, fairly, and for no longer than
the client waits."""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from integration.client_keys import new_key
from integration.conftest import StartHost, provider, route, server
from integration.counting import (
    MAX_TOKENS, answers_within, ask, body_of, budget, limit, prompt_bound, rules_config, send)
from integration.fake_clock import FakeClock, needs_fake_clock
from integration.host import SLOWNESS, Host, wait_for
from integration.http_client import Connection, content_of
from integration.metrics_page import scrape
from upstream import errors, qwen
from upstream.puppet import Puppet
from upstream.scenarios import answers, faults
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority

RATE_HEADERS = [f"x-ratelimit-{what}-{unit}" for what in ("limit", "remaining", "reset")
                for unit in ("requests", "tokens")]


# ---- refused ------------------------------------------------------------------------------------


def test_a_refusal_says_when_to_come_back(start_host: StartHost, upstream: Simulator,
                                          authority: Authority) -> None:
    host = start_host(rules_config(
        limit(requests='"2/min"', tokens='"100k/min"', each='"user"'), upstream, authority))
    model = upstream.serve(answers.chat())
    served = [ask(host, model, user="ann") for _ in range(2)]
    assert [reply.headers["x-ratelimit-remaining-requests"] for reply in served] == ["1", "0"]
    refused = ask(host, model, user="ann")
    assert refused.status == 429
    for header in RATE_HEADERS:
        assert header in refused.headers, header
    assert refused.headers["x-ratelimit-limit-requests"] == "2"
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused.headers["x-ratelimit-limit-tokens"] == "100000"
    assert re.fullmatch(r"(\d+h)?(\d+m)?[\d.]+(s|ms)", refused.headers["x-ratelimit-reset-requests"])
    wait_ms = int(refused.headers["retry-after-ms"])
    assert 20_000 < wait_ms <= 30_000
    assert int(refused.headers["retry-after"]) == -(-wait_ms // 1000)
    assert "x-should-retry" not in refused.headers
    error = refused.error()
    assert error["code"] == "rate_limit_exceeded"
    assert '"fair" of "ann"' in error["message"] and "try again in" in error["message"]
    assert len(upstream.requests(model)) == 2
    assert ask(host, model, user="bob").status == 200


def test_what_is_larger_than_the_burst_is_not_worth_a_retry(
        start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    """Also where calls wait, and also if others do: it would never get through."""
    host = start_host(rules_config(
        limit(tokens='"200/min"', on_limit='"queue:60s"'), upstream, authority, workers=1))
    model = upstream.serve(answers.chat(used=qwen.usage(150, 50)))
    ask(host, model).body()
    with host.connect() as waiting:
        send(waiting, body_of(model))
        refused = ask(host, model, max_tokens=1000)
        assert refused.status == 429
        assert refused.headers["x-should-retry"] == "false"
        assert "retry-after" not in refused.headers
        assert "too large" in refused.error()["message"]


def test_tokens_are_corrected_to_what_was_used(start_host: StartHost, upstream: Simulator,
                                               authority: Authority) -> None:
    """The hold takes what the call may use; at its end the difference comes back."""
    host = start_host(rules_config(limit(tokens='"10k/day"'), upstream, authority))
    model = upstream.serve(answers.chat(used=qwen.usage(7, 3)))
    first = ask(host, model, max_tokens=5000)
    held = prompt_bound(body_of(model, max_tokens=5000)) + 5000
    assert int(first.headers["x-ratelimit-remaining-tokens"]) == 10_000 - held
    first.body()
    held = prompt_bound(body_of(model)) + MAX_TOKENS

    def settled() -> bool:
        probe = ask(host, model)
        probe.body()
        return int(probe.headers["x-ratelimit-remaining-tokens"]) > 9_000 - held

    wait_for(settled, "the difference came back")


# ---- in line ------------------------------------------------------------------------------------


def test_those_in_line_are_served_at_the_rate(start_host: StartHost, upstream: Simulator,
                                              authority: Authority) -> None:
    """Ten calls at once, of which one fits each tenth of a second: all are served, one by one."""
    host = start_host(rules_config(
        limit(requests='"10/s"', burst_requests="1", on_limit='"queue:30s"'), upstream, authority))
    model = upstream.serve(answers.chat())

    def call(_: int) -> int:
        reply = ask(host, model)
        reply.body()
        return reply.status

    with ThreadPoolExecutor(10) as threads:
        assert list(threads.map(call, range(10))) == [200] * 10
    arrived = [request.at for request in upstream.requests(model)]
    took = arrived[-1] - arrived[0]
    print(f"the last of ten came {took:.3f} s after the first")
    assert 0.85 < took < 3 * SLOWNESS


@pytest.mark.parametrize("with_keys", [False, True], ids=["users", "keys"])
def test_a_greedy_one_delays_itself(start_host: StartHost, upstream: Simulator,
                                    authority: Authority, with_keys: bool) -> None:
    """Twenty calls of one stand in line before the three of another come: they take turns. One who
    has a key gets no more turns by naming many users."""
    keys = {name: new_key(name) for name in ("greedy", "modest")} if with_keys else {}
    host = start_host(rules_config(
        limit(requests='"40/s"', burst_requests="1", on_limit='"queue:30s"'),
        upstream, authority, workers=1) + "".join(key.toml for key in keys.values()))
    model = upstream.serve(answers.chat())
    names = ["greedy"] * 20 + ["modest"] * 3
    connections = [host.connect() for _ in names]
    for number, (connection, name) in enumerate(zip(connections, names)):
        user = f"{name} {number}" if with_keys else name
        send(connection, body_of(model, user=user), keys[name].bearer if with_keys else {})
    assert all(connection.read_reply().status == 200 for connection in connections)
    order = [request.json["user"].split()[0] for request in upstream.requests(model)]
    for connection in connections:
        connection.close()
    last = max(place for place, name in enumerate(order) if name == "modest")
    assert last <= 12, order


@pytest.mark.parametrize("with_keys", [False, True], ids=["users", "keys"])
def test_those_in_line_take_turns_one_by_one(start_host: StartHost, upstream: Simulator,
                                             authority: Authority, with_keys: bool) -> None:
    """One runs. When all the others stand in line it ends, and so do they, each after the other:
    first one of the greedy who came first, then the modest one in between as long as it has any."""
    keys = {name: new_key(name) for name in ("greedy", "modest")} if with_keys else {}
    host = start_host(rules_config(limit(concurrent="1", on_limit='"queue:30s"'), upstream,
                                   authority, workers=1) + "".join(
                                       key.toml for key in keys.values()))
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat()), answers.chat())
    connections: list[Connection] = []

    def join(name: str, count: int) -> None:
        for number in range(count):
            connections.append(host.connect())
            user = f"{name} {number}" if with_keys else name
            send(connections[-1], body_of(model, user=user),
                 keys[name].bearer if with_keys else {})
        wait_for(lambda: scrape(host).sum("bellwether_requests_active") == len(connections),
                 f"all calls of the {name} are there")

    join("greedy", 1)
    upstream.journal.wait(model, lambda entries: len(entries) == 1)
    join("greedy", 20)
    join("modest", 3)
    gate.open()
    assert all(connection.read_reply().status == 200 for connection in connections)
    order = [request.json["user"].split()[0] for request in upstream.requests(model)]
    for connection in connections:
        connection.close()
    assert order == ["greedy"] + ["greedy", "modest"] * 3 + ["greedy"] * 17


@pytest.fixture
def one_at_a_time(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    return start_host(rules_config(
        limit(concurrent="1", on_limit='"queue:60s"', queue_length="1"),
        upstream, authority, workers=1))


def test_a_line_has_an_end_and_whoever_leaves_it_makes_room(
        one_at_a_time: Host, upstream: Simulator) -> None:
    """One runs, one waits, the third is refused. The one who waits hangs up: its place is free at
    once, and the upstream never hears of it."""
    puppet = Puppet(upstream)
    gone, next_one = (upstream.serve(answers.chat()) for _ in range(2))
    with one_at_a_time.connect() as running, one_at_a_time.connect() as waiting:
        send(running, body_of(puppet.model, stream=True))
        puppet.begin()
        send(waiting, body_of(gone))
        assert not answers_within(waiting, 0.3)
        refused = ask(one_at_a_time, gone)
        assert refused.status == 429 and int(refused.headers["retry-after-ms"]) > 0
        assert refused.error()["code"] == "too_many_requests"
        waiting.close()

        def comes_in() -> Connection | None:
            connection = one_at_a_time.connect()
            send(connection, body_of(next_one))
            if not answers_within(connection, 0.5):
                return connection
            connection.close()
            return None

        with wait_for(comes_in, "a place in the line") as follower:
            puppet.finish()
            running.read_reply().chunks()
            assert follower.read_reply().status == 200
    assert not upstream.requests(gone)


def test_a_full_line_at_a_rate_says_when_to_come_back(start_host: StartHost, upstream: Simulator,
                                                      authority: Authority) -> None:
    host = start_host(rules_config(
        limit(requests='"1/min"', on_limit='"queue:60s"', queue_length="1"),
        upstream, authority, workers=1))
    model = upstream.serve(answers.chat())
    ask(host, model).body()
    with host.connect() as waiting:
        send(waiting, body_of(model))
        assert not answers_within(waiting, 0.3)
        refused = ask(host, model)
        assert refused.status == 429
        assert int(refused.headers["retry-after-ms"]) >= 30_000
        assert refused.headers["x-ratelimit-limit-requests"] == "1"
        assert refused.headers["x-ratelimit-remaining-requests"] == "0"
        assert "0ms" not in refused.error()["message"]


def test_nobody_waits_longer_than_the_rule_says(start_host: StartHost, upstream: Simulator,
                                                authority: Authority) -> None:
    host = start_host(rules_config(
        limit(requests='"1/min"', on_limit='"queue:300ms"'), upstream, authority, workers=1))
    model = upstream.serve(answers.chat())
    ask(host, model).body()
    began = time.monotonic()
    refused = ask(host, model)
    assert refused.status == 429
    assert 0.3 <= time.monotonic() - began < 5 * SLOWNESS
    assert int(refused.headers["retry-after-ms"]) > 0
    refused.error()


# ---- how many at once ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def single(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """One call at once for each user, and no line."""
    return start_host(rules_config(limit(concurrent="1", each='"user"'), upstream, authority))


def served_again(host: Host, user: str) -> bool:
    reply = ask(host, "qwen-max", user=user)
    reply.body()
    return reply.status == 200


def test_a_place_is_free_again_at_the_end(single: Host, upstream: Simulator) -> None:
    puppet = Puppet(upstream)
    with single.connect() as connection:
        send(connection, body_of(puppet.model, stream=True, user="end"))
        puppet.begin()
        refused = ask(single, "qwen-max", user="end")
        assert refused.status == 429
        assert refused.error()["code"] == "too_many_requests"
        assert "retry-after-ms" in refused.headers
        assert served_again(single, "another")
        puppet.finish()
        connection.read_reply().chunks()
    wait_for(lambda: served_again(single, "end"), "the place is free")


def test_a_place_is_free_again_when_the_client_hangs_up(single: Host, upstream: Simulator) -> None:
    puppet = Puppet(upstream)
    with single.connect() as connection:
        send(connection, body_of(puppet.model, stream=True, user="gone"))
        puppet.begin()
        assert not served_again(single, "gone")
    wait_for(lambda: served_again(single, "gone"), "the place is free")
    upstream.ended(puppet.model)


@pytest.mark.parametrize("stream", [False, True])
def test_a_place_is_free_again_after_an_error(single: Host, upstream: Simulator,
                                              stream: bool) -> None:
    for scenario in (faults.error(errors.INTERNAL), faults.cut(["some"]), faults.hang_up()):
        ask(single, upstream.serve(scenario), user="failed", stream=stream).body()
        wait_for(lambda: served_again(single, "failed"), "the place is free")


def two_providers(upstream: Simulator, second: Simulator, authority: Authority) -> str:
    first = provider("first", upstream, authority, first_byte=15000, idle=15000, total=20000)
    return (server() + first.replace("plugin =", "max_concurrent = 1\nplugin =")
            + provider("second", second, authority)
            + route("qwen-*", '["first", "second"]') + route("only-*", '"first"')
            + '\n[ledger]\nurl = "memory:"\n' + budget(10 ** 9))


def test_a_full_provider_leaves_the_call_to_the_next(start_host: StartHost, upstream: Simulator,
                                                     second: Simulator,
                                                     authority: Authority) -> None:
    """And a call that only the full one could take waits until it has a place."""
    host = start_host(two_providers(upstream, second, authority))
    puppet = Puppet(upstream)
    alone = upstream.serve(answers.chat(), prefix="only")
    with host.connect() as running, host.connect() as waiting:
        send(running, body_of(puppet.model, stream=True))
        puppet.begin()
        reply = ask(host, "qwen-max")
        assert reply.status == 200 and reply.headers["x-bellwether-provider"] == "second"
        reply.body()
        send(waiting, body_of(alone))
        assert not answers_within(waiting, 0.3)
        puppet.finish()
        assert content_of(running.read_reply().chunks()) == ""
        reply = waiting.read_reply()
        assert reply.status == 200 and reply.headers["x-bellwether-provider"] == "first"


# ---- when the clock is set ----------------------------------------------------------------------


def wait_for_turn(start_host: StartHost, folder: Path, ledger: str, rate: str,
                  jump: timedelta) -> float:
    """How long a call waits for a rate if, once it stands in line, the clock of the day jumps."""
    clock = FakeClock(folder)
    now = datetime.now(timezone.utc)
    clock.set(now)
    host = start_host(
        server() + '[providers.echo]\n' + route("echo", '"echo"')
        + f'[ledger]\nurl = "{ledger}"\n'
        + limit(requests=f'"{rate}"', burst_requests="1", on_limit='"queue:60s"'),
        env=clock.environment)
    assert host.chat("echo").json()
    with host.connect() as connection:
        send(connection, body_of("echo"))
        began = time.monotonic()
        connection.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.socket.recv(1, socket.MSG_PEEK)  # it stands in line
        connection.socket.settimeout(60)
        clock.set(now + jump)
        assert connection.read_reply().json()
    return time.monotonic() - began


@needs_fake_clock
@pytest.mark.parametrize("ledger", ["memory:", "sqlite:ledger.db"])
def test_who_waits_is_looked_at_anew_when_the_clock_is_put_on(start_host: StartHost, tmp_path: Path,
                                                              ledger: str) -> None:
    """By the new time there has long been room."""
    assert wait_for_turn(start_host, tmp_path, ledger, "1/h", timedelta(hours=2)) < 5


@needs_fake_clock
@pytest.mark.parametrize("ledger", ["memory:", "sqlite:ledger.db"])
def test_who_waits_does_not_begin_anew_when_the_clock_is_put_back(
        start_host: StartHost, tmp_path: Path, ledger: str) -> None:
    """The rate goes on from where it was: 6 s from one call to the next, and not 12."""
    assert 5 < wait_for_turn(start_host, tmp_path, ledger, "10/min", timedelta(days=-1)) < 9

"""Several hosts share budgets and limits through one Redis: together they spend what there is, and
nothing that was served is forgotten, whoever is killed."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from integration.conftest import StartHost
from integration.counting import (
    MAX_TOKENS, body_of, budget, limit, prompt_bound, rules_config, wait_until_counted)
from integration.host import SLOWNESS, Host, wait_for
from integration.http_client import Truncated
from integration.metrics_page import scrape
from integration.redis_server import Redis
from upstream import qwen
from upstream.journal import Received
from upstream.scenarios import answers
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority

HOSTS = 4
CALLS, USERS, FITS = 500, 20, 137
WORDS = ["word "] * 10


class Calls:
    """500 streams of 20 users, for one budget: it has room for 137, and for a bit less than one
    more. Each is sent by a thread of its own; one that could not be counted is sent again when the
    ledger is back."""

    def __init__(self, upstream: Simulator) -> None:
        self._upstream = upstream
        self._threads = ThreadPoolExecutor(CALLS)
        self._back = threading.Event()
        self.model = upstream.serve(answers.chat())
        self.bodies = [body_of(self.model, user=f"user-{number % USERS:02}", stream=True)
                       for number in range(CALLS)]
        self.bound = prompt_bound(self.bodies[0])
        self.each = self.bound + MAX_TOKENS
        self.budget = budget(FITS * self.each + self.each - 1)
        self._sent: list[Future[int]] = []
        self._asked: list[bytes] = []
        self.answers: list[int] = []  # statuses; 0: its host was lost

    def __enter__(self) -> "Calls":
        return self

    def __exit__(self, *_: object) -> None:
        self._back.set()
        self._threads.shutdown()
        for call in self._sent:
            call.result()

    def send(self, numbers: range, hosts: list[Host]) -> list[Future[int]]:
        """Shared out among the hosts."""
        sent = [self._threads.submit(self._call, hosts[number % len(hosts)], self.bodies[number])
                for number in numbers]
        self._sent += sent
        return sent

    def send_again(self) -> None:
        self._back.set()

    def arrived(self) -> list[Received]:
        return self._upstream.requests(self.model)

    def wait_until_arrived(self, count: int) -> None:
        """And began to be answered."""
        self._upstream.journal.wait(
            self.model, lambda entries: sum(entry.chunks_sent > 0 for entry in entries) >= count,
            seconds=10 * SLOWNESS)

    def wait_until_asked(self, count: int) -> None:
        """So many are on their way, others not yet."""
        wait_for(lambda: len(self._asked) >= count, f"{count} calls are on their way")

    def wait_until_decided(self) -> None:
        """Each one is refused, or at the upstream."""
        wait_for(lambda: len(self.arrived()) + self.answers.count(429) == CALLS,
                 f"all {CALLS} are decided", seconds=15)

    def _call(self, host: Host, body: bytes) -> int:
        while (status := self.ask(host, body)) == 503:
            self._back.wait()
        return status

    def ask(self, host: Host, body: bytes) -> int:
        """Once; what became of it."""
        status = 0
        try:
            with host.connect() as connection:
                self._asked.append(body)
                reply = connection.post("/v1/chat/completions", body)
                if reply.status == 200:
                    assert reply.chunks()
                else:
                    expected = {429: "budget_exceeded", 503: "ledger_unavailable"}
                    assert reply.error()["code"] == expected[reply.status]
                status = reply.status
        except (OSError, Truncated):
            host.process.wait(10)  # only a dead one breaks off
        self.answers.append(status)
        return status


def finds_redis(host: Host, model: str) -> bool:
    """What does not fit is refused, once somebody can tell."""
    return host.post("/v1/chat/completions", body_of(model, max_tokens=1_000_000)).status == 429


def test_a_redis_killed_under_load_loses_nothing(start_host: StartHost, upstream: Simulator,
                                                 authority: Authority, redis: Redis) -> None:
    """Not what was held: no more are served than fit. Not what was used: streams end while it is
    away. Not what was asked for in vain: that is free again. The ledger has what the upstream has."""
    early, late, first = Gate(upstream), Gate(upstream), 60
    with Calls(upstream) as calls:
        used = qwen.usage(calls.bound, MAX_TOKENS)
        upstream.script(calls.model, *[early.within(WORDS, used)] * first, late.within(WORDS, used))
        # One worker each: a worker has a connection to Redis of its own, and each has to find it again.
        config = rules_config(calls.budget, upstream, authority, redis.url, workers=1)
        hosts = [start_host(config) for _ in range(HOSTS)]
        begun = calls.send(range(first), hosts)
        calls.wait_until_arrived(first)
        calls.send(range(first, 280), hosts)
        calls.wait_until_asked(first + 60)
        redis.kill()
        calls.send(range(280, CALLS), hosts)
        early.open()
        assert [call.result() for call in begun] == [200] * first
        wait_for(lambda: calls.answers.count(503) >= CALLS - 280, "all that came late are refused")
        redis.start()
        wait_for(lambda: all(finds_redis(host, calls.model) for host in hosts),
                 "every host has found Redis again")
        calls.send_again()
        calls.wait_until_decided()
        late.open()
    served = calls.answers.count(200)
    print(f"{served} of {FITS} served, {calls.answers.count(503)} times the ledger was away")
    assert len(upstream.ended(calls.model, served)) == served <= FITS
    wait_until_counted(hosts[0], served * calls.each)
    more = 0
    while calls.ask(hosts[more % HOSTS], calls.bodies[0]) == 200:
        more += 1
    assert len(upstream.ended(calls.model, FITS)) == served + more == FITS
    wait_until_counted(hosts[-1], FITS * calls.each)


def test_a_killed_hosts_calls_are_counted_at_what_was_held(
        start_host: StartHost, upstream: Simulator, authority: Authority, redis: Redis,
        tmp_path: Path) -> None:
    """Until its lease has run out what they hold is not given to others, who ask for it under load;
    then the others settle them. The ledger has the upstream's figure of the streams that ended, and
    the estimate of those that were cut."""
    gate, first = Gate(upstream), 80
    with Calls(upstream) as calls:
        upstream.script(calls.model, gate.within(WORDS, qwen.usage(7, 3)))
        config = rules_config(calls.budget, upstream, authority, redis.url, workers=1)
        dying, *living = [Host(config, tmp_path / "dying"),
                          *(start_host(config) for _ in range(HOSTS - 1))]
        calls.send(range(first), [dying, *living])
        calls.wait_until_arrived(first)
        calls.send(range(first, 290), living)
        calls.wait_until_asked(first + 60)
        dying.process.kill()
        dying.process.wait()
        calls.send(range(290, CALLS), living)
        calls.wait_until_decided()
        gate.open()
    cut = first // HOSTS
    assert (calls.answers.count(0), calls.answers.count(200)) == (cut, FITS - cut)
    ended = upstream.ended(calls.model, FITS)
    assert len(ended) == FITS
    assert sum(entry.finished_at is None for entry in ended) == cut
    wait_until_counted(living[0], (FITS - cut) * 10, held=cut * calls.each)
    wait_until_counted(living[0], (FITS - cut) * 10 + cut * calls.each, seconds=40)


@pytest.mark.parametrize("way", ["flushed", "restarted without its data"])
def test_a_redis_that_has_lost_everything_is_told_of_and_goes_on(
        start_host: StartHost, upstream: Simulator, authority: Authority, redis: Redis,
        way: str) -> None:
    """Every host says so and counts it. What it had counted is gone; what was in flight is held
    anew and counted in the end."""
    gate = Gate(upstream)
    model = upstream.serve(answers.chat())
    upstream.script(model, answers.chat(used=qwen.usage(100, 20)),
                    gate.within(WORDS, qwen.usage(7, 3)))
    body = body_of(model, stream=True)
    each = prompt_bound(body) + MAX_TOKENS
    config = rules_config(budget(10 * each), upstream, authority, redis.url, workers=1)
    hosts = [start_host(config) for _ in range(2)]
    hosts[0].post("/v1/chat/completions", body).chunks()
    wait_until_counted(hosts[0], 120)
    with hosts[0].connect() as connection:
        stream = connection.post("/v1/chat/completions", body)
        wait_until_counted(hosts[1], 120, held=each)
        if way == "flushed":
            redis.command("FLUSHALL")
        else:
            redis.forget()
        for host in hosts:
            wait_for(lambda host=host: scrape(host).sum("bellwether_ledger_losses_total") == 1,
                     "it is noticed without a call", seconds=10)
            wait_for(lambda host=host: host.log().count("has lost what it had") == 1, "and told")
            assert scrape(host).sum("bellwether_ledger_available") == 1
        wait_until_counted(hosts[1], 0, held=each)
        gate.open()
        assert stream.chunks()
    wait_until_counted(hosts[1], 10)
    wait_for(lambda: hosts[1].post("/v1/chat/completions", body).status == 200, "and it goes on")


def test_a_redis_that_became_a_replica_is_looked_for_anew(
        start_host: StartHost, upstream: Simulator, authority: Authority, redis: Redis) -> None:
    """It answers, and takes no writes: a ledger that is away, told once, until it is the one to ask."""
    model = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    body = body_of(model)
    host = start_host(rules_config(budget(1_000_000), upstream, authority, redis.url, workers=1))
    host.post("/v1/chat/completions", body).body()
    wait_until_counted(host, 120)
    redis.command("REPLICAOF", "127.0.0.1", "1")
    for _ in range(20):
        assert host.post("/v1/chat/completions", body).status == 503
    wait_for(lambda: scrape(host).sum("bellwether_ledger_available") == 0, "it is noticed", seconds=3)
    assert host.log().count("READONLY") <= 3, host.log()
    redis.command("REPLICAOF", "NO", "ONE")
    wait_for(lambda: host.post("/v1/chat/completions", body).status == 200, "it is found again")
    wait_until_counted(host, 240)
    assert scrape(host).sum("bellwether_ledger_losses_total") == 0


def test_four_hosts_share_one_rate(start_host: StartHost, upstream: Simulator,
                                   authority: Authority, redis: Redis) -> None:
    """At once: the burst, and no more."""
    model = upstream.serve(answers.chat(["word "]))
    config = rules_config(limit(requests='"20/hour"'), upstream, authority, redis.url, workers=1)
    hosts = [start_host(config) for _ in range(HOSTS)]
    body = body_of(model)
    with ThreadPoolExecutor(40) as threads:
        statuses = list(threads.map(
            lambda number: hosts[number % HOSTS].post("/v1/chat/completions", body).status,
            range(40)))
    assert (statuses.count(200), statuses.count(429)) == (20, 20)

"""Several hosts share budgets and limits through one Redis: together they spend what there is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from integration.conftest import StartHost
from integration.counting import (MAX_TOKENS, body_of, budget, limit, prompt_bound, rules_config,
                                  wait_until_left)
from integration.host import Host, wait_for
from integration.redis_server import Redis
from upstream import qwen
from upstream.scenarios import answers, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

HOSTS = 4


def call_all(hosts: list[Host], bodies: list[bytes]) -> list[int]:
    """All of them at once, shared out among the hosts; the status of each, 0 for a lost one."""
    together = threading.Barrier(len(bodies))

    def call(numbered: tuple[int, bytes]) -> int:
        number, body = numbered
        with hosts[number % len(hosts)].connect() as connection:
            together.wait()
            try:
                reply = connection.post("/v1/chat/completions", body)
                reply.chunks() if reply.status == 200 else reply.body()
                return reply.status
            except OSError:
                return 0

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(call, enumerate(bodies)))


def test_four_hosts_serve_exactly_what_fits(start_host: StartHost, upstream: Simulator,
                                            authority: Authority, redis: Redis) -> None:
    """And Redis may be killed and come back from its file in between."""
    fits = 37
    model = upstream.serve(lambda exchange: scenario(exchange))
    bodies = [body_of(model, user=f"user-{n % 20:02}", stream=True) for n in range(60)]
    bound = prompt_bound(bodies[0])
    scenario = answers.chat(["word "] * 10, used=qwen.usage(bound, MAX_TOKENS))
    each = bound + MAX_TOKENS
    # One worker each: a worker has a connection to Redis of its own, and each has to find it again.
    config = rules_config(budget(2 * fits * each), upstream, authority, redis.url, workers=1)
    hosts = [start_host(config) for _ in range(HOSTS)]
    first = call_all(hosts, bodies)
    assert first.count(200) == len(bodies)
    wait_until_left(hosts[0], model, (2 * fits - len(bodies)) * each)
    redis.kill()
    redis.start()
    wait_for(lambda: all(host.post("/v1/chat/completions", b'{"model":"' + model.encode()
                                   + b'","messages":[],"max_tokens":1000000}').status == 429
                         for host in hosts), "every host has found Redis again")
    second = call_all(hosts, bodies)
    assert (second.count(200), second.count(429)) == (2 * fits - 60, 60 - (2 * fits - 60))
    assert len(upstream.ended(model, 2 * fits)) == 2 * fits
    wait_until_left(hosts[-1], model, 0)


def test_a_killed_hosts_calls_are_counted_at_what_was_held(
        start_host: StartHost, upstream: Simulator, authority: Authority, redis: Redis,
        tmp_path: Path) -> None:
    """The others settle them once its lease has run out."""
    model = upstream.serve(timing.steady(0.05))
    body = body_of(model, stream=True)
    each = prompt_bound(body) + MAX_TOKENS
    config = rules_config(budget(100 * each), upstream, authority, redis.url, workers=1)
    dying, living = Host(config, tmp_path / "dying"), start_host(config)
    streams = [dying.connect() for _ in range(5)]
    for stream in streams:
        events = stream.post("/v1/chat/completions", body).events()
        next(events)
    dying.process.kill()
    dying.process.wait()
    wait_for(lambda: held(living) == 0, "the dead host's holds were settled", seconds=40)
    wait_until_left(living, model, 95 * each)
    for stream in streams:
        stream.close()


def held(host: Host) -> int:
    (everyone,) = host.admin("GET", "/admin/budgets?name=everyone").json()["budgets"]
    return everyone["held"]


def test_four_hosts_share_one_rate(start_host: StartHost, upstream: Simulator,
                                   authority: Authority, redis: Redis) -> None:
    model = upstream.serve(answers.chat(["word "]))
    config = rules_config(limit(requests='"20/hour"'), upstream, authority, redis.url, workers=1)
    hosts = [start_host(config) for _ in range(HOSTS)]
    statuses = call_all(hosts, [body_of(model, stream=True)] * 40)
    assert (statuses.count(200), statuses.count(429)) == (20, 20)

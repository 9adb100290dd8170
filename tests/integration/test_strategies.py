"""Who answers, as a client sees it: by the strategy of the route, and by what the host has learned
of its targets."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from socket import socket
from typing import Iterable

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host, milliseconds, wait_for
from upstream import errors
from upstream.raw import RawUpstream, Reader, answer
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

AT_ONCE = 8
CALLS = 200
FAST, SLOW = (timing.late(seconds * SLOWNESS, answers.chat()) for seconds in (0.02, 0.1))
USERS = [f"user-{number}" for number in range(60)]
ENOUGH = "budget_percent = 100\nbudget_floor = 10000"


def answering(host: Host, model: str, count: int) -> Counter[str]:
    """How many calls of `count` each provider has answered."""
    def call(_: int) -> str:
        reply = host.chat(model)
        assert reply.status == 200, reply.body()
        reply.body()
        return reply.headers["x-bellwether-provider"]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return Counter(threads.map(call, range(count)))


# ---- the faster one ------------------------------------------------------------------------------


def test_the_faster_one_answers(start_host: StartHost, upstream: Simulator, second: Simulator,
                                authority: Authority) -> None:
    """20 against 100 ms, from the first call on; and when that turns, the other one. Nobody has to
    fail for that: one call in 32 goes to the slower one, and sees that it is slow no longer."""
    host = start_host(
        server() + provider("one", upstream, authority, first_byte=5000)
        + provider("two", second, authority, first_byte=5000)
        + route("qwen-*", '["one", "two"]') + 'strategy = "least_latency"\n')
    model = upstream.serve(SLOW)
    second.script(model, FAST)
    assert answering(host, model, CALLS)["two"] >= 0.9 * CALLS

    upstream.script(model, FAST)
    second.script(model, SLOW)
    batches = (answering(host, model, 32) for _ in range(20))  # by chance more than one is needed
    assert any(batch["one"] >= 24 for batch in batches), "it was never noticed"
    assert answering(host, model, CALLS)["one"] >= 0.9 * CALLS


# ---- the same one --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def third(authority: Authority) -> Iterable[Simulator]:
    with Simulator(authority) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def sticky(start_host: StartHost, upstream: Simulator, second: Simulator, third: Simulator,
           authority: Authority) -> Host:
    """Three targets, and a route for each thing that a call may stick by."""
    by = {"user": '"user"', "header": '"header:x-session-id"', "prompt": '"prompt"'}
    return start_host(
        server(retry=ENOUGH) + provider("one", upstream, authority)
        + provider("two", second, authority) + provider("three", third, authority)
        + "".join(route(f"{name}-*", '["one", "two", "three"]')
                  + f'strategy = "sticky"\nsticky_by = {what}\n' for name, what in by.items()))


def who_answers(host: Host, model: str, by: str) -> dict[str, str]:
    """The provider that answers each user, session or prompt of this name."""
    def call(name: str) -> str:
        headers = {"x-session-id": name} if by == "header" else None
        members = {"user": name} if by == "user" else {}
        reply = host.chat(model, f"I am {name}" if by == "prompt" else "Hello", headers, **members)
        assert reply.status == 200, reply.body()
        reply.body()
        return reply.headers["x-bellwether-provider"]

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(USERS, threads.map(call, USERS)))


@pytest.mark.parametrize("by", ["user", "header", "prompt"])
def test_the_same_one_answers_each_time(sticky: Host, upstream: Simulator, second: Simulator,
                                        third: Simulator, by: str) -> None:
    """Each has its own, and all three have work. One that leaves moves its own share alone, to both
    of the others; and gets it back when it serves again."""
    model = upstream.serve(answers.chat(), prefix=by)
    for simulator in (second, third):
        simulator.script(model, answers.chat())
    at_first = who_answers(sticky, model, by)
    assert who_answers(sticky, model, by) == at_first
    assert set(at_first.values()) == {"one", "two", "three"}

    upstream.script(model, faults.error(errors.OVERLOADED))
    without = who_answers(sticky, model, by)
    moved = {name for name in USERS if at_first[name] == "one"}
    assert {name for name in USERS if without[name] != at_first[name]} == moved
    assert {without[name] for name in moved} == {"two", "three"}

    upstream.script(model, answers.chat())
    assert who_answers(sticky, model, by) == at_first


# ---- not the dead one ----------------------------------------------------------------------------


class Patient(RawUpstream):
    """Closes each connection without an answer until it is well. Counts them at its socket."""

    def __init__(self) -> None:
        super().__init__(None)
        self.is_well = False
        self.asked = threading.Semaphore(0)

    def serve(self, stream: socket, number: int) -> None:
        reader = Reader(stream)
        while True:
            head = reader.take_until(b"\r\n\r\n").lower()
            reader.take(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
            self.asked.release()
            if not self.is_well:
                return
            stream.sendall(answer("I am well"))


FAILURES = 3


def failover(start_host: StartHost, dead: Patient, second: Simulator, authority: Authority,
             first_ms: int) -> Host:
    times = f'first = "{milliseconds(first_ms)}"\nlongest = "{milliseconds(first_ms)}"'
    return start_host(
        server(retry="", health=f"failures = {FAILURES}\n{times}")
        + f'\n[providers.dead]\nplugin = "openai"\nbase_url = "{dead.base_url}"\nrequired = false\n'
        + provider("second", second, authority)
        + route("qwen-*", '["dead", "second"]'))


def test_nobody_calls_on_the_dead(start_host: StartHost, second: Simulator,
                                  authority: Authority) -> None:
    """Once it is out of service, its port is not touched: so it delays no call."""
    with Patient() as dead:
        host = failover(start_host, dead, second, authority, first_ms=60_000)
        model = second.serve(answers.chat())
        for _ in range(FAILURES):
            reply = host.chat(model)
            assert reply.headers["x-bellwether-attempts"] == "2", reply.body()
            reply.body()
        assert dead.connections == FAILURES
        assert answering(host, model, CALLS) == {"second": CALLS}
        assert dead.connections == FAILURES
        reply = host.chat(model)
        assert reply.headers["x-bellwether-attempts"] == "1", reply.body()


def test_one_call_tries_it_and_brings_it_back(start_host: StartHost, second: Simulator,
                                              authority: Authority) -> None:
    """When its time is over, of however many that come at once; they notice nothing of it."""
    out_ms = 400
    with Patient() as dead:
        host = failover(start_host, dead, second, authority, out_ms)
        model = second.serve(timing.late(0.02, answers.chat()))
        assert answering(host, model, FAILURES * AT_ONCE) == {"second": FAILURES * AT_ONCE}
        before = dead.connections
        time.sleep(out_ms / 1000 * SLOWNESS)
        assert answering(host, model, 3 * AT_ONCE) == {"second": 3 * AT_ONCE}
        assert dead.connections == before + 1

        dead.is_well = True
        time.sleep(out_ms / 1000 * SLOWNESS)
        wait_for(lambda: host.chat(model).headers["x-bellwether-provider"] == "dead",
                 "it is tried, and is back")
        assert answering(host, model, AT_ONCE) == {"dead": AT_ONCE}

"""The parrot through the host: an engine that computes on threads of its own and wakes the worker's loop."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from integration.conftest import StartHost, route, server
from integration.host import SLOWNESS, Host
from integration.http_client import Connection, content_of


def config(threads: int = 2, delay_ms: int = 0, **members: str) -> str:
    return (server(**members) + f'[providers.parrot]\nplugin = "parrot"\nthreads = {threads}\ndelay = "{delay_ms}ms"\n'
            'on_limit = "queue:5m"\n'
            + route("parrot", '"parrot"'))


@pytest.fixture(scope="module")
def host(start_host: StartHost) -> Host:
    return start_host(config())


def asked(prompt: str = "The bell", tokens: int = 40, **members: object) -> dict[str, object]:
    return {"model": "parrot", "messages": [{"role": "user", "content": prompt}], "max_tokens": tokens,
            "seed": 7, "ignore_eos": True, **members}


def says(host: Host, request: dict[str, object]) -> str:
    return host.post("/v1/chat/completions", request).json()["choices"][0]["message"]["content"]


def test_a_stream_says_what_the_whole_answer_says(host: Host) -> None:
    chunks = host.post("/v1/chat/completions", asked(stream=True)).chunks()
    assert len(chunks) > 40 / 2, "as it is computed, not at the end"
    assert content_of(chunks) == says(host, asked())


def test_a_seed_decides(host: Host) -> None:
    assert says(host, asked()) == says(host, asked())
    assert says(host, asked()) != says(host, asked(seed=8))


def test_usage_is_exact(host: Host) -> None:
    reply = host.post("/v1/chat/completions", asked(tokens=23)).json()
    assert reply["usage"]["completion_tokens"] == 23
    assert reply["choices"][0]["finish_reason"] == "length"


def test_every_call_of_many_is_woken(host: Host) -> None:
    """More at once than there are threads: nobody waits for a wake-up that was lost."""
    def one(number: int) -> str:
        return says(host, asked(prompt=f"number {number}", seed=number))

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(one, range(80)))
    assert len(set(answers)) > 40


def test_no_more_calls_reach_an_engine_than_it_takes(start_host: StartHost) -> None:
    """Its manifest says 64: of more at once, its queue would be full and refuse them."""
    host = start_host(config(threads=1, delay_ms=10))
    with ThreadPoolExecutor(100) as threads:
        replies = threads.map(lambda _: host.post("/v1/chat/completions", asked(tokens=2)), range(100))
        assert {reply.status for reply in replies} == {200}


@pytest.fixture
def slow(start_host: StartHost) -> Host:
    """One thread, and minutes for a long answer."""
    return start_host(config(threads=1, delay_ms=50, drain='"100ms"'))


def begin_long_answer(host: Host) -> Connection:
    connection = host.connect()
    next(connection.post("/v1/chat/completions", asked(tokens=4000, stream=True)).events())
    return connection


def test_a_client_that_goes_frees_the_thread(slow: Host) -> None:
    for _ in range(3):
        begin_long_answer(slow).close()
    begun = time.monotonic()
    assert says(slow, asked(tokens=2))
    assert time.monotonic() - begun < 10 * SLOWNESS, "each of the calls before would have taken 200 s"


def test_a_stop_does_not_wait_for_an_answer(slow: Host) -> None:
    with begin_long_answer(slow):
        begun = time.monotonic()
        slow.stop()
    assert time.monotonic() - begun < 10 * SLOWNESS

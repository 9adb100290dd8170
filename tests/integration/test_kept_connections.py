"""Connections to upstreams that are kept: nobody gets what came for another, and no call is lost to
a connection's end. What needs no TLS is in tests/unit/net/kept_connection_test.cpp."""

import itertools
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import body_of, budget, rules_config
from integration.host import Host
from upstream.raw import KeepingUpstream, OrderlyUpstream, RawUpstream, answer
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

TLS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def host_of(start_host: StartHost, far: RawUpstream, authority: Authority, *lines: str) -> Host:
    section = provider("p", far, authority, first_byte=5000)
    return start_host(server(workers=1) + section + "\n".join(lines) + route("*", '"p"'))


def ask(host: Host, prompt: str) -> str:
    reply = host.chat("m", prompt)
    body = reply.json()
    return body["choices"][0]["message"]["content"] if reply.status == 200 else str(body)


@pytest.mark.parametrize("version", TLS)
def test_a_kept_tls_connection_is_used_again(start_host: StartHost, authority: Authority,
                                             version: ssl.TLSVersion) -> None:
    """Session tickets come over it, too, and are no reason to give it up."""
    with KeepingUpstream(authority) as far:
        far.speak_at_most(version)
        host = host_of(start_host, far, authority)
        for i in range(20):
            assert ask(host, f"call {i}") == f"call {i}"
        assert far.connections == 1


@pytest.mark.parametrize("version", TLS)
@pytest.mark.parametrize("same_breath", [True, False])
@pytest.mark.parametrize("size", [0, 20_000])
def test_an_answer_that_nobody_asked_for_goes_to_nobody(
        start_host: StartHost, authority: Authority, version: ssl.TLSVersion,
        same_breath: bool, size: int) -> None:
    """Within the last record of an answer that is read to its end and no further, it is out of the
    socket's sight."""
    with KeepingUpstream(authority, answer("of somebody else"), same_breath) as far:
        far.speak_at_most(version)
        host = host_of(start_host, far, authority)
        for i in range(10):
            prompt = f"call {i} {'x' * size}"
            assert ask(host, prompt) == prompt
            assert far.said.acquire(timeout=10)  # so that it is there before the next call


@pytest.mark.parametrize("version", TLS)
def test_no_call_is_lost_to_connections_that_end_in_good_order(
        start_host: StartHost, authority: Authority, version: ssl.TLSVersion) -> None:
    with OrderlyUpstream(authority) as far:
        far.speak_at_most(version)
        host = host_of(start_host, far, authority)
        for i in range(20):
            assert ask(host, f"call {i}") == f"call {i}"
        assert far.heard == [f"call {i}" for i in range(20)]


def test_a_stream_that_is_paused_at_its_first_byte_is_not_cut(
        start_host: StartHost, upstream: Simulator, authority: Authority, tmp_path: Path) -> None:
    """Its answer begins before anything was waited for, and stops until its hold is written: the
    connection looked idle, and the rest of the answer like a surplus. About one in 500 was cut."""
    host = start_host(rules_config(budget(10 ** 12), upstream, authority,
                                   ledger=f"sqlite:{tmp_path}/ledger.db"))
    model = upstream.serve(answers.chat(["word "] * 3))
    body = body_of(model, stream=True)
    calls = itertools.count()

    def stream(_: int) -> None:
        with host.connect() as connection:
            while next(calls) < 4000:
                text = connection.post("/v1/chat/completions", body).body()
                assert b"error" not in text and text.endswith(b"data: [DONE]\n\n"), text

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(stream, range(8)))

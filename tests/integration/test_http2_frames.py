"""HTTP/2 frame by frame: what a well-behaved server may say and libcurl alone does not understand."""

import socket
from typing import Callable

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host
from upstream.raw import (DATA, INTERNAL_ERROR, NO_ERROR, REFUSED_STREAM, FrameUpstream, frame,
                          goaway, part, reset, whole)
from upstream.tls import Authority

LARGE = "x" * 300_000  # beyond the first window: it is not sent unless the upstream reads


@pytest.fixture(params=["plain", "tls"])
def encryption(request: pytest.FixtureRequest, authority: Authority) -> Authority | None:
    return authority if request.param == "tls" else None


def host_of(start_host: StartHost, far: FrameUpstream, authority: Authority) -> Host:
    section = provider("p", far, authority, first_byte=5000, total=8000)
    return start_host(server(workers=1) + section + 'http = "2"\non_limit = "reject"\n'
                      + route("*", '"p"'))


def echo(_: int, stream: int, prompt: str) -> bytes:
    return whole(stream, prompt[:20])


def unless_first(frames: Callable[[int], bytes]) -> Callable[[int, int, str], bytes]:
    """Answers every connection's requests but those of the first."""
    return lambda number, stream, prompt: (frames(stream) if number == 1
                                           else whole(stream, prompt[:20]))


def said(host: Host, prompt: str) -> str:
    reply = host.chat("m", prompt)
    body = reply.json()
    return body["choices"][0]["message"]["content"] if reply.status == 200 else str(body)


def test_a_connection_serves_every_call(start_host: StartHost, authority: Authority,
                                        encryption: Authority | None) -> None:
    with FrameUpstream(echo, encryption) as far:
        host = host_of(start_host, far, authority)
        for i in range(8):
            assert said(host, f"call {i}") == f"call {i}"
        assert said(host, LARGE) == LARGE[:20]
        assert far.connections == 1


@pytest.mark.parametrize("refusal", [lambda stream: goaway(0),
                                     lambda stream: reset(stream, REFUSED_STREAM)],
                         ids=["goaway", "refused_stream"])
@pytest.mark.parametrize("prompt", ["short", LARGE], ids=["short", "large"])
def test_what_was_not_looked_at_is_sent_again(
        start_host: StartHost, authority: Authority, encryption: Authority | None,
        refusal: Callable[[int], bytes], prompt: str) -> None:
    with FrameUpstream(unless_first(refusal), encryption) as far:
        host = host_of(start_host, far, authority)
        assert said(host, prompt) == prompt[:20]
        assert far.connections == 2


def test_an_upstream_that_never_looks_at_a_request_is_given_up(
        start_host: StartHost, authority: Authority, encryption: Authority | None) -> None:
    with FrameUpstream(lambda *_: goaway(0), encryption) as far:
        host = host_of(start_host, far, authority)
        assert host.chat("m", "never").error()["code"] == "upstream_cut"
        assert far.heard == ["never"] * 6


@pytest.mark.parametrize("ending", [lambda stream: reset(stream, INTERNAL_ERROR),
                                    lambda stream: goaway(stream) + reset(stream, INTERNAL_ERROR)],
                         ids=["reset", "goaway_above"])
def test_what_may_have_been_done_is_not_done_twice(
        start_host: StartHost, authority: Authority, encryption: Authority | None,
        ending: Callable[[int], bytes]) -> None:
    with FrameUpstream(unless_first(ending), encryption) as far:
        host = host_of(start_host, far, authority)
        assert host.chat("m", "once").status == 502
        assert far.heard == ["once"]


@pytest.mark.parametrize("ending", [goaway(1), frame(DATA, 0, 1, bytes(1 << 15)), b""],
                         ids=["goaway", "frame_too_large", "nothing"])
def test_an_answer_without_its_end_is_a_cut_one(
        start_host: StartHost, authority: Authority, encryption: Authority | None,
        ending: bytes) -> None:
    """The head and half of the body, and then the connection ends one way or another."""
    class Cutting(FrameUpstream):
        def after_request(self, stream: socket.socket) -> bool:
            return True

    half = part(1, b'{"choices":[')
    with Cutting(lambda *_: half + ending, encryption) as far:
        host = host_of(start_host, far, authority)
        assert host.chat("m", "once").error()["code"] == "upstream_cut"
        assert far.heard == ["once"]


@pytest.mark.parametrize("end", [b"", reset(1, NO_ERROR)], ids=["left_open", "asked_to_stop"])
@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize("prompt", ["short", LARGE], ids=["short", "large"])
def test_an_answer_that_comes_before_the_request_was_read_counts(
        start_host: StartHost, authority: Authority, encryption: Authority | None,
        prompt: str, status: int, end: bytes) -> None:
    """RFC 9113, 8.1: a client must not discard it for the reset that may follow."""
    with FrameUpstream(None, encryption,
                       on_head=lambda stream: whole(stream, "early", status) + end) as far:
        host = host_of(start_host, far, authority)
        reply = host.chat("m", prompt)
        assert reply.status == status, reply.body()
        assert b"early" in reply.body()

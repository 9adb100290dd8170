"""A client whose stream is silent hears that it lives; a client that says how long it waits is not
kept longer."""

import time

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host, milliseconds
from integration.http_client import check_error, content_of
from integration.test_timeouts import assert_prompt
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority


@pytest.fixture(scope="module")
def beating(start_host: StartHost, upstream: Simulator, second: Simulator,
            authority: Authority) -> Host:
    """A comment after 100 ms of silence; a second provider to fall back to."""
    return start_host(
        server(heartbeat=f'"{milliseconds(100)}"')
        + provider("first", upstream, authority, first_byte=4000, idle=4000)
        + provider("other", second, authority, first_byte=4000, idle=4000)
        + route("qwen-*", '["first", "other"]'))


def test_a_stream_that_has_not_begun_is_commented(beating: Host, upstream: Simulator) -> None:
    model = upstream.serve(timing.late(0.5 * SLOWNESS, answers.chat()))
    reply = beating.chat(model, stream=True)
    assert reply.status == 200
    pieces = list(reply.pieces())
    assert pieces[:2] == [b": waiting\n"] * 2
    spoken = [piece for piece in pieces if not piece.startswith(b":")]
    assert spoken[0].startswith(b"data: ") and pieces[-1] == b"data: [DONE]\n\n"


def test_silence_in_mid_stream_is_commented(beating: Host, upstream: Simulator) -> None:
    model = upstream.serve(timing.silent_after(["one "]))
    connection = beating.connect()
    pieces = connection.chat(model, stream=True).pieces()
    seen = [next(pieces) for _ in range(4)]
    assert seen[-1] == b": waiting\n" and seen[0].startswith(b"data: ")
    connection.close()
    assert upstream.ended(model)


def test_a_plain_call_is_not(beating: Host, upstream: Simulator) -> None:
    model = upstream.serve(timing.late(0.3 * SLOWNESS, answers.chat()))
    reply = beating.chat(model)
    assert reply.status == 200 and reply.json()["choices"]


def test_another_target_is_tried_after_a_comment(beating: Host, upstream: Simulator,
                                                 second: Simulator) -> None:
    model = upstream.serve(timing.late(0.3 * SLOWNESS, faults.hang_up()))
    second.script(model, answers.chat())
    assert content_of(beating.chat(model, stream=True).chunks())


@pytest.mark.parametrize("stream", [False, True])
def test_a_deadline_ends_the_call(host: Host, upstream: Simulator, stream: bool) -> None:
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()))
    began = time.monotonic()
    reply = host.chat(model, stream=stream, headers={"x-bellwether-timeout": milliseconds(200)})
    error = reply.error()
    assert (reply.status, error["code"]) == (504, "deadline_exceeded"), error
    assert_prompt(began, 200)
    (request,) = upstream.ended(model)
    assert request.disconnected_at is not None


def test_a_deadline_ends_a_busy_stream(host: Host, upstream: Simulator) -> None:
    model = upstream.serve(timing.steady(0.02))
    reply = host.chat(model, stream=True, headers={"x-bellwether-timeout": milliseconds(300)})
    *chunks, last = reply.chunks()
    assert content_of(chunks).startswith("tick ")
    assert check_error(last)["code"] == "deadline_exceeded"


def test_no_other_target_after_the_deadline(beating: Host, upstream: Simulator,
                                            second: Simulator) -> None:
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()))
    second.script(model, answers.chat())
    reply = beating.chat(model, headers={"x-bellwether-timeout": milliseconds(200)})
    assert reply.error()["code"] == "deadline_exceeded"
    assert second.requests(model) == []


def test_a_deadline_that_is_none(host: Host) -> None:
    reply = host.chat("echo", headers={"x-bellwether-timeout": "30"})
    error = reply.error()
    assert (reply.status, error["code"]) == (400, "invalid_timeout")
    assert "x-bellwether-timeout" in error["message"]

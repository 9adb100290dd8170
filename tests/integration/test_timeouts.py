"""The four time-outs: connecting (in test_faults.py), the first byte, silence, the whole."""

import time

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host
from integration.http_client import Reply, check_error, content_of
from upstream.exchange import Scenario
from upstream.scenarios import answers, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

# Beyond the limit by this much is still prompt, on a machine that has other work.
GRACE_SECONDS = 0.5 * SLOWNESS


@pytest.fixture(scope="module")
def limits(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """Two instances of one plugin: `qwen-*` may take long and not be silent; `hasty-*` has little
    time in all."""
    return start_host(
        server() + provider("holysheep", upstream, authority)
        + provider("hasty", upstream, authority, first_byte=4000, idle=4000, total=300,
                   stream_total=400)
        + route("qwen-*", '"holysheep"') + route("hasty-*", '"hasty"'))


def assert_prompt(began: float, limit_milliseconds: int) -> None:
    took = time.monotonic() - began
    limit = limit_milliseconds / 1000 * SLOWNESS
    assert limit * 0.95 <= took <= limit + GRACE_SECONDS, f"{took:.3f} s, limit {limit} s"


def assert_timed_out(reply: Reply, code: str) -> None:
    error = reply.error()
    assert (reply.status, error["code"]) == (504, code), error


FIRST_BYTE: dict[str, Scenario] = {
    "no head": timing.late(timing.FOREVER, answers.chat()),
    "no body": timing.head_then_silence(),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("scenario", FIRST_BYTE.values(), ids=FIRST_BYTE.keys())
def test_no_first_byte(limits: Host, upstream: Simulator, scenario: Scenario,
                       stream: bool) -> None:
    """An upstream that takes a request and does not begin is given up, its connection closed."""
    model = upstream.serve(scenario)
    began = time.monotonic()
    assert_timed_out(limits.chat(model, stream=stream), "first_byte_timeout")
    assert_prompt(began, 500)
    (request,) = upstream.ended(model)
    assert request.disconnected_at is not None


def test_a_part_of_an_event_is_no_first_byte(limits: Host, upstream: Simulator) -> None:
    """Bytes that trickle in and never become an event: nothing has been said."""
    model = upstream.serve(timing.trickled([], 0.02))
    began = time.monotonic()
    assert_timed_out(limits.chat(model, stream=True), "first_byte_timeout")
    assert_prompt(began, 500)


def test_comments_are_no_first_byte(limits: Host, upstream: Simulator) -> None:
    """A queue that says `: keep-alive` for ever has not begun to answer."""
    model = upstream.serve(timing.comments_after([]))
    began = time.monotonic()
    assert_timed_out(limits.chat(model, stream=True), "first_byte_timeout")
    assert_prompt(began, 500)


SILENT: dict[str, Scenario] = {
    "silence": timing.silent_after(["one ", "two"]),
    "comments": timing.comments_after(["one ", "two"]),
    "an event that never ends": timing.trickled(["one ", "two"], 0.02),
}


@pytest.mark.parametrize("scenario", SILENT.values(), ids=SILENT.keys())
def test_silence_in_mid_stream(limits: Host, upstream: Simulator, scenario: Scenario) -> None:
    """The limit is on the silence between chunks; comments are no chunks, nor are the bytes of one
    that is not there yet. The client gets what there was, the error, and a proper end."""
    model = upstream.serve(scenario)
    began = time.monotonic()
    *chunks, last = limits.chat(model, stream=True).chunks()
    assert_prompt(began, 400)
    assert content_of(chunks) == "one two"
    assert check_error(last)["code"] == "idle_timeout"
    (request,) = upstream.ended(model)
    assert request.disconnected_at is not None


def test_a_long_stream_that_is_never_silent_goes_on(limits: Host, upstream: Simulator) -> None:
    """A limit on the whole would cut long answers: this one lasts three times the limit on
    silence and is fine."""
    model = upstream.serve(timing.steady(0.05 * SLOWNESS))
    began = time.monotonic()
    connection = limits.connect()
    events = connection.chat(model, stream=True).events()
    while time.monotonic() - began < 1.2 * SLOWNESS:
        assert "error" not in next(events)
    connection.close()
    assert upstream.ended(model)


def test_a_stream_has_a_total_limit(limits: Host, upstream: Simulator) -> None:
    """However busy it is; and what it said until then is delivered."""
    model = upstream.serve(timing.steady(0.02), prefix="hasty")
    began = time.monotonic()
    *chunks, last = limits.chat(model, stream=True).chunks()
    assert_prompt(began, 400)
    assert content_of(chunks).startswith("tick ")
    assert check_error(last)["code"] == "total_timeout"


def test_a_whole_reply_has_a_total_limit(limits: Host, upstream: Simulator) -> None:
    """Of the instance's own: the other one would wait."""
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()), prefix="hasty")
    began = time.monotonic()
    assert_timed_out(limits.chat(model), "total_timeout")
    assert_prompt(began, 300)


def test_slow_but_in_time(limits: Host, upstream: Simulator) -> None:
    """Just below its limits nothing happens to a call."""
    model = upstream.serve(timing.late(0.25 * SLOWNESS, answers.chat()))
    assert limits.chat(model).status == 200
    assert content_of(limits.chat(model, "in time", stream=True).chunks()) == "in time "

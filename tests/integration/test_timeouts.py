"""The four time-outs: connecting (in test_faults.py), the first byte, silence, the whole."""

import time

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import SLOWNESS, Host, milliseconds
from integration.http_client import Reply, check_error, content_of
from upstream.exchange import Scenario
from upstream.scenarios import answers, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

# Beyond the limit by this much is still prompt, on a machine that has other work.
GRACE_SECONDS = 0.5 * SLOWNESS


@pytest.fixture(scope="module")
def limits(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """Three instances of one plugin: `qwen-*` may take long and not be silent; for `strict-*`
    payload alone ends a silence; `hasty-*` has little time in all."""
    return start_host(
        server() + provider("holysheep", upstream, authority)
        + provider("strict", upstream, authority).replace(
            "timeouts = {", 'timeouts = { alive = "payload",')
        + provider("hasty", upstream, authority, first_byte=4000, idle=4000, total=300,
                   stream_total=400)
        + route("qwen-*", '"holysheep"') + route("strict-*", '"strict"')
        + route("hasty-*", '"hasty"'))


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


NOTHING_SAID: dict[str, Scenario] = {
    "an event that never ends": timing.trickled([], 0.02),
    "comments": timing.comments_after([]),
}


@pytest.mark.parametrize("scenario", NOTHING_SAID.values(), ids=NOTHING_SAID.keys())
def test_life_without_payload_ends_where_payload_alone_counts(
        limits: Host, upstream: Simulator, scenario: Scenario) -> None:
    """Bytes that trickle in and never become an event, a queue that says `: keep-alive` for ever:
    with `alive = "payload"` nothing has been said since the first byte."""
    model = upstream.serve(scenario, prefix="strict")
    began = time.monotonic()
    assert_timed_out(limits.chat(model, stream=True), "idle_timeout")
    assert_prompt(began, 400)


def test_a_queue_that_says_that_it_lives_is_waited_for(limits: Host, upstream: Simulator) -> None:
    """Comments, for longer than both limits on silence, then the answer; in a plain call blank
    lines."""
    model = upstream.serve(timing.queued(1.2 * SLOWNESS, 0.05, ["at ", "last"]))
    assert content_of(limits.chat(model, stream=True).chunks()) == "at last"
    assert limits.chat(model).json()["choices"][0]["message"]["content"] == "at last"


SILENT: dict[str, tuple[str, Scenario]] = {
    "silence": ("qwen", timing.silent_after(["one ", "two"])),
    "comments": ("strict", timing.comments_after(["one ", "two"])),
    "an event that never ends": ("strict", timing.trickled(["one ", "two"], 0.02)),
}


@pytest.mark.parametrize("prefix, scenario", SILENT.values(), ids=SILENT.keys())
def test_silence_in_mid_stream(limits: Host, upstream: Simulator, prefix: str,
                               scenario: Scenario) -> None:
    """Where payload alone counts, comments do not, nor do the bytes of an event that is not there
    yet. The client gets what there was, the error, and a proper end."""
    model = upstream.serve(scenario, prefix=prefix)
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


def lowered(host: Host, model: str, limits: str, stream: bool = True) -> Reply:
    return host.chat(model, stream=stream, headers={"x-bellwether-timeout": limits})


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_client_may_wait_less_for_the_first_byte(limits: Host, upstream: Simulator,
                                                   stream: bool) -> None:
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()), prefix="hasty")
    began = time.monotonic()
    asked = f"30s, first_byte={milliseconds(150)}"
    assert_timed_out(lowered(limits, model, asked, stream), "first_byte_timeout")
    assert_prompt(began, 150)


def test_a_client_may_bear_less_silence(limits: Host, upstream: Simulator) -> None:
    model = upstream.serve(timing.silent_after(["one ", "two"]))
    began = time.monotonic()
    *chunks, last = lowered(limits, model, f"idle={milliseconds(200)}").chunks()
    assert_prompt(began, 200)
    assert content_of(chunks) == "one two"
    assert check_error(last)["code"] == "idle_timeout"


def test_a_client_cannot_wait_longer(limits: Host, upstream: Simulator) -> None:
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()))
    began = time.monotonic()
    assert_timed_out(lowered(limits, model, "first_byte=1h, idle=1h, connect=1h"),
                     "first_byte_timeout")
    assert_prompt(began, 500)


@pytest.mark.parametrize("wrong", ["first_byte=2", "idle=1s, idle=2s", "1s, 2s", "total=3s"])
def test_limits_that_say_nothing_are_refused(limits: Host, wrong: str) -> None:
    """With what is expected: a limit that nobody heeds is worse than an error."""
    reply = lowered(limits, "qwen-x", wrong)
    error = check_error(reply.json())
    assert (reply.status, error["code"]) == (400, "invalid_timeout")
    assert '"first_byte=2s"' in error["message"]


def test_slow_but_in_time(limits: Host, upstream: Simulator) -> None:
    """Just below its limits nothing happens to a call."""
    model = upstream.serve(timing.late(0.25 * SLOWNESS, answers.chat()))
    assert limits.chat(model).status == 200
    assert content_of(limits.chat(model, "in time", stream=True).chunks()) == "in time "

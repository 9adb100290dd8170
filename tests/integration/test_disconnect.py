"""A client that hangs up: the upstream hears of it at once, for every token costs money."""

import json

import pytest

from integration.host import SLOWNESS, Host, wait_for
from upstream.exchange import Scenario
from upstream.scenarios import answers, timing
from upstream.simulator import Simulator

LIMIT_SECONDS = 0.1 * SLOWNESS
TRIES = 3


def best_delay(host: Host, upstream: Simulator, scenario: Scenario, stream: bool,
               chunks: int) -> float:
    """From the client's close to the upstream's knowledge of it, the best of some tries: others
    work on this machine, too."""
    delays = []
    for _ in range(TRIES):
        model = upstream.serve(scenario)
        connection = host.connect()
        if chunks:
            events = connection.chat(model, stream=stream).events()
            for _ in range(chunks):
                next(events)
        else:
            body = json.dumps({"model": model, "messages": [], "stream": stream}).encode()
            connection.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                                      b"content-type: application/json\r\n"
                                      b"content-length: %d\r\n\r\n%s" % (len(body), body))
            upstream.journal.wait(model, lambda entries: len(entries) == 1)
        closed = connection.close()
        (request,) = upstream.ended(model)
        assert request.disconnected_at is not None
        delays.append(request.disconnected_at - closed)
    return min(delays)


@pytest.mark.parametrize("interval", [0.01, 0.1], ids=["busy", "quiet"])
def test_hanging_up_in_mid_stream(host: Host, upstream: Simulator, interval: float) -> None:
    """Noticed without waiting for the next chunk, which may be long in coming."""
    assert best_delay(host, upstream, timing.steady(interval), True, 3) < LIMIT_SECONDS


def test_hanging_up_while_the_upstream_is_silent(host: Host, upstream: Simulator) -> None:
    """A model that thinks sends nothing, so a failed write cannot be what tells."""
    assert best_delay(host, upstream, timing.silent_after(["hm"]), True, 2) < LIMIT_SECONDS


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_hanging_up_before_the_answer(host: Host, upstream: Simulator, stream: bool) -> None:
    """While nothing has come from the upstream, and so nothing was written to the client."""
    late = timing.late(timing.FOREVER, answers.chat())
    assert best_delay(host, upstream, late, stream, 0) < LIMIT_SECONDS


def test_hanging_up_is_recorded_with_what_was_used(host: Host, upstream: Simulator) -> None:
    """Half an answer has been paid for; the record says whose and how much at least."""
    model = upstream.serve(timing.silent_after(["one ", "two ", "three"]))
    connection = host.connect()
    events = connection.chat(model, stream=True, headers={"x-request-id": "hung-up-1"}).events()
    for _ in range(4):
        next(events)
    connection.close()
    line = host.access_line("hung-up-1")
    assert (line["status"], line["outcome"], line["error"]) == (499, "cancelled", "client_closed")
    assert line["usage_source"] in ("observed", "estimate")
    assert line["output_tokens"] > 0 and line["input_tokens"] > 0


def test_others_go_on(host: Host, upstream: Simulator) -> None:
    """One client's end is nothing to the streams beside it."""
    model = upstream.serve(timing.steady(0.01))
    staying, leaving = host.connect(), host.connect()
    kept = staying.chat(model, stream=True).events()
    left = leaving.chat(model, stream=True).events()
    next(kept), next(left)
    leaving.close()
    wait_for(lambda: any(request.disconnected_at for request in upstream.requests(model)),
             "the upstream hears of the one that left")
    ticks = [next(kept) for _ in range(20)]
    assert all("tick" in tick for tick in ticks[1:]), ticks
    staying.close()
    assert len(upstream.ended(model, 2)) == 2

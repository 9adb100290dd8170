"""An outage under load: the host's retries do not make it worse, whoever is at fault, and nobody
notices it who could have been served."""

import time
from dataclasses import dataclass

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import body_of
from integration.host import SLOWNESS, Host, milliseconds
from integration.open_loop import Answer, OpenLoop
from upstream import errors
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority

SECONDS = 6  # of an outage
SHORT_SECONDS = 4
CALLS_PER_SECOND = 60 // SLOWNESS  # which the simulated upstream can answer on a busy machine, too
IN_AN_OUTAGE = {503, 504}  # 504: the simulated upstream is behind
SHARE, FLOOR_PER_SECOND, WINDOW_SECONDS = 0.2, 10, 10  # of the retry budget, as by default
SOON_SECONDS = 3 * SLOWNESS  # until an outage is noticed, and what was under way then is over
FAILED = faults.error(errors.OVERLOADED)


@dataclass(frozen=True)
class Storm:
    answers: list[Answer]
    seconds: float

    @property
    def most_requests(self) -> float:
        """Each call's first try, and what the retry budget allows: its floor also for the time
        before, as far as its window reaches."""
        floor = FLOOR_PER_SECOND * (self.seconds + WINDOW_SECONDS)
        return len(self.answers) * (1 + SHARE) + floor


def storm(host: Host, model: str, seconds: int) -> Storm:
    calls = seconds * CALLS_PER_SECOND
    began = time.monotonic()
    load = OpenLoop([host], body_of(model), CALLS_PER_SECOND)
    answers = load.run_until(lambda answer: answer.id == f"call-{calls - 1}", calls)
    assert len(answers) == calls
    return Storm(answers, time.monotonic() - began)


@pytest.fixture
def weathered(start_host: StartHost, upstream: Simulator, second: Simulator,
              authority: Authority) -> Host:
    """All as by default, but for short waits. A host of its own for each test: what it remembers of
    an outage is not the next test's."""
    patient = {"connect": 15000, "first_byte": 15000, "idle": 15000, "total": 20000}
    waits = f'first = "{milliseconds(50)}"\nlongest = "{milliseconds(400)}"'
    return start_host(server(retry=waits, health="")
                      + provider("one", upstream, authority, **patient)
                      + provider("two", second, authority, **patient)
                      + route("alone-*", '"one"') + route("pair-*", '["one", "two"]'))


def test_an_outage_gets_little_more_than_its_calls(weathered: Host, upstream: Simulator) -> None:
    """Five tries for each call would be five times the load, upon an upstream that can take none.
    Each call has its first try all the same, so that the end of the outage is seen at once."""
    model = upstream.serve(FAILED, prefix="alone")
    outage = storm(weathered, model, SECONDS)
    requests = len(upstream.requests(model))
    assert {answer.status for answer in outage.answers} <= IN_AN_OUTAGE
    assert len(outage.answers) <= requests <= outage.most_requests
    assert requests > len(outage.answers), "what the budget allows is used"
    upstream.script(model, answers.chat(["back"]))
    reply = weathered.chat(model)
    assert (reply.status, reply.headers["x-bellwether-attempts"]) == (200, "1")


def test_an_outage_everywhere_is_no_worse(weathered: Host, upstream: Simulator,
                                          second: Simulator) -> None:
    """To go to another target that fails is a retry like any other."""
    model = upstream.serve(FAILED, prefix="pair")
    second.script(model, FAILED)
    outage = storm(weathered, model, SHORT_SECONDS)
    requests = len(upstream.requests(model)) + len(second.requests(model))
    assert {answer.status for answer in outage.answers} <= IN_AN_OUTAGE
    assert len(outage.answers) <= requests <= outage.most_requests


def test_nobody_notices_an_outage_of_one_of_two(weathered: Host, upstream: Simulator,
                                                second: Simulator) -> None:
    """No retry budget keeps a call from a target that is healthy. The one that is not is soon left
    alone, but for a call now and then that looks whether it is back."""
    model = upstream.serve(FAILED, prefix="pair")
    second.script(model, answers.chat(["here"]))
    outage = storm(weathered, model, SHORT_SECONDS)
    assert {answer.status for answer in outage.answers} == {200}
    assert len(second.requests(model)) == len(outage.answers)
    times = [request.at for request in upstream.requests(model)]
    assert len(times) >= 5, "so many failures say that it is out of service"
    assert len([at for at in times if at > times[0] + SOON_SECONDS]) <= 2

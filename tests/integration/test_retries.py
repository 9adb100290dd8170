"""`[retry]` as it is seen from outside: when a call is tried again, how long it waits for that, and
what its client gets if nothing helps. Which failures are worth it: test_fault_matrix.py."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.counting import MAX_TOKENS, body_of, budget, counted, prompt_bound, send
from integration.host import SLOWNESS, Host, milliseconds, wait_for
from integration.http_client import content_of
from upstream import errors
from upstream.errors import QwenError
from upstream.exchange import Headers, Scenario
from upstream.journal import Received
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

GRACE_SECONDS = 0.3 * SLOWNESS  # later than this is late, on a machine that has other work
FAILED = faults.error(errors.OVERLOADED)
GOOD = answers.chat(["at ", "last"])
FIRST_MS, LONGEST_MS, WITHIN_MS = 300, 900, 700


def rules(**members: str | int) -> str:
    """The keys of a route's `retry`; members are TOML."""
    return f"retry = {{ {', '.join(f'{key} = {text}' for key, text in members.items())} }}\n"


def duration(count: int) -> str:
    return f'"{milliseconds(count)}"'


@pytest.fixture(scope="module")
def again(start_host: StartHost, upstream: Simulator, second: Simulator,
          authority: Authority) -> Host:
    """A route for each kind of patience, by the beginning of the model's name; no retry budget ends
    it, and no target goes out of service. One budget of tokens counts all calls."""
    patient = {"first_byte": 15000, "idle": 15000, "total": 20000}
    quick = {"first": duration(20), "longest": duration(50)}
    steady = {"first": duration(200), "longest": duration(200)}
    routes = {
        "usual-*": ('"one"', rules(attempts=5, **quick)),
        "doubling-*": ('"one"', rules(attempts=4, first=duration(FIRST_MS),
                                      longest=duration(LONGEST_MS))),
        "once-*": ('"one"', rules(attempts=1)),
        "short-*": ('"one"', rules(attempts=20, within=duration(WITHIN_MS), **steady)),
        "pair-*": ('["one", "two"]', rules(attempts=3, **quick)),
        "both-*": ('["one", "two"]', rules(attempts=2, **quick)),
    }
    return start_host(
        server(retry="budget_percent = 100\nbudget_floor = 10000")
        + provider("one", upstream, authority, **patient)
        + provider("two", second, authority, **patient)
        + "".join(route(model, to) + retry for model, (to, retry) in routes.items())
        + '\n[ledger]\nurl = "memory:"\n' + budget(100_000_000))


def gaps(requests: list[Received]) -> list[float]:
    """Seconds between the end of each try and the beginning of the next one."""
    return [later.at - earlier.finished_at for earlier, later in zip(requests, requests[1:])]


# ---- waits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_failure_that_passes_is_not_noticed(again: Host, upstream: Simulator,
                                              stream: bool) -> None:
    model = upstream.serve(FAILED, FAILED, FAILED, GOOD, prefix="usual")
    reply = again.chat(model, stream=stream)
    assert (reply.status, reply.headers["x-bellwether-attempts"]) == (200, "4"), reply.body()
    if stream:
        assert content_of(reply.chunks()) == "at last"
    else:
        assert reply.json()["choices"][0]["message"]["content"] == "at last"
    requests = upstream.requests(model)
    assert len(requests) == 4
    assert len({request.body for request in requests}) == 1, "each try says the same"


def test_waits_are_drawn_from_a_range_that_doubles(again: Host, upstream: Simulator) -> None:
    """Any time up to the first limit, up to twice as much, and never more than the longest: so
    calls that failed together do not come back together. Some of the draws lie in each half."""
    models = [upstream.serve(FAILED, FAILED, FAILED, GOOD, prefix="doubling") for _ in range(24)]
    with ThreadPoolExecutor(len(models)) as threads:
        replies = list(threads.map(lambda model: again.chat(model).body(), models))
    assert len(replies) == len(models)
    waits = [gaps(upstream.requests(model)) for model in models]
    assert all(len(three) == 3 for three in waits)
    longest = [FIRST_MS, 2 * FIRST_MS, LONGEST_MS]
    for number, most_ms in enumerate(longest):
        drawn = [three[number] for three in waits]
        most = most_ms / 1000 * SLOWNESS
        assert max(drawn) <= most + GRACE_SECONDS, number
        assert min(drawn) < most / 2 < max(drawn), number


A_MOMENT = 1_800_000_000  # Unix time


def dated(seconds: int) -> Headers:
    return {"date": formatdate(A_MOMENT, usegmt=True),
            "retry-after": formatdate(A_MOMENT + seconds, usegmt=True)}


IN_WORDS = QwenError(503, "overloaded", "Please try again in 0.6s.", "server_error")
HINTS: dict[str, tuple[Scenario, float]] = {
    "seconds": (faults.error(errors.OVERLOADED, {"retry-after": "1"}), 1.0),
    "milliseconds": (faults.error(errors.OVERLOADED, {"retry-after-ms": "400"}), 0.4),
    "milliseconds before seconds": (
        faults.error(errors.OVERLOADED, {"retry-after": "9", "retry-after-ms": "400"}), 0.4),
    "a date": (faults.error(errors.OVERLOADED, dated(1)), 1.0),
    "words": (faults.error(IN_WORDS), 0.6),
    "a rate, seconds": (faults.error(errors.RATE, {"retry-after": "1"}), 1.0),
    "a rate, milliseconds": (faults.error(errors.RATE, {"retry-after-ms": "400"}), 0.4),
    "a rate, a date": (faults.error(errors.RATE, dated(1)), 1.0),
    "a rate, no hint": (faults.error(errors.RATE), 1.0),
}


@pytest.mark.parametrize(("refusal", "seconds"), HINTS.values(), ids=HINTS.keys())
def test_what_the_upstream_asks_for_is_waited_for(again: Host, upstream: Simulator,
                                                  refusal: Scenario, seconds: float) -> None:
    """No less, however short the host's own waits are, and hardly more: up to a tenth is added, so
    that calls which were told the same do not come back together."""
    model = upstream.serve(refusal, GOOD, prefix="usual")
    reply = again.chat(model)
    assert (reply.status, reply.headers["x-bellwether-attempts"]) == (200, "2"), reply.body()
    (waited,) = gaps(upstream.requests(model))
    assert seconds - 0.005 <= waited <= seconds * 1.1 + GRACE_SECONDS


def test_each_try_is_told_of(again: Host, upstream: Simulator) -> None:
    """To the client and in the log: where it was, what became of it, how long it took, and how long
    the call waited after it."""
    model = upstream.serve(faults.error(errors.OVERLOADED, {"retry-after-ms": "400"}),
                           faults.strange_reply({"nothing": 1}), GOOD, prefix="usual")
    reply = again.chat(model, headers={"x-request-id": model})
    assert reply.status == 200, reply.body()
    first, then = reply.headers["x-bellwether-tried"].split(", ")
    told = re.fullmatch(rf"one/{model};error=upstream_error;ms=\d+;wait_ms=(\d+)", first)
    assert told and 400 <= int(told[1]) <= 440, first
    assert re.match(rf"one/{model};error=upstream_protocol_error;ms=\d+", then), then
    assert again.access_line(model)["tried"] == f"{first}, {then}"


def test_a_wait_is_no_work_of_the_host(again: Host, upstream: Simulator) -> None:
    """It is in the call's duration and not in the host's overhead."""
    model = upstream.serve(faults.error(errors.OVERLOADED, {"retry-after-ms": "400"}), GOOD,
                           prefix="usual")
    again.chat(model, headers={"x-request-id": model}).body()
    line = again.access_line(model)
    assert line["duration_us"] >= 400_000 and line["overhead_us"] < 200_000, line
    assert (line["attempts"], line["status"], line["outcome"]) == (2, 200, "ok")


def test_a_stream_that_waits_is_kept_alive(start_host: StartHost, upstream: Simulator,
                                           authority: Authority) -> None:
    """By comments, which commit to nothing: the next try still has the whole answer."""
    model = upstream.serve(faults.error(errors.OVERLOADED, {"retry-after": "1"}), GOOD)
    host = start_host(server(retry="budget_floor = 10", heartbeat='"100ms"')
                      + provider("one", upstream, authority) + route("*", '"one"'))
    reply = host.chat(model, stream=True)
    pieces = list(reply.pieces())
    assert pieces[0] == b": waiting\n", pieces
    text = b"".join(pieces).decode()
    assert '"at "' in text and '"last"' in text and '"error"' not in text
    assert text.endswith("data: [DONE]\n\n")


# ---- how long, and how often ---------------------------------------------------------------------


def test_the_clients_deadline_is_of_the_whole_call(again: Host, upstream: Simulator) -> None:
    """Tries and the waits between them: the last try has what is left, not all of it anew."""
    refusal = faults.error(errors.OVERLOADED, {"retry-after-ms": "400"})
    model = upstream.serve(refusal, timing.late(timing.FOREVER, GOOD), prefix="usual")
    allowed = 1.0 * SLOWNESS
    began = time.monotonic()
    reply = again.chat(model, headers={"x-bellwether-timeout": duration(1000).strip('"')})
    took = time.monotonic() - began
    assert (reply.status, reply.error()["code"]) == (504, "deadline_exceeded")
    assert allowed * 0.95 <= took <= allowed + GRACE_SECONDS
    assert reply.headers["x-bellwether-attempts"] == "2"
    assert len(upstream.ended(model, 2)) == 2


def test_a_wait_that_no_deadline_allows_is_not_begun(again: Host, upstream: Simulator) -> None:
    """The client learns at once what it could only have been told later."""
    model = upstream.serve(faults.error(errors.OVERLOADED, {"retry-after": "30"}), prefix="usual")
    began = time.monotonic()
    reply = again.chat(model, headers={"x-bellwether-timeout": "10s"})
    assert (reply.status, reply.error()["code"]) == (503, "ModelServingError")
    assert reply.headers["retry-after"] == "30"
    assert time.monotonic() - began < 5
    assert len(upstream.requests(model)) == 1


def test_no_try_begins_after_within(again: Host, upstream: Simulator) -> None:
    """However many it might have had."""
    model = upstream.serve(FAILED, prefix="short")
    began = time.monotonic()
    reply = again.chat(model)
    within = WITHIN_MS / 1000 * SLOWNESS
    assert reply.status == 503
    assert time.monotonic() - began <= within + GRACE_SECONDS
    requests = upstream.requests(model)
    assert 2 <= len(requests) < 20
    assert requests[-1].at <= began + within + GRACE_SECONDS


def test_a_wait_beyond_within_is_not_begun(again: Host, upstream: Simulator) -> None:
    model = upstream.serve(faults.error(errors.OVERLOADED, {"retry-after": "30"}), prefix="short")
    began = time.monotonic()
    reply = again.chat(model)
    assert (reply.status, reply.headers["retry-after"]) == (503, "30")
    assert time.monotonic() - began < 5
    assert len(upstream.requests(model)) == 1


@pytest.mark.parametrize(("prefix", "attempts"), [("once", 1), ("usual", 5)])
def test_so_many_tries_and_no_more(again: Host, upstream: Simulator, prefix: str,
                                   attempts: int) -> None:
    model = upstream.serve(FAILED, prefix=prefix)
    reply = again.chat(model)
    assert (reply.status, reply.error()["code"]) == (503, "ModelServingError")
    assert reply.headers["x-bellwether-attempts"] == str(attempts)
    assert len(upstream.requests(model)) == attempts


def test_tries_are_counted_over_all_targets(again: Host, upstream: Simulator,
                                            second: Simulator) -> None:
    """Three in all, and not three at each; each target has one before one has two."""
    model = upstream.serve(FAILED, prefix="pair")
    second.script(model, FAILED)
    reply = again.chat(model)
    assert (reply.status, reply.headers["x-bellwether-attempts"]) == (503, "3")
    times = sorted([(request.at, upstream.port) for request in upstream.requests(model)]
                   + [(request.at, second.port) for request in second.requests(model)])
    assert [port for _, port in times[:2]] == [upstream.port, second.port]
    assert len(times) == 3


# ---- what the client is told ---------------------------------------------------------------------


@pytest.mark.parametrize(("prefix", "header"), [("once", None), ("usual", "false")])
def test_the_client_is_told_not_to_do_it_all_again(again: Host, upstream: Simulator, prefix: str,
                                                   header: str | None) -> None:
    """Where the host has tried again itself: else the SDK's three tries were three times five."""
    reply = again.chat(upstream.serve(FAILED, prefix=prefix))
    assert reply.status == 503
    assert reply.headers.get("x-should-retry") == header


def test_a_wait_that_is_too_long_for_the_host_is_the_clients(again: Host,
                                                             upstream: Simulator) -> None:
    """The host has no time for it, its client may have: it is told how long, and not to give up."""
    last = faults.error(errors.OVERLOADED, {"retry-after": "30"})
    model = upstream.serve(FAILED, FAILED, last, prefix="short")
    reply = again.chat(model)
    assert (reply.status, reply.headers["retry-after"]) == (503, "30")
    assert reply.headers["x-bellwether-attempts"] == "3"
    assert "x-should-retry" not in reply.headers


USEFUL: dict[str, tuple[QwenError, QwenError, int, str]] = {
    "a failure, then no room for the prompt": (
        errors.OVERLOADED, errors.CONTEXT_OVERFLOW, 503, "ModelServingError"),
    "no room for the prompt, then a failure": (
        errors.CONTEXT_OVERFLOW, errors.OVERLOADED, 503, "ModelServingError"),
    "a failure, then the host's key": (
        errors.OVERLOADED, errors.INVALID_KEY, 503, "ModelServingError"),
    "the host's key, then a failure": (
        errors.INVALID_KEY, errors.OVERLOADED, 503, "ModelServingError"),
    "no room for the prompt, then the host's key": (
        errors.CONTEXT_OVERFLOW, errors.INVALID_KEY, 400, "context_length_exceeded"),
    "too fast, then a failure": (errors.RATE, errors.OVERLOADED, 429, "limit_requests"),
    "no such model, then no credit": (
        errors.NO_SUCH_MODEL, errors.BILL_OVERDUE, 429, "insufficient_quota"),
}


@pytest.mark.parametrize(("first", "then", "status", "code"), USEFUL.values(), ids=USEFUL.keys())
def test_the_most_useful_error_is_told(again: Host, upstream: Simulator, second: Simulator,
                                       first: QwenError, then: QwenError, status: int,
                                       code: str) -> None:
    """In whatever order they came: what may pass by itself, before what the client can mend, before
    what only the host's operator can."""
    model = upstream.serve(faults.error(first), prefix="both")
    second.script(model, faults.error(then))
    reply = again.chat(model)
    assert (reply.status, reply.error()["code"]) == (status, code)
    assert len(upstream.requests(model)) == len(second.requests(model)) == 1


# ---- a client that does not wait -----------------------------------------------------------------


def test_hanging_up_ends_a_wait(again: Host, upstream: Simulator) -> None:
    """At once: what is held for a call is held while it waits, and then no more; nobody is asked
    for it again."""
    wait_ms = 2000 * SLOWNESS
    refusal = faults.error(errors.OVERLOADED, {"retry-after-ms": str(wait_ms)})
    wait_for(lambda: counted(again)[1] == 0, "the calls before this one are over")
    models = [upstream.serve(refusal, GOOD, prefix="usual") for _ in range(2)]
    bodies = [body_of(model, stream=number == 1) for number, model in enumerate(models)]
    connections = [again.connect() for _ in models]
    for connection, model, body in zip(connections, models, bodies):
        send(connection, body, {"x-request-id": model})
    for model in models:
        upstream.ended(model)
    assert counted(again)[1] == sum(prompt_bound(body) + MAX_TOKENS for body in bodies)
    for connection in connections:
        left = connection.close()
    wait_for(lambda: counted(again)[1] == 0, "the holds are given back", seconds=0.5)
    assert [again.access_line(model)["outcome"] for model in models] == ["cancelled"] * 2
    time.sleep(left + wait_ms * 1.1 / 1000 + GRACE_SECONDS - time.monotonic())
    assert [len(upstream.requests(model)) for model in models] == [1, 1]

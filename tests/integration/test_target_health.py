"""`[health]` as it is seen from outside: a target that fails too often is tried last, one call tries
whether it is well again, and an operator sees all of it."""

import json
from typing import Any

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host, milliseconds, wait_for
from integration.metrics_page import scrape
from upstream import errors
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority

FAILED = faults.error(errors.OVERLOADED)
GOOD = answers.chat(["well"])


@pytest.fixture
def pair(start_host: StartHost, upstream: Simulator, second: Simulator,
         authority: Authority) -> Host:
    """Two targets, of which the second serves what the first cannot. One that fails twice in a row is
    out of service for a moment."""
    return start_host(
        server(retry='attempts = 2\nfirst = "1ms"\nlongest = "1ms"',
               health=f'failures = 2\nfirst = "{milliseconds(700)}"')
        + provider("one", upstream, authority) + provider("two", second, authority)
        + route("pair-*", '["one", "two"]')
        + route("named", '[{ provider = "one", model = "pair-named" }]'))


def targets(host: Host, model: str = "pair-*", key: str = "to") -> list[dict[str, Any]]:
    """The targets of a route, as the admin page has them."""
    (found,) = [route for route in host.admin("GET", "/admin/routes").json()["routes"]
                if route["model"] == model]
    return found[key]


def lines(host: Host, words: str) -> list[tuple[str, str]]:
    """Level and message of the log lines that have these words, of which there is one at least."""
    def found() -> list[tuple[str, str]]:
        told = [json.loads(line) for line in host.log().split("\n")[:-1]]
        return [(line["level"], line["message"]) for line in told
                if words in line.get("message", "")]

    return wait_for(found, f"the log says: {words}")


def served_by(host: Host, model: str) -> tuple[str, str]:
    reply = host.chat(model)
    assert reply.status == 200, reply.body()
    return reply.headers["x-bellwether-provider"], reply.headers["x-bellwether-attempts"]


def test_a_target_that_fails_is_left_alone_until_it_is_well(
        pair: Host, upstream: Simulator, second: Simulator) -> None:
    model = upstream.serve(FAILED, FAILED, GOOD, prefix="pair")
    second.script(model, GOOD)
    assert [served_by(pair, model) for _ in range(3)] == [("two", "2"), ("two", "2"), ("two", "1")]
    assert len(upstream.requests(model)) == 2
    assert [target["service"] for target in targets(pair)] == ["out", "in"]
    (out,) = lines(pair, "out of service")
    assert out[0] == "warn" and "2 failures in a row" in out[1] and "provider one" in out[1]

    wait_for(lambda: targets(pair)[0]["service"] == "trial_due", "its time is over")
    assert [served_by(pair, model) for _ in range(2)] == [("one", "1"), ("one", "1")]
    assert targets(pair)[0]["service"] == "in"
    ((level, _),) = lines(pair, "back in service")
    assert level == "info" and len(lines(pair, "out of service")) == 1


def test_a_trial_that_fails_costs_no_client_its_answer(
        pair: Host, upstream: Simulator, second: Simulator) -> None:
    """And makes the next one wait longer, of which the log says nothing: it is out as before."""
    model = upstream.serve(FAILED, prefix="pair")
    second.script(model, GOOD)
    for _ in range(2):
        served_by(pair, model)
    first = targets(pair)[0]
    wait_for(lambda: targets(pair)[0]["service"] == "trial_due", "its time is over")
    assert [served_by(pair, model) for _ in range(2)] == [("two", "2"), ("two", "1")]
    again = targets(pair)[0]
    assert again["service"] == "out" and again["out_until"] > first["out_until"]
    assert again["times_out"] == 1
    assert len(lines(pair, "out of service")) == 1


def test_the_only_target_is_tried_nevertheless(pair: Host, upstream: Simulator) -> None:
    """At most half of a route's targets are treated as out: of one, none."""
    with upstream.playing("pair-named", FAILED, FAILED, FAILED, FAILED, GOOD):
        assert [pair.chat("named").status for _ in range(2)] == [503, 503]
        assert targets(pair, "named")[0]["service"] == "out"
        assert pair.chat("named").status == 200
    assert targets(pair, "named")[0]["service"] == "in"
    assert targets(pair)[0]["service"] == "in", "another model of the same provider"


def test_the_metrics_tell(pair: Host, upstream: Simulator, second: Simulator) -> None:
    model = upstream.serve(FAILED, prefix="pair")
    second.script(model, GOOD)
    for _ in range(2):
        served_by(pair, model)
    metrics = scrape(pair)
    one = {"provider": "one", "model": "*", "route": "pair-*"}
    two = {**one, "provider": "two"}
    named = {"provider": "one", "model": "pair-named", "route": ""}
    for labels, in_service in ((one, 0), (two, 1), (named, 1)):
        assert metrics.sum("bellwether_target_in_service", **labels) == in_service, labels
        assert metrics.sum("bellwether_target_ejections_total", **labels) == 1 - in_service, labels
        assert metrics.sum("bellwether_target_calls_in_flight", **labels) == 0, labels
    measured = metrics.values("bellwether_target_first_content_seconds", "provider")
    assert measured == {"two"}, "the other one never answered"
    assert 0 < metrics.sum("bellwether_target_first_content_seconds", **two) < 60


def test_the_explanation_of_a_running_host_tells(pair: Host, upstream: Simulator,
                                                 second: Simulator) -> None:
    model = upstream.serve(FAILED, prefix="pair")
    second.script(model, GOOD)
    for _ in range(2):
        served_by(pair, model)
    told = pair.admin("GET", f"/admin/explain?model={model}").json()
    assert [target["live"]["service"] for target in told["targets"]] == ["out", "in"]

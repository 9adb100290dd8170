"""`probe`: a provider is asked for its list of models, to know whether it serves."""

from typing import Iterator

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import Host, wait_for
from integration.metrics_page import scrape
from upstream import errors, qwen
from upstream.exchange import Exchange, Scenario
from upstream.journal import Received
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority

LISTS: list[Scenario] = []


@pytest.fixture
def probed(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """An upstream whose list of models the test chooses with LISTS."""
    async def play(exchange: Exchange) -> None:
        await (LISTS[0] if LISTS else faults.status(200, qwen.dump(qwen.model_list())))(exchange)

    LISTS[:] = []
    monkeypatch.setattr(answers, "models", lambda: play)
    with Simulator(authority) as simulator:
        yield simulator


def config(probed: Simulator, backup: Simulator, authority: Authority) -> str:
    health = 'failures = 2\nfirst = "60s"\nlongest = "60s"'
    return (server(workers=1, health=health)
            + provider("probed", probed, authority) + 'probe = "1s"\n'
            + provider("backup", backup, authority)
            + '[providers.echo]\nprobe = "1s"\n'
            + route("qwen-*", '["probed", "backup"]') + route("echo", '["echo"]'))


def last_probe(host: Host) -> list[float]:
    return [sample.value for sample in scrape(host).samples
            if sample.name == "bellwether_probe_success" and sample.labels["provider"] == "probed"]


def probes(upstream: Simulator) -> list[Received]:
    return [request for request in upstream.requests("") if request.path == "/v1/models"]


def answers_first(host: Host, model: str) -> str:
    """Who answered, at the first try."""
    reply = host.chat(model)
    assert reply.status == 200, reply.body()
    assert reply.headers["x-bellwether-attempts"] == "1"
    reply.body()
    return reply.headers["x-bellwether-provider"]


def both(probed: Simulator, backup: Simulator) -> str:
    model = probed.serve(answers.chat())
    backup.script(model, answers.chat())
    return model


def test_it_comes_back_with_its_probe(start_host: StartHost, probed: Simulator, second: Simulator,
                                      authority: Authority) -> None:
    """Long before its time out of service ends, the first call after a good probe goes there."""
    LISTS[:] = [faults.error(errors.OVERLOADED)]
    host = start_host(config(probed, second, authority))
    model = both(probed, second)
    with probed.playing(model, faults.error(errors.OVERLOADED)):
        for _ in range(2):
            host.chat(model).body()
        wait_for(lambda: last_probe(host) == [0], "a probe failed")
        assert answers_first(host, model) == "backup"
    probed.script(model, answers.chat())
    assert answers_first(host, model) == "backup", "nobody knows yet"
    LISTS[:] = []
    wait_for(lambda: last_probe(host) == [1], "a probe succeeded")
    assert answers_first(host, model) == "probed"
    assert answers_first(host, model) == "probed"


def test_it_goes_out_before_a_call_has_failed(start_host: StartHost, probed: Simulator,
                                              second: Simulator, authority: Authority) -> None:
    """Two probes that fail, and no call is tried there."""
    host = start_host(config(probed, second, authority))
    model = both(probed, second)
    assert answers_first(host, model) == "probed"
    LISTS[:] = [faults.error(errors.INTERNAL)]
    wait_for(lambda: last_probe(host) == [0], "a probe failed")
    before = len(probes(probed))
    wait_for(lambda: len(probes(probed)) > before + 1, "more probes came")
    assert answers_first(host, model) == "backup"
    assert len(probed.requests(model)) == 1


def test_a_refusal_is_an_answer(start_host: StartHost, probed: Simulator, second: Simulator,
                                authority: Authority) -> None:
    """An upstream that gives no list serves all the same."""
    LISTS[:] = [faults.error(errors.ACCESS_DENIED)]
    host = start_host(config(probed, second, authority))
    wait_for(lambda: len(probes(probed)) > 3, "probes came")
    assert last_probe(host) == [0]
    assert answers_first(host, both(probed, second)) == "probed"


def test_only_lists_are_asked_for(start_host: StartHost, probed: Simulator, second: Simulator,
                                  authority: Authority) -> None:
    """With the provider's key, and nothing else; one that nobody can ask is told of once."""
    before = probes(second)  # by other tests
    host = start_host(config(probed, second, authority))
    wait_for(lambda: len(probes(probed)) > 2, "probes came")
    asked = probed.requests("")
    assert {(one.method, one.path, one.body) for one in asked} == {("GET", "/v1/models", b"")}
    assert probes(second) == before
    assert host.log().count('"echo\\" cannot be probed') == 1
    assert last_probe(host) == [1]

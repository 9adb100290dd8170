"""What the metrics say after traffic that is known."""

import re
import time

import pytest

from integration.conftest import StartHost, provider, route, server, standard_config
from integration.host import ROOT, Host, wait_for
from integration.metrics_page import Metrics, scrape
from upstream import errors, qwen
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

REQUESTS = "bellwether_requests_total"
WORDS = [f"word{number} " for number in range(20)]


@pytest.fixture
def fresh(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """A host that has served nothing yet."""
    return start_host(standard_config(upstream, authority))


def test_every_request_is_counted_once(fresh: Host) -> None:
    """Over many connections, so that both workers have their share, and the page is their sum."""
    for _ in range(40):
        assert fresh.chat("echo").status == 200
    for _ in range(10):
        assert len(fresh.chat("echo", stream=True).chunks()) > 1
    metrics = scrape(fresh)
    labels = {"route": "echo", "provider": "echo", "model": "echo"}
    assert metrics.sum(REQUESTS, **labels, code="200", error_type="") == 50
    assert metrics.sum(REQUESTS) == 50
    assert metrics.sum("bellwether_request_duration_seconds_count", **labels) == 50
    assert metrics.sum("bellwether_overhead_seconds_count", **labels) == 50
    assert metrics.sum("bellwether_time_to_first_token_seconds_count", **labels) == 10
    assert metrics.sum("bellwether_upstream_attempts_total", provider="echo", result="ok") == 50
    assert metrics.sum("bellwether_client_connections_accepted_total") == 50
    assert metrics.sum("bellwether_requests_active") == 0


def test_each_chunk_but_the_first_has_a_gap(fresh: Host, upstream: Simulator) -> None:
    """Tokens and gaps of one stream, to the number."""
    model = upstream.serve(answers.chat(WORDS, used=qwen.usage(30, 12, reasoning=5)))
    chunks = fresh.chat(model, stream=True).chunks()
    metrics = scrape(fresh)
    assert metrics.sum("bellwether_time_to_first_token_seconds_count") == 1
    assert metrics.sum("bellwether_inter_token_seconds_count") == len(chunks) - 1
    tokens = {kind: metrics.sum("bellwether_tokens_total", type=kind, usage_source="provider",
                                provider="holysheep", model="other")
              for kind in ("input", "output", "reasoning")}
    assert tokens == {"input": 30, "output": 12, "reasoning": 5}


FAILURES: dict[str, tuple[Scenario, bool, str, str]] = {
    "refused": (faults.error(errors.RATE), False, "429", "rate_limit_exceeded"),
    "broken": (faults.cut(WORDS), True, "200", "upstream_cut"),
    "failed": (faults.error(errors.INTERNAL), False, "500", "upstream_error"),
}


@pytest.mark.parametrize(("scenario", "stream", "code", "error"), FAILURES.values(),
                         ids=FAILURES.keys())
def test_errors_have_a_type_of_a_closed_list(fresh: Host, upstream: Simulator, scenario: Scenario,
                                             stream: bool, code: str, error: str) -> None:
    """Whatever the upstream called it."""
    fresh.chat(upstream.serve(scenario), stream=stream).body()
    metrics = scrape(fresh)
    assert metrics.sum(REQUESTS, provider="holysheep", code=code, error_type=error) == 1
    assert metrics.sum("bellwether_upstream_attempts_total", provider="holysheep",
                       result=error) == 1


def test_what_never_became_a_call_is_counted_too(fresh: Host) -> None:
    """Without a route, a provider and a model, of which there was none."""
    fresh.chat("nothing-like-it").body()
    fresh.get("/v1/nothing").body()
    fresh.post("/v1/chat/completions", b"{").body()
    fresh.post("/v1/chat/completions", {}, {"content-type": "text/plain"}).body()
    metrics = scrape(fresh)
    none = {"route": "", "provider": "", "model": "other"}
    expected = {"model_not_found": "404", "unknown_url": "404", "invalid_request": "400",
                "unsupported_media_type": "415"}
    for error, code in expected.items():
        assert metrics.sum(REQUESTS, **none, code=code, error_type=error) == 1, error
    assert metrics.sum(REQUESTS) == 4


def test_a_fallback_is_counted_where_it_began(start_host: StartHost, upstream: Simulator,
                                              second: Simulator, authority: Authority) -> None:
    """The provider that failed, and how; the one that answered has the request."""
    host = start_host(server() + provider("first", upstream, authority)
                      + provider("second", second, authority)
                      + route("qwen-*", '["first", "second"]'))
    model = upstream.serve(faults.error(errors.INTERNAL))
    second.script(model, answers.chat())
    assert host.chat(model).status == 200
    metrics = scrape(host)
    attempts = "bellwether_upstream_attempts_total"
    assert metrics.sum(attempts, provider="first", result="upstream_error") == 1
    assert metrics.sum(attempts, provider="second", result="ok") == 1
    assert metrics.sum("bellwether_fallbacks_total", provider="first") == 1
    assert metrics.sum("bellwether_fallbacks_total", provider="second") == 0
    assert metrics.sum(REQUESTS, provider="second", code="200") == 1


def series_of(page: Metrics) -> set[tuple]:
    """The lines of a page, without their values."""
    return {(sample.name, *sorted(sample.labels.items())) for sample in page.samples}


def test_invented_names_make_no_series(fresh: Host) -> None:
    """A thousand models that nobody has: the page does not grow by a line."""
    connection = fresh.connect()

    def ask(name: str) -> None:
        connection.chat(name).body()

    ask("qwen-invented")
    ask("invented")
    wait_for(lambda: scrape(fresh).sum(REQUESTS, model="other") == 2, "both are counted")
    before = series_of(scrape(fresh))
    for number in range(500):
        ask(f"qwen-invented-{number}")
        ask(f"invented-{number}")
    wait_for(lambda: scrape(fresh).sum(REQUESTS, model="other") == 1002, "all are counted")
    metrics = scrape(fresh)
    assert series_of(metrics) == before
    assert metrics.values(REQUESTS, "model") == {"other"}


def test_the_upstreams_time_is_not_the_hosts(fresh: Host, upstream: Simulator) -> None:
    """A provider that thinks for a while makes a long call, not a large overhead."""
    model = upstream.serve(timing.late(0.2, answers.chat()))
    reply = fresh.chat(model, headers={"x-request-id": "split-1"})
    reply.body()
    line = fresh.access_line("split-1")
    assert line["duration_us"] == line["upstream_us"] + line["overhead_us"]
    assert line["upstream_us"] >= 190_000 and line["overhead_us"] < 150_000
    assert float(reply.headers["x-bellwether-overhead-ms"]) <= line["overhead_us"] / 1000
    assert int(reply.headers["openai-processing-ms"]) >= 190
    metrics = scrape(fresh)
    waited = (metrics.sum("bellwether_request_duration_seconds_sum")
              - metrics.sum("bellwether_overhead_seconds_sum"))
    assert waited == pytest.approx(line["upstream_us"] / 1e6, abs=1e-4)


def test_what_runs_now(fresh: Host, upstream: Simulator) -> None:
    """Gauges rise while a stream is open and fall when its client leaves."""
    connection = fresh.connect()
    model = upstream.serve(timing.silent_after(WORDS))
    next(connection.chat(model, stream=True).events())
    metrics = scrape(fresh)
    for gauge in ("requests_active", "streams_active", "client_connections_open"):
        assert metrics.sum(f"bellwether_{gauge}") == 1, gauge
    connection.close()
    wait_for(lambda: scrape(fresh).sum("bellwether_requests_active") == 0, "the call ends")
    metrics = scrape(fresh)
    assert metrics.sum(REQUESTS, code="499", error_type="client_closed") == 1
    assert metrics.sum("bellwether_streams_active") == 0


def test_the_program_and_its_plugins(fresh: Host) -> None:
    """What runs, to the sum of the plugin's file, and what it uses."""
    metrics = scrape(fresh)
    assert metrics.sum("bellwether_build_info") == 1
    (plugin,) = [sample.labels for sample in metrics.samples
                 if sample.name == "bellwether_plugin_info" and sample.labels["provider"] == "echo"]
    assert re.fullmatch("[0-9a-f]{64}", plugin["sha256"]) and plugin["abi"].startswith("1.")
    assert time.time() - metrics.sum("process_start_time_seconds") < 120
    assert metrics.sum("process_resident_memory_bytes") > 1 << 20
    assert 5 < metrics.sum("process_open_fds") < metrics.sum("process_max_fds")


def test_the_main_listener_has_them_too(fresh: Host) -> None:
    """For a scraper that knows one address only."""
    reply = fresh.get("/metrics")
    assert reply.status == 200 and Metrics(reply.body().decode()).sum("bellwether_build_info") == 1


def test_every_metric_is_documented(fresh: Host) -> None:
    """And nothing is documented that does not exist."""
    told = set(re.findall(r"^\| `((?:bellwether|process)_\w+)`",
                          (ROOT / "docs/metrics.md").read_text(), re.M))
    page = fresh.get("/metrics").body().decode()
    assert set(re.findall(r"^# TYPE (\w+)", page, re.M)) <= told

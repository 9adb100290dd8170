"""How full budgets and limits are, and who waits for them, as a scraper sees it."""

import json
import re
import time
from pathlib import Path

from integration.conftest import StartHost
from integration.counting import ask, body_of, budget, limit, rules_config
from integration.host import Host, wait_for
from integration.metrics_page import Metrics, scrape
from upstream import qwen
from upstream.scenarios import answers
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority

DEPLOY = Path(__file__).parents[2] / "config/deploy"


def send(connection, body: bytes) -> None:
    connection.socket.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%s" % (len(body), body))


def test_how_a_budget_stands(start_host: StartHost, upstream: Simulator,
                             authority: Authority) -> None:
    """Its limit, what is used, what is held for a call in flight, and when it begins anew."""
    host: Host = start_host(rules_config(budget(1000, per="day"), upstream, authority))
    ask(host, upstream.serve(answers.chat(used=qwen.usage(70, 30)))).body()
    wait_for(lambda: scrape(host).sum("bellwether_budget_used", budget="everyone") == 100,
             "the call is counted")
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat(used=qwen.usage(1, 1))))
    with host.connect() as connection:
        send(connection, body_of(model))
        wait_for(lambda: scrape(host).sum("bellwether_budget_held") > 0, "the hold is seen")
        metrics = scrape(host)
        held = metrics.sum("bellwether_budget_held", budget="everyone", unit="tokens")
        assert metrics.sum("bellwether_budget_limit", budget="everyone") == 1000
        assert metrics.sum("bellwether_budget_counters") == 1
        share = metrics.sum("bellwether_budget_fullest_ratio")
        assert abs(share - (100 + held) / 1000) < 0.0002
        assert 0 < metrics.sum("bellwether_budget_resets_timestamp_seconds") - time.time() <= 90_000
        gate.open()
        connection.read_reply().body()


def test_users_are_no_labels(start_host: StartHost, upstream: Simulator,
                             authority: Authority) -> None:
    host = start_host(rules_config(budget(1000, each='"user"'), upstream, authority))
    for user in ("user-1", "user-2", "user-3"):
        ask(host, upstream.serve(answers.chat(used=qwen.usage(10, 10))), user=user).body()
    wait_for(lambda: scrape(host).sum("bellwether_budget_used") == 60, "all are counted")
    metrics = scrape(host)
    assert metrics.sum("bellwether_budget_counters") == 3
    assert metrics.sum("bellwether_budget_fullest_ratio") == 0.02
    text = host.admin("GET", "/metrics").body().decode()
    assert "user-" not in text


def test_who_waits_for_a_limit(start_host: StartHost, upstream: Simulator,
                               authority: Authority) -> None:
    host = start_host(rules_config(limit(concurrent="1", on_limit='"queue:30s"'), upstream,
                                   authority))
    gate = Gate(upstream)
    model = upstream.serve(gate.behind(answers.chat()))
    with host.connect() as first, host.connect() as second:
        send(first, body_of(model))
        upstream.journal.wait(model, lambda entries: len(entries) == 1)
        assert scrape(host).sum("bellwether_calls_waiting", limit="fair") == 0
        send(second, body_of(model))
        wait_for(lambda: scrape(host).sum("bellwether_calls_waiting", limit="fair") == 1,
                 "the second stands in line")
        wait_for(lambda: scrape(host).sum("bellwether_limit_concurrent_held", limit="fair") == 1,
                 "one runs")
        assert scrape(host).sum("bellwether_limit_concurrent", limit="fair") == 1
        gate.open()
        first.read_reply().body()
        second.read_reply().body()
    assert scrape(host).sum("bellwether_calls_waiting") == 0


def test_the_main_listener_does_not_wait_for_the_ledger(start_host: StartHost,
                                                        upstream: Simulator,
                                                        authority: Authority) -> None:
    host = start_host(rules_config(budget(1000), upstream, authority))
    text = host.get("/metrics").body().decode()
    assert "bellwether_calls_waiting" in text and "bellwether_budget_limit" not in text


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\b(?:bellwether|process)_[a-z_]+\b", text))


def test_alerts_and_the_dashboard_know_the_metrics(start_host: StartHost, upstream: Simulator,
                                                   authority: Authority) -> None:
    """Every name in them is one of the page, or nobody is ever told."""
    host = start_host(rules_config(budget(1000) + limit(concurrent="5"), upstream, authority))
    ask(host, upstream.serve(answers.chat())).body()
    ask(host, upstream.serve(answers.chat()), stream=True).body()
    metrics: Metrics = scrape(host)
    known = {sample.name for sample in metrics.samples} | {f.name for f in metrics.families}
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    asked = names_in(" ".join(target["expr"] for panel in board["panels"]
                              for target in panel["targets"]))
    alerts = names_in("\n".join(
        line for line in (DEPLOY / "alerts.yml").read_text().splitlines()
        if not line.lstrip().startswith("#")))
    assert len(asked) > 8 and len(alerts) > 8
    assert asked | alerts <= known, (asked | alerts) - known

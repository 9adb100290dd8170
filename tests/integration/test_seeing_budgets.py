"""How full budgets and limits are, and who waits for them, as a scraper sees it."""

import json
import re
import time
from pathlib import Path

from integration.client_keys import new_key
from integration.conftest import StartHost, provider, route, server
from integration.counting import ask, body_of, budget, limit, rules_config
from integration.host import Host, run_cli, wait_for
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


# ---- explained beforehand -----------------------------------------------------------------------

RULES = (budget("10 USD", name="all", per="month", mode='"soft"')
         + budget(500, name="mine", per="day", each='"user"')
         + budget(500, name="theirs", match='{ user = "bob" }')
         + limit("fair", requests='"100/min"', concurrent="5")
         + limit("elsewhere", requests='"1/s"', match='{ model = "gpt-*" }'))


def explained(host: Host, *options: str) -> dict[str, dict]:
    told = run_cli("explain", "qwen-x", "--json", *options, "--config", host.config)
    assert told.returncode == 0, told.stderr
    return {f"{count['name']}: {count['counts']}": count
            for count in json.loads(told.stdout)["counted_by"]}


def test_what_would_count_a_call(start_host: StartHost, upstream: Simulator,
                                 authority: Authority) -> None:
    """Every budget and limit, by the rules that count real calls; those of others are not named."""
    config = rules_config(RULES, upstream, authority).replace(
        "[providers.holysheep]", "[providers.holysheep]\nmax_concurrent = 7")
    host = start_host(config)
    counts = explained(host, "--user", "ann")
    assert list(counts) == ["all: 10.00 USD a month, soft", "mine: 500 tok a day, hard",
                            "fair: 5 at once", "fair: 100/min requests",
                            "providers.holysheep: 7 at once"], counts
    assert counts["mine: 500 tok a day, hard"]["of"] == ["ann"]
    assert "theirs: 500 tok for good, hard" in explained(host, "--user", "bob")
    text = run_cli("explain", "qwen-x", "--user", "ann", "--config", host.config).stdout
    assert '"mine": 500 tok a day, hard, of the user ann (line ' in text
    nobody = run_cli("explain", "qwen-x", "--config", host.config).stdout
    assert "for each user (--user names one)" in nobody
    page = host.admin("GET", "/admin/explain?model=qwen-x&user=bob").json()
    assert "theirs" in {count["name"] for count in page["counted_by"]}


def test_what_would_count_a_keys_call(start_host: StartHost, upstream: Simulator,
                                      authority: Authority) -> None:
    alice, bob = new_key("alice", "--team", "blue"), new_key("bob")
    host = start_host(rules_config(
        budget(9, name="blue", match='{ team = "blue" }') + budget(8, name="keys", each='"key"'),
        upstream, authority) + alice.toml + bob.toml)
    assert [count["of"] for count in explained(host, "--key", "alice").values()] == [[], ["alice"]]
    assert list(explained(host, "--key", "bob")) == ["keys: 8 tok for good, hard"]


def test_usage_by_key_tells_their_names(start_host: StartHost, upstream: Simulator,
                                        authority: Authority) -> None:
    alice = new_key("alice")
    host = start_host(rules_config("", upstream, authority) + alice.toml)
    model = upstream.serve(answers.chat(used=qwen.usage(7, 3)))
    assert host.chat(model, headers=alice.bearer).status == 200

    def groups() -> list[dict]:
        told = run_cli("usage", "--by", "key", "--json", "--admin", host.admin_url)
        return json.loads(told.stdout)["groups"] if told.returncode == 0 else []

    wait_for(groups, "the call is in the books")
    (group,) = groups()
    assert (group["name"], group["id"], group["calls"]) == ("alice", alice.id, 1)
    table = run_cli("usage", "--by", "key", "--admin", host.admin_url).stdout
    assert "alice" in table and alice.id not in table and "OUTPUT TOK" in table


def test_a_budgets_header_has_its_unit(start_host: StartHost, upstream: Simulator,
                                       authority: Authority) -> None:
    host = start_host(rules_config(budget(10_000, name="tokens") + budget("5 USD", name="money")
                                   + '\n[[prices]]\nprovider = "holysheep"\nmodel = "*"\ninput = "1 USD"\n'
                                   'output = "2 USD"\n',
                                   upstream, authority))
    reply = ask(host, upstream.serve(answers.chat()))
    lines = [value for name, value in reply.header_list if name == "x-bellwether-budget"]
    assert [line.rsplit("; ", 1)[1] for line in lines] == ["unit=tokens", "unit=micro_usd"], lines


def test_a_place_is_taken_where_the_call_goes_first(start_host: StartHost, upstream: Simulator,
                                                    authority: Authority) -> None:
    """As real calls do; and a caller without a key has no team."""
    first = provider("first", upstream, authority) + "max_concurrent = 3\n"
    second = provider("second", upstream, authority) + "max_concurrent = 4\n"
    host = start_host(server(1) + first + second + route("qwen-*", '["first", "second"]')
                      + '\n[ledger]\nurl = "memory:"\n' + budget(9, name="teams", each='"team"'))
    counts = explained(host)
    assert list(counts) == ["teams: 9 tok for good, hard", "providers.first: 3 at once"]
    assert counts["teams: 9 tok for good, hard"]["of"] == []
    text = run_cli("explain", "qwen-x", "--config", host.config).stdout
    assert "for each team (--key names one)" in text

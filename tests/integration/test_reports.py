"""Budgets and usage as an operator sees them: admin pages, command line, and a stopped host's file."""

import csv
import io
import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import ROOT, Host, run_cli, wait_for
from upstream import qwen
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

ALICES_CALLS = 200

BUDGETS = """
[[budgets]]
name = "everyone"
limit = "20 Mtok"
per = "month"
reset = { day = 25, hour = 0, zone = "Asia/Bangkok" }

[[budgets]]
name = "user-money"
limit = "100 USD"
per = "none"
each = "user"
mode = "soft"
match = { model = "qwen-max" }

[[budgets]]
name = "unused"
limit = "5 ktok"
per = "day"
match = { model = "qwen-nobody-asks" }

[[limits]]
name = "per-user"
each = "user"
concurrent = 10
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def config(upstream: Simulator, authority: Authority, ledger: str, admin: str | None = None) -> str:
    """The shipped prices, three budgets and a limit."""
    text = server(default_max_tokens="100") + provider("holysheep", upstream, authority)
    if admin:
        text = text.replace('[admin]\nlisten = "127.0.0.1:0"', f'[admin]\nlisten = "{admin}"')
    text += '\n[providers.echo]\nplugin = "echo"\n' + route("qwen-*", '["holysheep"]')
    text += route("echo", '["echo"]') + f'\n[ledger]\nurl = "{ledger}"\n' + BUDGETS
    return f'price_files = "{ROOT}/config/prices.toml"\n' + text


@pytest.fixture(scope="module")
def host(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    return start_host(config(upstream, authority, "memory:", f"127.0.0.1:{free_port()}"))


def call(host: Host, upstream: Simulator, user: str, prompt: int, completion: int) -> None:
    """One call of qwen-max that used so many tokens."""
    with upstream.playing("qwen-max", answers.chat(used=qwen.usage(prompt, completion))):
        reply = host.chat("qwen-max", user=user)
        assert reply.status == 200, reply.body()
        reply.body()


def usage(host: Host, query: str = "") -> Any:
    reply = host.admin("GET", "/admin/usage" + query)
    told = reply.json()
    assert reply.status == 200, told
    return told


def counted(host: Host, calls: int) -> Any:
    """What the host tells once so many calls are settled."""
    def told() -> Any:
        report = usage(host)
        return report if report["total"]["calls"] == calls else None
    return wait_for(told, f"{calls} calls in the usage")


def budget(host: Host, name: str) -> Any:
    (only,) = host.admin("GET", f"/admin/budgets?name={name}").json()["budgets"]
    return only


@pytest.fixture(scope="module")
def used(host: Host, upstream: Simulator) -> Host:
    """After ten million tokens of alice, no more than the model's context each time, and a few of
    others."""
    for _ in range(ALICES_CALLS):
        call(host, upstream, "alice", 4_000_000 // ALICES_CALLS, 6_000_000 // ALICES_CALLS)
    for user in range(6):
        call(host, upstream, f"user-{user}", 1_000 * (user + 1) - 1, 1)
    host.chat("echo", user='=1+1,"quoted"').body()
    counted(host, ALICES_CALLS + 7)
    return host


# ---- the admin listener -------------------------------------------------------------------------

def test_ten_million_tokens_of_qwen_max_save_68_dollars(used: Host) -> None:
    """At the shipped prices: 12 dollars where others take 80."""
    (alice,) = [group for group in usage(used, "?by=user")["groups"] if group["name"] == "alice"]
    assert alice["input_tokens"] + alice["output_tokens"] == 10_000_000
    assert alice["cost_micro_usd"] == 12_000_000
    assert alice["list_cost_micro_usd"] == 80_000_000
    assert alice["saved_micro_usd"] == 68_000_000


def test_usage_by_model(used: Host) -> None:
    """Counts, tokens, times; what adds up adds up to the total."""
    report = usage(used)
    groups = {group["name"]: group for group in report["groups"]}
    assert list(groups) == ["qwen-max", "echo"] and report["other"] is None
    assert groups["qwen-max"]["calls"] == groups["qwen-max"]["succeeded"] == ALICES_CALLS + 6
    for figure in ("calls", "input_tokens", "output_tokens", "cost_micro_usd"):
        assert sum(group[figure] for group in groups.values()) == report["total"][figure]
    assert groups["echo"]["list_cost_micro_usd"] is None
    times = groups["qwen-max"]["duration_us"]
    assert 0 < times["p50"] <= times["p99"] and times["average"] > 0
    assert groups["qwen-max"]["output_tokens_per_second"] > 0
    assert [user["name"] for user in report["top_users"]][0] == "alice"
    assert len(report["top_users"]) == 5


@pytest.mark.parametrize("by", ["key", "user", "team", "provider", "route", "day"])
def test_usage_by_anything(used: Host, by: str) -> None:
    """And the rest together, where only the greatest are asked for."""
    report = usage(used, f"?by={by}&top=1&zone=Asia/Bangkok&since=24h")
    assert len(report["groups"]) == 1
    rest = report["other"]["calls"] if report["other"] else 0
    assert report["groups"][0]["calls"] + rest == report["total"]["calls"] == ALICES_CALLS + 7
    assert report["since"].endswith("+07:00")


def test_usage_of_another_time(used: Host) -> None:
    """Nothing was used then."""
    report = usage(used, "?since=2020-01-01&until=2020-02-01")
    assert report["total"]["calls"] == 0 and report["groups"] == []
    assert report["until"] == "2020-02-01T00:00:00Z"


@pytest.mark.parametrize("query, word", [
    ("by=colour", "by"), ("since=soon", "since"), ("until=2026-02-30", "until"), ("top=0", "top"),
    ("since=1d&until=2d", "until"), ("zone=Mars/Olympus", "zone")])
def test_usage_of_nonsense(used: Host, query: str, word: str) -> None:
    """Says which word, and what it should be."""
    reply = used.admin("GET", "/admin/usage?" + query)
    error = reply.error()
    assert reply.status == 400 and error["param"] == word and word in error["message"]


def test_budgets(used: Host) -> None:
    """Each one of the configuration, used or not."""
    told = used.admin("GET", "/admin/budgets").json()
    assert [rule["name"] for rule in told["budgets"]] == ["everyone", "user-money", "unused"]
    everyone, money, unused = told["budgets"]
    assert everyone["used"] >= 10_021_000 and everyone["held"] == 0 and everyone["counters"] == 1
    assert everyone["left"] == 20_000_000 - everyone["used"]
    assert 50 < everyone["percent"] < 51
    assert re.fullmatch(r"\d{4}-\d\d-25T00:00:00\+07:00", everyone["resets"])
    assert money["unit"] == "micro_usd" and money["counters"] == 7 and money["resets"] is None
    assert [top["value"] for top in money["top"]][:2] == ["alice", "user-5"]
    assert len(money["top"]) == 5 and money["top"][0]["percent"] == 12
    assert (unused["used"], unused["counters"], unused["left"]) == (0, 0, 5_000)
    assert [limit["name"] for limit in told["limits"]] == ["per-user"]
    assert used.admin("GET", "/admin/budgets?name=nobody").status == 404


def test_a_reset_needs_a_budget(used: Host) -> None:
    """Which nobody else may ask for than a program on this machine."""
    for payload, status in (({"name": "nobody"}, 404), ({}, 400), ([], 400), ({"name": 3}, 400)):
        reply = used.admin("POST", "/admin/budgets/reset", payload)
        assert reply.status == status and reply.error()["message"]
    assert used.admin("GET", "/admin/budgets/reset").status == 405


def test_without_a_ledger(start_host: StartHost) -> None:
    """Says how to have one."""
    host = start_host(server() + "[providers.echo]\n" + route("echo", '["echo"]'))
    for page in ("/admin/usage", "/admin/budgets"):
        reply = host.admin("GET", page)
        assert reply.status == 404 and "[ledger]" in reply.error()["message"]
    said = run_cli("usage", "--config", host.config)
    assert said.returncode == 1 and "[ledger]" in said.stderr


# ---- the command line ---------------------------------------------------------------------------

def test_usage_for_people(used: Host) -> None:
    """A table whose amounts are aligned, and the saving in words."""
    done = run_cli("usage", "--by", "user", "--config", used.config)
    assert done.returncode == 0 and not done.stderr
    lines = done.stdout.splitlines()
    table = lines[2:lines.index("", 2)]
    assert table[0].startswith("USER") and table[-1].startswith("total")
    end = table[0].index("COST") + 4
    assert all(re.search(r"[$\d.]+$", line[:end]) for line in table[1:])
    assert re.search(rf"alice +{ALICES_CALLS} +{ALICES_CALLS} +4,000,000 +6,000,000 +\$12.00 +\$80.00 +\$68.00", done.stdout)
    assert re.search(r"^Saved \$68\.\d\d of \$80\.\d\d at list prices \(85\.0 %\)", done.stdout, re.M)
    assert "Top users: alice" in run_cli("usage", "--config", used.config).stdout


def test_usage_for_programs(used: Host) -> None:
    """JSON as the admin page has it; CSV that a spreadsheet reads, names as they are."""
    told = run_cli("usage", "--json", "--by", "user", "--config", used.config)
    assert json.loads(told.stdout) == usage(used, "?by=user") | {
        "since": json.loads(told.stdout)["since"]}
    done = run_cli("usage", "--csv", "--by", "user", "--admin", used.admin_url)
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(done.stdout, newline=""))}
    assert rows["alice"]["saved_usd"] == "68.000000"
    assert rows['=1+1,"quoted"']["calls"] == "1" and rows['=1+1,"quoted"']["saved_usd"] == ""
    assert sum(int(row["calls"]) for row in rows.values()) == ALICES_CALLS + 7


def test_usage_of_nothing(used: Host) -> None:
    """A sentence, not an empty table."""
    done = run_cli("usage", "--since", "2020-01-01", "--until", "2020-02-01", "--config",
                   used.config)
    assert done.returncode == 0 and done.stdout.startswith("No call has been counted since 2020-01")


@pytest.mark.parametrize("flag, text", [("--by", "colour"), ("--since", "soon"), ("--top", "0"),
                                        ("--until", "x"), ("--zone", "Mars/Olympus")])
def test_wrong_usage_of_usage(used: Host, flag: str, text: str) -> None:
    """Exit code 2, and what it should be."""
    done = run_cli("usage", flag, text, "--config", used.config)
    assert done.returncode == 2 and flag in done.stderr and text in done.stderr


def test_budget_list(used: Host) -> None:
    """Each budget a line; for programs, too."""
    done = run_cli("budget", "list", "--config", used.config)
    assert done.returncode == 0
    for name in ("everyone", "user-money", "unused", "per-user"):
        assert re.search(rf"^{name} ", done.stdout, re.M), done.stdout
    assert re.search(r"^everyone .* 20,000,000 +10,0\d\d,\d\d\d ", done.stdout, re.M)
    told = json.loads(run_cli("budget", "list", "--json", "--config", used.config).stdout)
    assert told == used.admin("GET", "/admin/budgets").json()
    rows = list(csv.DictReader(io.StringIO(
        run_cli("budget", "list", "--csv", "--config", used.config).stdout, newline="")))
    assert [row["name"] for row in rows] == ["everyone", "user-money", "unused"]
    assert rows[1]["each"] == "user" and rows[0]["each"] == "" and rows[2]["used"] == "0"


def test_budget_show(used: Host) -> None:
    """With whom it is fullest."""
    done = run_cli("budget", "show", "user-money", "--config", used.config)
    assert done.returncode == 0 and "$100.00 for each user" in done.stdout
    assert re.search(r"^alice +\$12\.00 +\$0\.00 +12\.00 %$", done.stdout, re.M), done.stdout
    unknown = run_cli("budget", "show", "nobody", "--config", used.config)
    assert unknown.returncode == 1 and "everyone" in unknown.stderr


def test_budget_reset(used: Host) -> None:
    """Not unasked; then from 0."""
    unasked = run_cli("budget", "reset", "everyone", "--config", used.config, input="")
    assert unasked.returncode == 2 and "--yes" in unasked.stderr
    assert budget(used, "everyone")["used"] > 0
    done = run_cli("budget", "reset", "everyone", "--yes", "--config", used.config)
    assert done.returncode == 0 and "everyone" in done.stdout
    assert budget(used, "everyone")["used"] == 0
    assert budget(used, "user-money")["used"] > 0
    limit = run_cli("budget", "reset", "per-user", "--yes", "--config", used.config)
    assert limit.returncode == 1 and "limit" in limit.stderr


def test_another_host_at_the_address(used: Host, tmp_path: Path) -> None:
    """Its budgets are not taken for those of this configuration."""
    other = tmp_path / "other.toml"
    other.write_text(used.config.read_text())
    done = run_cli("budget", "reset", "everyone", "--yes", "--config", other)
    assert done.returncode == 1 and str(used.config) in done.stderr
    assert "note" in run_cli("usage", "--config", other).stderr


def test_nobody_runs(tmp_path: Path, upstream: Simulator, authority: Authority) -> None:
    """What was in memory is gone, and the message says what to do."""
    file = tmp_path / "bellwether.toml"
    file.write_text(config(upstream, authority, "memory:", f"127.0.0.1:{free_port()}"))
    done = run_cli("usage", "--config", file)
    assert done.returncode == 1 and "bellwether serve" in done.stderr
    named = run_cli("usage", "--admin", "http://127.0.0.1:1")
    assert named.returncode == 1 and "http://127.0.0.1:1" in named.stderr
    api = run_cli("usage", "--admin", upstream.base_url.replace("https", "http"))
    assert api.returncode == 1


# ---- a file -------------------------------------------------------------------------------------

def test_a_ledger_that_is_not_there_yet(tmp_path: Path, upstream: Simulator,
                                        authority: Authority) -> None:
    """Nothing was used, and no file is made by asking."""
    file = tmp_path / "bellwether.toml"
    file.write_text(config(upstream, authority, "sqlite:ledger.db", f"127.0.0.1:{free_port()}"))
    done = run_cli("usage", "--config", file)
    assert done.returncode == 0 and "No call has been counted" in done.stdout
    told = json.loads(run_cli("budget", "list", "--json", "--config", file).stdout)
    assert [rule["used"] for rule in told["budgets"]] == [0, 0, 0]
    assert not (tmp_path / "ledger.db").exists()


def test_the_file_of_a_host_that_has_stopped(tmp_path: Path, upstream: Simulator,
                                             authority: Authority) -> None:
    """Says the same as the host did; a reset there counts for the next host."""
    text = config(upstream, authority, "sqlite:ledger.db", f"127.0.0.1:{free_port()}")
    host = Host(text, tmp_path)
    call(host, upstream, "alice", 20_000, 30_000)
    counted(host, 1)
    running = json.loads(run_cli("usage", "--json", "--config", host.config).stdout)
    budgets = json.loads(run_cli("budget", "list", "--json", "--config", host.config).stdout)
    host.stop()
    stopped = json.loads(run_cli("usage", "--json", "--config", host.config).stdout)
    assert stopped | {"since": ""} == running | {"since": ""}
    assert stopped["total"]["saved_micro_usd"] == 340_000
    now = json.loads(run_cli("budget", "list", "--json", "--config", host.config).stdout)
    assert now["budgets"] == budgets["budgets"]
    assert [limit["held"] for limit in now["limits"]] == [0]
    done = run_cli("budget", "reset", "everyone", "--yes", "--config", host.config)
    assert done.returncode == 0 and "ledger.db" in done.stdout
    again = Host(text, tmp_path)
    try:
        assert budget(again, "everyone")["used"] == 0
        assert usage(again)["total"]["calls"] == 1
    finally:
        again.stop()


def test_a_reset_beside_a_host_that_holds_the_file(tmp_path: Path, upstream: Simulator,
                                                   authority: Authority) -> None:
    """Whose admin listener nobody told of: it is read, and not written."""
    text = config(upstream, authority, "sqlite:ledger.db")
    host = Host(text, tmp_path)
    try:
        call(host, upstream, "alice", 999, 1)
        counted(host, 1)
        assert "alice" in run_cli("usage", "--by", "user", "--config", host.config).stdout
        done = run_cli("budget", "reset", "everyone", "--yes", "--config", host.config)
        assert done.returncode == 1 and "another host" in done.stderr
        assert budget(host, "everyone")["used"] == 1_000
    finally:
        host.stop()

"""`isolate = true`: a plugin's process may end, hang and try what it likes; the host serves on, and says what it was."""

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

import pytest

from integration.bad_plugins import build, calls, crashing
from integration.bad_plugins.bench import Bench, check_row
from integration.bad_plugins.row import Call, LastWords
from integration.bad_plugins.upstream import upstream as bad_upstream
from integration.conftest import NOT_SANITIZED, StartHost, route, server
from integration.host import Host, run_cli, wait_for
from integration.metrics_page import scrape

pytestmark = NOT_SANITIZED

WAYS_OUT = {
    "fork": "clone (a process)", "exec": "execve", "socket": "socket", "socketpair": "socketpair", "open": "openat", "write": "openat",
    "proc": "openat", "memory-file": "openat", "stat": "newfstatat", "ptrace": "ptrace", "kill": "kill",
    "tgkill": "tgkill (another process)", "read-memory": "process_vm_readv", "memfd": "memfd_create", "code": "mmap (of code)",
    "handler": "rt_sigaction (of SIGSYS)", "prctl": "prctl", "session": "setsid", "unlink": "unlink",
    "affinity": "sched_setaffinity (of another process)", "other": "another system call",
}
WITHOUT_A_CALL = ("limit", "environment", "descriptors")  # the limit is the kernel's to refuse; the others are only looked at


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("isolated-plugins")
    build.compile_all(folder)
    build.compile_library(folder, "hostile")
    return folder


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with bad_upstream() as url:
        yield url


def section(name: str, file: Path, base_url: str, **members: Any) -> str:
    lines = "".join(f'{key} = {json.dumps(value)}\n' for key, value in {"isolate": True, **members}.items())
    return f'\n[providers."{name}"]\nplugin = "{file}"\nbase_url = "{base_url}"\n{lines}'


def processes(host: Host, provider: str) -> list[dict[str, Any]]:
    plugins = host.admin("GET", "/admin/plugins").json()["plugins"]
    return next(plugin["isolated"] for plugin in plugins if plugin["provider"] == provider)


def isolated(host: Host, provider: str) -> dict[str, Any]:
    process, = processes(host, provider)
    return process


def content(host: Host, model: str) -> str:
    reply = host.chat(model)
    assert reply.status == 200, reply.body()
    return reply.json()["choices"][0]["message"]["content"]


# ---- what a plugin may not do -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prison(start_host: StartHost, built: Path, base_url: str) -> Host:
    """A host with a provider for each way out, all of them hostile."""
    ways = [*WAYS_OUT, *WITHOUT_A_CALL]
    return start_host(server(1) + "".join(
        section(way, build.file_of(built, "hostile"), base_url, how="tries", what=way) + route(way, f'"{way}"') for way in ways))


@pytest.mark.parametrize("way", [*WAYS_OUT, *WITHOUT_A_CALL])
def test_no_way_leads_out(prison: Host, way: str) -> None:
    assert content(prison, way).startswith("refused ")
    assert isolated(prison, way)["condition"] == "up"  # a refusal ends nothing


@pytest.mark.parametrize("way", WAYS_OUT)
def test_what_was_tried_is_seen(prison: Host, way: str) -> None:
    """In the log, in the metrics and on the admin page."""
    content(prison, way)
    call = WAYS_OUT[way]
    wait_for(lambda: call in isolated(prison, way)["refused"], f"{call} on the page")
    wait_for(lambda: f'provider \\"{way}\\": its plugin tried {call}, which it may not; refused' in prison.log(), "the line")
    assert scrape(prison).sum("bellwether_plugin_refused_calls_total", provider=way, call=call) >= 1


def test_what_was_tried_can_be_made_up_within_bounds(start_host: StartHost, built: Path, base_url: str) -> None:
    """A plugin that finds the memory which it shares with the host writes numbers where its refusals are counted."""
    host = start_host(server(1) + section("p", build.file_of(built, "hostile"), base_url, how="tries", what="forge") + route("m", '"p"'))
    assert content(host, "m").startswith("refused ")
    wait_for(lambda: len(isolated(host, "p")["refused"]) > 20, "the numbers")
    refused = isolated(host, "p")["refused"]
    assert set(WAYS_OUT.values()) <= set(refused) and len(refused) < 40
    assert max(refused.values()) == 1_000_000
    assert host.log().count("which it may not; refused") == len(refused)
    assert isolated(host, "p")["condition"] == "up"


def test_what_confines_it_is_shown(prison: Host) -> None:
    shown = isolated(prison, "open")
    assert {"seccomp", "no_new_privileges", "memory_limit", "no_files", "no_core", "dies_with_host"} <= set(shown["confined_by"])
    assert set(shown["confined_by"]) | set(shown["not_confined_by"]) >= {"landlock"}


# ---- ends --------------------------------------------------------------------------------------------------------------


def hospital(start_host: StartHost, built: Path, base_url: str, how: str, **members: Any) -> Host:
    """The hostile plugin first, then the echo."""
    file = build.file_of(built, "hostile")
    return start_host(server(1) + section("p", file, base_url, how=how, **members) + '\n[providers.echo]\nisolate = true\n'
                      + route("m", '"p"') + route("both", '["p", "echo"]') + route("e", '"echo"'))


@pytest.mark.parametrize("how, reason, words", [
    ("hangs", "hang", "its plugin's process did not return from call_open within 200 ms"),
    ("hangs in data", "hang", "its plugin's process did not return from call_data or call_end within 200 ms"),
    ("eats", "memory", "its plugin's process ran out of the 64 MiB that isolate_memory allows"),
    ("leaves", "exit", "its plugin's process ended by itself, with exit code 3"),
])
def test_an_end_fails_its_call_alone(start_host: StartHost, built: Path, base_url: str, how: str, reason: str, words: str) -> None:
    """The call goes to the next target, and the process comes back."""
    budget = {} if reason == "memory" else {"callback_budget": "200ms"}
    host = hospital(start_host, built, base_url, how, isolate_memory="64MiB", **budget)
    reply = host.chat("both")
    assert (reply.status, reply.headers["x-bellwether-provider"]) == (200, "echo")
    wait_for(lambda: isolated(host, "p")["ends"] == {reason: 1}, "the end on the page")
    assert words.removeprefix("its plugin's process ") in isolated(host, "p")["last_end"]
    wait_for(lambda: isolated(host, "p")["condition"] == "up", "its return")

    def told() -> bool:
        reply = host.chat("m")
        assert reply.status == 502
        return words in reply.error()["message"]
    wait_for(told, "the reason in an answer")
    assert host.chat("e").status == 200


def test_one_that_ends_again_and_again_is_left_alone(start_host: StartHost, built: Path, base_url: str) -> None:
    host = hospital(start_host, built, base_url, "waits")
    process = 0

    def anew() -> int:
        now = isolated(host, "p")["process"]
        return now if now not in (0, process) else 0
    for _ in range(5):
        process = wait_for(anew, "another process", 20)
        os.kill(process, signal.SIGKILL)
    wait_for(lambda: isolated(host, "p")["condition"] == "quarantined", "the quarantine")
    metrics = scrape(host)
    assert metrics.sum("bellwether_plugin_quarantined", provider="p") == 1
    assert metrics.sum("bellwether_plugin_up", provider="p") == 0
    assert metrics.sum("bellwether_plugin_deaths_total", provider="p", reason="signal") == 5
    assert "it has ended too often, and is left alone for 600 s" in host.log()
    assert host.chat("both").headers["x-bellwether-provider"] == "echo"


def test_calls_that_wait_end_with_the_process(start_host: StartHost, built: Path, base_url: str) -> None:
    """Whatever they wait for: here for a step that nobody asks for."""
    host = hospital(start_host, built, base_url, "waits")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(lambda: host.chat("m"))
        wait_for(lambda: scrape(host).sum("bellwether_target_calls_in_flight", provider="p") >= 1, "the call")
        os.kill(isolated(host, "p")["process"], signal.SIGKILL)
        reply = waiting.result(5)
    assert reply.status == 502
    assert "its plugin's process was ended by SIGKILL" in reply.error()["message"]


def test_its_process_ends_with_the_host(tmp_path: Path, built: Path, base_url: str) -> None:
    """Even with one that is killed."""
    config = server(1) + section("p", build.file_of(built, "hostile"), base_url, how="waits") + route("m", '"p"')
    host = Host(config, tmp_path)
    process = isolated(host, "p")["process"]
    host.process.kill()
    host.process.wait(5)
    wait_for(lambda: not Path(f"/proc/{process}/exe").exists(), "its end")


def test_what_it_prints_is_in_the_log(start_host: StartHost, built: Path, base_url: str) -> None:
    host = hospital(start_host, built, base_url, "prints")
    assert host.chat("m").status == 200
    wait_for(lambda: 'its plugin\'s process wrote: a line of its own' in host.log(), "the line")


def test_what_large_answers_take_is_given_back(start_host: StartHost) -> None:
    host = start_host(server(1) + "\n[providers.echo]\nisolate = true\n" + route("e", '"echo"'))

    def held() -> int:
        status = Path(f"/proc/{isolated(host, 'echo')['process']}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) >> 10
    for _ in range(3):
        assert host.chat("e", "x" * (12 << 20)).status == 200
    wait_for(lambda: held() < 12, "less than one of them is held")


def test_one_that_closes_its_output_keeps_nobody_busy(start_host: StartHost, built: Path, base_url: str) -> None:
    """The thread that watches it waited for more of it, and was told each time that there is none."""
    host = hospital(start_host, built, base_url, "hushes")

    def states() -> list[str]:
        """Of its threads: S for one that sleeps."""
        tasks = Path(f"/proc/{host.process.pid}/task").iterdir()
        return [(task / "stat").read_text().rsplit(")", 1)[1].split()[0] for task in tasks]
    assert host.chat("m").status == 200
    wait_for(lambda: set(states()) == {"S"}, "a moment in which all of its threads sleep")


def test_an_instance_that_cannot_be_made_says_why(start_host: StartHost, built: Path, base_url: str) -> None:
    """The first worker's call leaves no memory in the process, which ends with the second worker's instance."""
    host = start_host(server(2) + section("p", build.file_of(built, "hostile"), base_url, how="crowds", isolate_memory="64MiB")
                      + route("m", '"p"'))
    failed = wait_for(lambda: next((reply for reply in [host.chat("m")] if reply.status != 200), None), "the other worker's call")
    end = wait_for(lambda: isolated(host, "p")["last_end"], "the end on the page")
    assert failed.error()["message"].startswith(f"its plugin's process {end}")


def test_one_that_logs_without_pause_goes_on(start_host: StartHost, built: Path, base_url: str) -> None:
    """A thread of its own writes as fast as it can: few of its lines are taken, and nobody waits for it."""
    host = hospital(start_host, built, base_url, "logs")
    assert host.chat("m").status == 200
    wait_for(lambda: host.log().count("its plugin's threads log too much") >= 3, "the count of three seconds")
    log = host.log()
    assert 100 <= log.count("a line without pause") <= 100 * (log.count("its plugin's threads log too much") + 1)
    assert host.chat("m").status == host.chat("e").status == 200
    assert (isolated(host, "p")["condition"], isolated(host, "p")["ends"]) == ("up", {})


def test_one_that_keeps_processors_busy_is_ended(start_host: StartHost, built: Path, base_url: str) -> None:
    """Also by a thread of its own, while its functions return in time."""
    host = hospital(start_host, built, base_url, "spins", isolate_cpu=0.05)
    assert host.chat("m").status == 200
    wait_for(lambda: isolated(host, "p")["ends"] == {"cpu": 1}, "the end on the page")
    assert isolated(host, "p")["last_end"] \
        == "kept more than 0.05 processors busy over 10 s, which isolate_cpu does not allow"
    wait_for(lambda: isolated(host, "p")["condition"] == "up", "its return")
    assert isolated(host, "echo")["ends"] == {}


# ---- a process for each worker -----------------------------------------------------------------------------------------


def answers(host: Host) -> set[int]:
    """The statuses of calls over many connections, which both of the workers get some of."""
    return {host.chat("m").status for _ in range(40)}


def test_each_worker_can_have_a_process_of_its_own(start_host: StartHost, built: Path, base_url: str) -> None:
    """One that stays away costs its worker's calls alone; the service and the instance are made in each."""
    host = start_host(server(2) + section("p", build.file_of(built, "hostile"), base_url, how="prints", isolate="worker")
                      + '\n[providers.echo]\n' + route("m", '"p"') + route("both", '["p", "echo"]'))
    first, second = processes(host, "p")
    assert first["process"] != second["process"] and first["condition"] == second["condition"] == "up"
    assert scrape(host).sum("bellwether_plugin_up", provider="p") == 2
    assert answers(host) == {200}
    killed = 0

    def anew() -> int:
        now = processes(host, "p")[0]["process"]
        return now if now not in (0, killed) else 0
    for _ in range(5):
        killed = wait_for(anew, "another process", 20)
        os.kill(killed, signal.SIGKILL)
    wait_for(lambda: processes(host, "p")[0]["condition"] == "quarantined", "the quarantine")
    assert processes(host, "p")[1]["process"] == second["process"]
    metrics = scrape(host)
    assert metrics.sum("bellwether_plugin_up", provider="p") == 1
    assert metrics.sum("bellwether_plugin_quarantined", provider="p") == 1
    assert metrics.sum("bellwether_plugin_deaths_total", provider="p", reason="signal") == 5
    assert answers(host) == {200, 502}
    assert {host.chat("both").status for _ in range(20)} == {200}


@pytest.mark.parametrize("entry, words", [
    ("bw_plugin_v9", "it speaks plugin ABI 9, this host speaks ABI 1; install a newer host or a build of the plugin for ABI 1"),
    ("harmless", "it is not a Bellwether plugin: it does not export bw_plugin_v1"),
])
def test_one_that_cannot_be_loaded_is_refused_in_the_same_words(tmp_path: Path, entry: str, words: str) -> None:
    file = build.compile_library(tmp_path, f"tables:ENTRY={entry}")
    config = tmp_path / "c.toml"
    config.write_text(section("p", file, "http://127.0.0.1:1") + route("m", '"p"'))
    done = run_cli("check", "--config", config)
    assert done.returncode == 2
    assert done.stderr == f'{config}:3:10: error: plugin "{file}" cannot be loaded: {file}: {words}\n'


# ---- each broken rule --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bench(start_host: StartHost, built: Path, base_url: str) -> Bench:
    stands = Bench(built, base_url, isolated=True)
    stands.run(start_host)
    return stands


@pytest.mark.parametrize("row", calls.CALLS, ids=[row.model for row in calls.CALLS])
def test_a_broken_rule_is_judged_as_in_the_host(bench: Bench, row: Call) -> None:
    """The same status, code and words, and the same of the next target and of the instance."""
    check_row(row, bench.seen[row.model])


# ---- each crash --------------------------------------------------------------------------------------------------------


def crashes(rows: list[LastWords]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


def file_of(built: Path, row: LastWords) -> Path:
    return build.file_of(built, f"throws:BAD_NOEXCEPT={int(row.what == 'throw')}" if row.what.startswith("throw") else "crashes")


def config_of(built: Path, row: LastWords, base_url: str) -> str:
    return section("p", file_of(built, row), base_url, how=row.where, what=row.what)


@crashes([row for row in crashing.ROWS if row.where in ("service_open", "create")])
def test_a_crash_while_it_is_made_is_a_mistake_of_the_config(built: Path, base_url: str, tmp_path: Path, row: LastWords) -> None:
    config = tmp_path / "c.toml"
    config.write_text(config_of(built, row, base_url) + route("m", '"p"'))
    done = run_cli("check", "--config", config)
    assert done.returncode == 2, done.stderr
    assert 'provider "p" refuses its configuration: its plugin\'s process ' in done.stderr
    assert f"in {row.where}" in done.stderr or row.silent


@crashes([row for row in crashing.ROWS if row.where in ("destroy", "service_close")])
def test_a_crash_while_it_ends_harms_nobody(built: Path, base_url: str, tmp_path: Path, row: LastWords) -> None:
    config = tmp_path / "c.toml"
    config.write_text(config_of(built, row, base_url) + route("m", '"p"'))
    assert run_cli("check", "--config", config).returncode == 0


CALLS = [row for row in crashing.ROWS if row.where in ("call_open", "call_data", "step", "call_close", "a thread")]


@pytest.fixture(scope="module")
def morgue(start_host: StartHost, built: Path, base_url: str) -> Host:
    """A provider for each crash, each with the echo behind it."""
    sections = [section(row.name, file_of(built, row), base_url, how=row.where, what=row.what)
                + route(row.name, f'["{row.name}", "echo"]') for row in CALLS]
    return start_host(server(1) + "".join(sections) + "\n[providers.echo]\n")


@crashes(CALLS)
def test_a_crash_in_a_call_leads_to_the_next_target(morgue: Host, row: LastWords) -> None:
    """And the process's end is told, with the function that it was in."""
    reply = morgue.chat(row.name)
    served_before = row.where == "call_close"  # by then the answer is whole
    assert (reply.status, reply.headers["x-bellwether-provider"]) == (200, row.name if served_before else "echo")
    wait_for(lambda: isolated(morgue, row.name)["last_end"], "its end")
    said = isolated(morgue, row.name)["last_end"]
    ended = "ended by itself, with exit code 70" if row.ends == 70 else f"was ended by {signal.Signals(-row.ends).name}"
    assert said.startswith(ended)
    place = "a thread of its own" if row.where == "a thread" else row.where
    assert row.silent or said.endswith(f", in {place}")


def test_the_host_outlives_all_of_them(morgue: Host) -> None:
    assert morgue.process.poll() is None

"""What a crash, a full disk and a read-only file do to the ledger: it forgets nothing that was
served, counts what it cannot know at its estimate, and says clearly when it cannot write."""

import itertools
import os
import random
import sqlite3
import subprocess
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Iterable, Iterator

import pytest

from integration.conftest import StartHost
from integration.counting import (
    MAX_TOKENS, ask, body_of, budget, limit, prompt_bound, rules_config, wait_until_left)
from integration.host import SLOWNESS, Host, run_cli, wait_for
from integration.http_client import Truncated
from upstream import qwen
from upstream.scenarios import answers, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

LIMIT = 500_000
CALLERS = 8
ROUNDS = int(os.environ.get("BELLWETHER_TEST_KILLS", "25" if SLOWNESS == 1 else "4"))  # of kill -9
WRITING = {"default": "", "at once": 'linger = "0ms"\n', "os": 'sync = "os"\n'}  # [ledger]


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


# ---- kill -9 ------------------------------------------------------------------------------------


class Load:
    """Callers that never rest until the host is gone, and the answers that they have."""

    def __init__(self, host: Host, model: str) -> None:
        self.answered: set[str] = set()
        self._host = host
        self._model = model
        self._threads = [threading.Thread(target=self._call, args=(number,))
                         for number in range(CALLERS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def _call(self, number: int) -> None:
        with suppress(OSError, ValueError, Truncated):  # the host is gone
            with self._host.connect() as connection:
                for at in itertools.count():
                    name = f"{self._host.process.pid}-{number}-{at:06}"
                    reply = connection.post("/v1/chat/completions",
                                            body_of(self._model, stream=at % 2 == 0),
                                            {"x-request-id": name})
                    reply.body()
                    assert reply.status == 200
                    self.answered.add(name)


@pytest.mark.parametrize("writing", WRITING.values(), ids=WRITING)
def test_a_kill_loses_nothing(tmp_path: Path, upstream: Simulator, authority: Authority,
                              writing: str) -> None:
    """`kill -9` under load, again and again on one file. After each start: every answer that a
    client has is in the ledger, with its figure or, if that lingered, at its estimate; what was in
    flight counts at its estimate; nothing else, nothing twice, and nothing is held for ever."""
    file = tmp_path / "ledger.db"
    used = qwen.usage(21, 13)
    model = upstream.serve(answers.chat(["word "] * 3, used=used))
    config = rules_config(budget(10 ** 12) + budget(10 ** 12, name="each", each='"user"')
                          + limit(requests='"1M/s"', concurrent="1000"),
                          upstream, authority, ledger=f"sqlite:{file}")
    config = config.replace("[ledger]\n", f"[ledger]\n{writing}")
    estimates = {prompt_bound(body_of(model, stream=stream)) + MAX_TOKENS
                 for stream in (False, True)}
    answered: set[str] = set()
    chance = random.Random(7)
    for number in range(ROUNDS):
        host = Host(config, tmp_path / str(number))
        with Load(host, model) as load:
            wanted = chance.randrange(1, 150)
            try:
                wait_for(lambda: len(load.answered) >= wanted, f"{wanted} answers", seconds=20)
            finally:
                host.process.kill()
                host.process.wait()
        host.process.stdout.close()
        answered |= load.answered
    Host(config, tmp_path / "last").stop()
    assert rows(file, "SELECT count(*) FROM holds") == [(0,)]
    usage = rows(file, "SELECT request_id, input_tokens + output_tokens, usage_source FROM usage")
    counted = {name: (tokens, source) for name, tokens, source in usage}
    reached = {entry.header("x-request-id") for entry in upstream.requests(model)}
    lost = {name for name, (_, source) in counted.items() if source == "estimate"}
    print(f"{ROUNDS} kills: {len(answered)} answers, {len(reached)} calls at the upstream, "
          f"{len(counted)} counted, {len(lost)} of them at their estimate; "
          f"{len(reached - counted.keys())} had not begun to be answered")
    assert len(usage) == len(counted), "a call is counted twice"
    assert not answered - counted.keys(), "an answer is not counted"
    in_flight = ROUNDS * CALLERS
    if writing == WRITING["at once"]:
        assert len(lost) <= in_flight
    assert_only_the_last_are_lost(lost, counted.keys())
    assert len(reached - counted.keys()) <= in_flight
    assert len(counted.keys() - reached) <= in_flight
    odd = {name: told for name, told in counted.items()
           if told[0] not in (estimates if told[1] == "estimate" else {21 + 13})}
    assert not odd
    total = sum(tokens for tokens, _ in counted.values())
    assert dict(rows(file, "SELECT rule, used FROM counters")) == {"everyone": total, "each": total}


def assert_only_the_last_are_lost(lost: set[str], counted: Iterable[str]) -> None:
    """Of each caller: settlements that lingered at the kill, and what was in flight then."""
    for _, calls in itertools.groupby(sorted(counted), key=lambda name: name.rsplit("-", 1)[0]):
        after_the_first = itertools.dropwhile(lambda name: name not in lost, calls)
        assert set(after_the_first) <= lost, "a settlement is lost, and a later one is not"


@pytest.mark.parametrize("writing", [*WRITING.values(), 'linger = "1s"\n'], ids=[*WRITING, "late"])
def test_calls_under_way_at_a_kill_are_charged(tmp_path: Path, upstream: Simulator,
                                               authority: Authority, writing: str) -> None:
    """Nobody waits for their answers to be written, as there are none; nothing else makes the host
    write, and what is settled may linger: their holds are in the file all the same, at once."""
    file = tmp_path / "ledger.db"
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()))
    quick = upstream.serve(answers.chat(used=qwen.usage(21, 13)))
    config = rules_config(budget(10 ** 12), upstream, authority, ledger=f"sqlite:{file}")
    host = Host(config.replace("[ledger]\n", f"[ledger]\n{writing}"), tmp_path / "killed")
    ask(host, quick).body()
    begun = time.monotonic()
    waiting = [threading.Thread(target=ask_in_vain, args=(host, model)) for _ in range(CALLERS)]
    for thread in waiting:
        thread.start()
    wait_for(lambda: len(upstream.requests(model)) == CALLERS, "all are at the upstream")
    wait_for(lambda: rows(file, "SELECT count(*) FROM holds WHERE error = '' AND "
                          f"model = '{model}'") == [(CALLERS,)], "their holds are in the file")
    print(f"{CALLERS} holds in the file {time.monotonic() - begun:.3f} s after the first call")
    host.process.kill()
    host.process.wait()
    host.process.stdout.close()
    for thread in waiting:
        thread.join()
    Host(config, tmp_path / "last").stop()
    lost = rows(file, f"SELECT count(*) FROM usage WHERE model = '{model}' AND error = 'host_lost'")
    assert lost == [(CALLERS,)]
    assert rows(file, f"SELECT count(*) FROM usage WHERE model = '{quick}'") == [(1,)]


def ask_in_vain(host: Host, model: str) -> None:
    with suppress(OSError, ValueError, Truncated):
        ask(host, model).body()


# ---- a file that cannot be written --------------------------------------------------------------


def test_what_was_used_outlives_the_host(tmp_path: Path, upstream: Simulator,
                                         authority: Authority) -> None:
    """A host that ends and starts anew goes on where it was, and refuses what no longer fits."""
    model = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    config = rules_config(budget(200), upstream, authority, ledger=f"sqlite:{tmp_path}/ledger.db")
    first = Host(config, tmp_path / "first")
    ask(first, model).body()
    first.stop()
    second = Host(config, tmp_path / "second")
    try:
        wait_until_left(second, model, 80)
        assert ask(second, model).status == 429
    finally:
        second.stop()


def test_usage_is_kept_for_as_long_as_the_config_says(
        tmp_path: Path, upstream: Simulator, authority: Authority) -> None:
    """Rows of calls that began before that go by themselves; what they came to stays counted."""
    file = tmp_path / "ledger.db"
    model = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    config = rules_config(budget(LIMIT), upstream, authority, ledger=f"sqlite:{file}")
    first = Host(config, tmp_path / "first")
    for _ in range(3):
        ask(first, model).body()
    first.stop()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE usage SET request_id = 'young'")
        names = [name for _, name, *_ in database.execute("PRAGMA table_info(usage)")]
        rest = ", ".join(name for name in names if name not in ("time_us", "request_id"))
        for name, seconds in (("old", 7200 + 60), ("not yet", 7200 - 600)):
            database.execute(f"INSERT INTO usage(time_us, request_id, {rest}) SELECT time_us - ?, ?, "
                             f"{rest} FROM usage WHERE request_id = 'young'", (seconds * 10 ** 6, name))
    second = Host(config.replace("[ledger]\n", '[ledger]\nkeep_usage = "2h"\n'),
                  tmp_path / "second")
    try:
        wait_for(lambda: not rows(file, "SELECT 1 FROM usage WHERE request_id = 'old'"),
                 "the old rows go")
        left = rows(file, "SELECT request_id, count(*) FROM usage GROUP BY request_id")
        assert dict(left) == {"young": 3, "not yet": 3}
        wait_until_left(second, model, LIMIT - 3 * 120)
    finally:
        second.stop()


@pytest.mark.parametrize("on_failure", ["refuse", "allow"])
def test_a_client_that_invents_users_fills_the_ledger_only_so_far(
        start_host: StartHost, upstream: Simulator, authority: Authority, on_failure: str) -> None:
    """Its new users are refused, also where a ledger that fails would let calls pass; those that
    were there are served, and what they used stays used."""
    model = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    config = rules_config(budget(300, name="each", per="month", each='"user"'), upstream, authority)
    more = f'[ledger]\nmax_counters = 100\non_failure = "{on_failure}"\n'
    host = start_host(config.replace("[ledger]\n", more))
    for number in range(100):
        reply = ask(host, model, user=f"user-{number}")
        reply.body()
        assert reply.status == 200, number
    for number in range(100, 130):
        reply = ask(host, model, user=f"user-{number}")
        assert reply.status == 503
        assert reply.error()["code"] == "ledger_unavailable"
    wait_for(lambda: "no room to count it" in host.log(), "the log tells of it")
    ask(host, model, user="user-7").body()
    wait_until_left(host, model, 300 - 2 * 120, name="each", user="user-7")
    assert ask(host, model, user="user-7").status == 429
    host.stop()
    assert host.log().count("no room to count it") == 1


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path, upstream: Simulator,
                                                authority: Authority) -> None:
    file = tmp_path / "ledger.db"
    file.write_text("notes of another program\n" * 100)
    config = tmp_path / "bellwether.toml"
    config.write_text(rules_config(budget(LIMIT), upstream, authority, ledger=f"sqlite:{file}"))
    ended = run_cli("serve", "--config", config)
    assert ended.returncode == 1
    assert str(file) in ended.stderr and len(ended.stderr.splitlines()) <= 2, ended.stderr
    assert file.read_text().startswith("notes of another program")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder],
                             capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("this needs the right to mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("way", ["same", "symlink", "hard link", "folder", "lock removed",
                                 "lock replaced"])
def test_a_second_host_finds_the_ledger_taken_by_whatever_name(
        tmp_path: Path, start_host: StartHost, upstream: Simulator, authority: Authority,
        way: str) -> None:
    """Each would overwrite the other's counters. The second says who has it and ends; the first
    does not notice."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    file, other = folder / "ledger.db", folder / "other.db"
    model = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    rules = budget(LIMIT)
    first = start_host(rules_config(rules, upstream, authority, ledger=f"sqlite:{file}"))
    ask(first, model).body()
    if way == "symlink":
        other.symlink_to(file)
    elif way == "hard link":
        os.link(file, other)
    elif way == "folder":
        (tmp_path / "another").symlink_to(folder)
        other = tmp_path / "another" / "ledger.db"
    else:
        other = file
    if way.startswith("lock"):
        os.remove(f"{file}-lock")
    if way == "lock replaced":
        Path(f"{file}-lock").touch(0o600)
    config = tmp_path / "second.toml"
    config.write_text(rules_config(rules, upstream, authority, ledger=f"sqlite:{other}"))
    second = run_cli("serve", "--config", config)
    assert second.returncode == 1
    assert "another host uses this ledger" in second.stderr, second.stderr
    if way in ("same", "symlink", "folder"):
        assert f"process {first.process.pid} on " in second.stderr, second.stderr
    ask(first, model).body()
    wait_until_left(first, model, LIMIT - 240)
    first.stop()
    assert rows(file, "SELECT used FROM counters") == [(240,)]


def test_a_killed_hosts_name_is_not_told(tmp_path: Path, upstream: Simulator,
                                         authority: Authority) -> None:
    """What it has written of itself stays in `-lock`, and is nobody's."""
    config = rules_config(budget(LIMIT), upstream, authority, ledger=f"sqlite:{tmp_path}/ledger.db")
    first = Host(config, tmp_path / "first")
    first.process.kill()
    first.process.wait()
    first.process.stdout.close()
    Host(config, tmp_path / "second").stop()


@pytest.mark.parametrize("on_failure", ["refuse", "allow"])
@pytest.mark.parametrize("taken", ["moved", "replaced"])
def test_a_file_that_is_taken_away_is_a_ledger_that_fails(
        tmp_path: Path, start_host: StartHost, upstream: Simulator, authority: Authority,
        taken: str, on_failure: str) -> None:
    """Told once, as `on_failure` says, and with the same file back everything is counted."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    file = folder / "ledger.db"
    model = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    config = rules_config(budget(LIMIT), upstream, authority, ledger=f"sqlite:{file}")
    host = start_host(config.replace("[ledger]\n", f'[ledger]\non_failure = "{on_failure}"\n'))
    ask(host, model).body()
    file.rename(folder / "moved.db")
    if taken == "replaced":
        file.touch(0o600)
    wait_for(lambda: "no new call is counted" in host.log(), "it is noticed without a call", seconds=5)
    for _ in range(5):
        reply = ask(host, model)
        assert reply.status == (503 if on_failure == "refuse" else 200)
        assert "x-bellwether-budget" not in reply.headers
    assert host.admin("GET", "/admin/usage").status == 503
    (folder / "moved.db").rename(file)

    def counts_again() -> bool:
        reply = ask(host, model)
        reply.body()
        return "x-bellwether-budget" in reply.headers

    wait_for(counts_again, "the same file is back")
    wait_until_left(host, model, LIMIT - 240)
    host.stop()
    assert host.log().count("no new call is counted") == 1
    assert rows(file, "SELECT used FROM counters") == [(240,)]


def test_a_ledger_that_others_may_read_is_told_of(tmp_path: Path, upstream: Simulator,
                                                  authority: Authority) -> None:
    file = tmp_path / "state" / "ledger.db"
    config = rules_config(budget(LIMIT), upstream, authority, ledger=f"sqlite:{file}")
    first = Host(config, tmp_path / "first")
    first.stop()
    assert "chmod" not in first.log()
    file.chmod(0o644)
    file.parent.chmod(0o770)
    second = Host(config, tmp_path / "second")
    second.stop()
    assert f"chmod 600 {file}" in second.log()
    assert f"chmod go-w {file.parent}" in second.log()


def test_a_folder_that_cannot_be_written_is_said_at_the_start(
        tiny_disk: Path, tmp_path: Path, upstream: Simulator, authority: Authority) -> None:
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    config = tmp_path / "bellwether.toml"
    config.write_text(rules_config(budget(LIMIT), upstream, authority,
                                   ledger=f"sqlite:{tiny_disk}/ledger.db"))
    ended = run_cli("serve", "--config", config)
    assert ended.returncode == 1
    assert f"{tiny_disk}/ledger.db" in ended.stderr, ended.stderr


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("on_failure", ["refuse", "allow"])
def test_a_full_disk_stops_counting_and_not_the_host(
        tiny_disk: Path, start_host: StartHost, upstream: Simulator, authority: Authority,
        on_failure: str, stream: bool) -> None:
    """One line in the log, and each new call is refused or passes, as the config says; so does
    one that was admitted just before, whose answer is there already. With room again the host goes
    on by itself, and has counted that one, too."""
    model = upstream.serve(answers.chat(used=qwen.usage(21, 13)))
    file = tiny_disk / "ledger.db"
    config = rules_config(budget(LIMIT), upstream, authority, ledger=f"sqlite:{file}")
    host = start_host(config.replace("[ledger]\n", f'[ledger]\non_failure = "{on_failure}"\n'))

    def is_written_or_cannot_be(name: str) -> bool:
        written = rows(file, f"SELECT count(*) FROM usage WHERE request_id = '{name}'")
        return written == [(1,)] or "no new call is counted" in host.log()

    first = ask(host, model)
    first.body()
    wait_for(lambda: is_written_or_cannot_be(first.headers["x-request-id"]), "it was written")
    filler = tiny_disk / "filler"
    with filler.open("wb", buffering=0) as hole, suppress(OSError):
        while True:
            hole.write(b"x" * 512)

    # Some pages of the file may be free still, so that the first calls are counted.
    for number in itertools.count():
        name = f"admitted-{number}"
        admitted = host.post("/v1/chat/completions", body_of(model, stream=stream),
                             {"x-request-id": name})
        if admitted.status != 200:
            break
        admitted.body()
        wait_for(lambda: is_written_or_cannot_be(name), f"{name} was written or could not be")
        if "no new call is counted" in host.log():
            break
    assert name in {entry.header("x-request-id") for entry in upstream.requests(model)}
    for reply in (admitted, ask(host, model)):
        if on_failure == "allow":
            assert reply.status == 200
            continue
        if reply is admitted and reply.status == 200:  # its settlement was what found no room
            assert rows(file, "SELECT count(*) FROM holds") == [(1,)], "answered, and not durable"
            continue
        assert reply.status == 503
        assert reply.headers["retry-after"] == "1"
        assert reply.error()["code"] == "ledger_unavailable"
    filler.unlink()

    def counts_again() -> bool:
        reply = ask(host, model)
        reply.body()
        return reply.status == 200 and "x-bellwether-budget" in reply.headers

    wait_for(counts_again, "it can be written again", seconds=20)
    assert host.log().count("no new call is counted") == 1
    host.stop()
    [(status, source)] = rows(
        file, f"SELECT status, usage_source FROM usage WHERE request_id = '{name}'")
    assert status == admitted.status
    cut = stream and on_failure == "refuse"  # before the end, where the provider's figure comes
    assert source in ({"estimate", "observed"} if cut else {"provider"})
    assert rows(file, "SELECT count(*) FROM holds") == [(0,)]

"""What happens within an upgrade, while the new host is held back at a certain step."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integration.conftest import StartHost, route
from integration.counting import answers_within, body_of, budget, counted, rules_config, send
from integration.host import SLOWNESS, Host, run_cli, wait_for
from integration.metrics_page import scrape
from integration.reloading import ECHO, apply
from integration.upgrading import (HeldBack, Line, begin_stream, both_ledgers, children, in_line,
                                   is_alive, own_program, usage, used_by_one_call)
from upstream.puppet import Puppet
from upstream.simulator import Simulator
from upstream.tls import Authority


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return own_program(tmp_path / "bin")


@pytest.fixture
def config(upstream: Simulator, authority: Authority, ledger: str) -> str:
    return rules_config(budget(5_000), upstream, authority, ledger) + ECHO


@pytest.fixture
def line(start_host: StartHost, config: str, program: Path) -> Iterator[Line]:
    with in_line(start_host(config, binary=program)) as one:
        yield one


def test_what_changes_meanwhile_takes_effect(line: Line, program: Path, tmp_path: Path) -> None:
    """The new host has read the config and the keys before it changes, and the old one reads
    nothing but keys any more."""
    keys = tmp_path / "keys.toml"
    headers = new_key(keys, "ann")
    text = f'keys_file = "{keys}"\n' + line.host.config.read_text()
    line.host.config.write_text(text)
    held_back = HeldBack(program, "ready")
    with ThreadPoolExecutor() as pool:
        upgraded = pool.submit(line.upgrade)
        held_back.wait()
        line.host.config.write_text(text + route("other", '"echo"'))
        other = new_key(keys, "bob")
        disable(keys, "ann")
        held_back.let_go()
        upgraded.result()
    line.wait_for_the_old()
    wait_for(lambda: line.host.chat("echo", headers=headers).status == 401, "the key is disabled")
    wait_for(lambda: line.host.chat("other", headers=other).status == 200, "a route is there")


@pytest.fixture
def keys(line: Line, tmp_path: Path) -> Path:
    """A keys_file, without keys yet."""
    file = tmp_path / "keys.toml"
    file.touch(mode=0o600)
    assert apply(line.host, f'keys_file = "{file}"\n' + line.host.config.read_text())
    return file


def new_key(keys: Path, name: str) -> dict[str, str]:
    made = run_cli("key", "new", name, "--keys-file", keys)
    return {"authorization": f"Bearer {made.stderr.splitlines()[0]}"}


def disable(keys: Path, name: str) -> None:
    assert run_cli("key", "disable", name, "--keys-file", keys).returncode == 0


def test_keys_are_followed_while_the_new_host_gets_ready(line: Line, program: Path,
                                                         keys: Path) -> None:
    """The old one, which serves meanwhile, turns away who is turned away from now on."""
    ann = new_key(keys, "ann")
    wait_for(lambda: line.host.chat("echo", headers=ann, max_tokens=9).status == 200, "it is known")
    held_back = HeldBack(program, "ready")
    with ThreadPoolExecutor() as pool:
        upgraded = pool.submit(line.upgrade)
        held_back.wait()
        bob = new_key(keys, "bob")
        disable(keys, "ann")
        wait_for(lambda: line.host.chat("echo", headers=ann, max_tokens=9).status == 401,
                 "it is disabled")
        assert line.host.chat("echo", headers=bob, max_tokens=9).status == 200
        assert not upgraded.done()
        held_back.let_go()
        upgraded.result()
    # It reads them once more when it serves.
    wait_for(lambda: line.host.chat("echo", headers=ann, max_tokens=9).status == 401, "as before")
    assert line.host.chat("echo", headers=bob, max_tokens=9).status == 200


def test_keys_are_followed_by_a_host_that_finishes_its_calls(line: Line, upstream: Simulator,
                                                             keys: Path) -> None:
    """Each of its connections may make one more call, with a key that counts by then."""
    names = {name: new_key(keys, name) for name in ("ann", "bob")}
    wait_for(lambda: line.host.chat("echo", headers=names["bob"], max_tokens=9).status == 200,
             "it is known")
    streams = {}
    for name, headers in names.items():
        puppet, connection = Puppet(upstream), line.host.connect()
        send(connection, body_of(puppet.model, stream=True), headers)
        puppet.begin("0")
        streams[name] = (puppet, connection, connection.read_reply())
    line.upgrade()
    told = line.host.log().count(f"{keys} has changed")
    disable(keys, "ann")
    wait_for(lambda: line.host.log().count(f"{keys} has changed") == told + 2, "both have read it")
    for name, status in (("ann", 401), ("bob", 200)):
        puppet, connection, reply = streams[name]
        with connection:
            puppet.finish()
            assert list(reply.events())[-1] == "[DONE]"
            assert connection.chat("echo", headers=names[name], max_tokens=9).status == status


@both_ledgers
def test_a_new_host_that_dies_with_the_ledger(line: Line, program: Path,
                                              upstream: Simulator) -> None:
    """The old one has it again, with all that is used and held. Calls have waited meanwhile."""
    each = used_by_one_call(upstream, line.host)
    puppet, connection = begin_stream(line.host, upstream)
    held_back = HeldBack(program, "serves")
    with connection, ThreadPoolExecutor() as pool:
        reply = connection.read_reply()
        refused = pool.submit(line.refused)
        held_back.wait()
        call = pool.submit(line.host.chat, "echo", max_tokens=9)
        puppet.finish()
        assert list(reply.events())[-1] == "[DONE]"
        (new,) = children(line.process)
        os.kill(new, signal.SIGKILL)
        assert "was ended by signal 9" in refused.result()
        assert call.result().status == 200
    wait_for(lambda: counted(line.host)[1] == 0, "the calls are settled")
    assert usage(line.host)["calls"] == 3 and usage(line.host)["estimated"] == 0
    used = counted(line.host)[0]
    assert used > each
    assert used_by_one_call(upstream, line.host) == each
    assert counted(line.host) == (used + each, 0)


def test_a_new_host_that_hangs_with_the_ledger(line: Line, program: Path,
                                               upstream: Simulator) -> None:
    """It is killed soon, as calls wait for the ledger."""
    used_by_one_call(upstream, line.host)
    held_back = HeldBack(program, "serves")
    with ThreadPoolExecutor() as pool:
        refused = pool.submit(line.refused)
        held_back.wait()
        (new,) = children(line.process)
        os.kill(new, signal.SIGSTOP)
        began = time.monotonic()
        assert line.host.chat("echo", max_tokens=9).status == 200
        assert time.monotonic() - began < 8 * SLOWNESS
        assert "did not open the ledger within" in refused.result()
    wait_for(lambda: not is_alive(new), "it is killed")
    assert usage(line.host)["calls"] == 2


def move_ledger(tmp_path: Path, back: bool = False) -> None:
    """All of it, elsewhere; the file itself goes first and comes back last."""
    (tmp_path / "away").mkdir(exist_ok=True)
    places = [tmp_path, tmp_path / "away"]
    start, end = reversed(places) if back else places
    for name in sorted((one.name for one in start.glob("ledger.db*")), reverse=back):
        (start / name).rename(end / name)


def test_a_ledger_that_is_not_in_its_place_is_kept_open(line: Line, upstream: Simulator,
                                                        tmp_path: Path) -> None:
    """An upgrade that could lose it is refused, and makes no file in its place."""
    each = used_by_one_call(upstream, line.host)
    puppet, connection = begin_stream(line.host, upstream)
    with connection:
        reply = connection.read_reply()
        move_ledger(tmp_path)
        assert "ledger.db was moved or removed" in line.refused()
        assert not list(tmp_path.glob("ledger.db*"))
        puppet.finish()
        assert list(reply.events())[-1] == "[DONE]"
        move_ledger(tmp_path, back=True)
    wait_for(lambda: counted(line.host)[1] == 0, "the stream is settled")
    wait_for(lambda: line.host.chat("echo", max_tokens=9).status == 200, "calls are counted again")
    line.upgrade()
    line.wait_for_the_old()
    told = usage(line.host)
    assert (told["calls"], told["estimated"]) == (3, 0)
    assert counted(line.host)[0] > each


def test_a_ledger_that_went_away_meanwhile_is_opened_when_it_is_back(
        line: Line, program: Path, upstream: Simulator, tmp_path: Path) -> None:
    """Until then calls are refused, and what ends is not forgotten."""
    puppet, connection = begin_stream(line.host, upstream)
    held_back = HeldBack(program, "serves")
    with connection, ThreadPoolExecutor() as pool:
        reply = connection.read_reply()
        refused = pool.submit(line.refused)
        held_back.wait()
        (new,) = children(line.process)
        move_ledger(tmp_path)
        os.kill(new, signal.SIGKILL)
        assert "was ended by signal 9" in refused.result()
        assert line.host.chat("echo", max_tokens=9).status == 503
        assert scrape(line.host).sum("bellwether_ledger_available") == 0
        puppet.finish()
        assert list(reply.events())[-1] == "[DONE]"
    move_ledger(tmp_path, back=True)
    wait_for(lambda: line.host.chat("echo", max_tokens=9).status == 200, "calls are counted again")
    wait_for(lambda: counted(line.host)[1] == 0, "the stream is settled")
    assert (usage(line.host)["calls"], usage(line.host)["estimated"]) == (2, 0)
    log = line.host.log()
    assert log.count("could not be opened again") == log.count("it is open again") == 1


def test_a_reload_says_that_it_waits(line: Line, program: Path) -> None:
    held_back = HeldBack(program, "ready")
    with ThreadPoolExecutor() as pool:
        upgraded = pool.submit(line.upgrade)
        held_back.wait()
        os.kill(line.process, signal.SIGHUP)
        wait_for(lambda: "SIGHUP: it waits for the upgrade" in line.host.log(), "it is told")
        held_back.let_go()
        upgraded.result()


def test_nobody_is_served_by_a_host_that_could_be_sent_back(line: Line, program: Path) -> None:
    """A new host takes no call before it knows that the old one has heard of it: what it gave
    before would be lost with it."""
    held_back = HeldBack(program, "heard")
    line.upgrade()
    held_back.wait()
    with line.host.connect() as connection:
        send(connection, body_of("echo"))
        assert not answers_within(connection, 0.3)
        held_back.let_go()
        assert connection.read_reply().status == 200


def test_a_host_that_ends_meanwhile_settles_its_calls(config: str, program: Path,
                                                      upstream: Simulator, tmp_path: Path) -> None:
    """It takes the ledger back first: none is left at its estimate."""
    host = Host(config, tmp_path / "host", binary=program)
    puppet, connection = begin_stream(host, upstream)
    with connection:
        reply = connection.read_reply()
        held_back = HeldBack(program, "serves")
        os.kill(host.process.pid, signal.SIGUSR2)
        held_back.wait()
        puppet.finish()
        assert list(reply.events())[-1] == "[DONE]"
    host.stop()
    again = Host(config, tmp_path / "again")
    assert (usage(again)["calls"], usage(again)["estimated"]) == (1, 0)
    assert counted(again)[1] == 0
    again.stop()

"""Upgrades: a new host takes over the sockets and the ledger while calls run. A new host that does
not come to serve changes nothing."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.conftest import StartHost, route
from integration.counting import (MAX_TOKENS, ask, body_of, budget, counted, prompt_bound,
                                  remaining, rules_config, send, wait_until_counted)
from integration.host import SLOWNESS, Host, run_cli, wait_for
from integration.http_client import content_of
from integration.reloading import apply, replace_file
from integration.upgrading import (Line, begin_stream, both_ledgers, in_line, is_alive, own_program,
                                   upgrade_by_command, usage, used_by_one_call)
from upstream.puppet import Puppet
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

ECHO = '\n[providers.echo]\nplugin = "echo"\n' + route("echo", '"echo"')
LIMIT = 5_000


@pytest.fixture
def config(upstream: Simulator, authority: Authority, ledger: str) -> str:
    return rules_config(budget(LIMIT), upstream, authority, ledger) + ECHO


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return own_program(tmp_path / "bin")


@pytest.fixture
def line(start_host: StartHost, config: str, program: Path) -> Iterator[Line]:
    with in_line(start_host(config, binary=program)) as one:
        yield one


@both_ledgers
def test_a_new_host_takes_over(line: Line, upstream: Simulator) -> None:
    """At the same address, with what is used; and so does the next one after it."""
    each = used_by_one_call(upstream, line.host)
    for turn in range(1, 4):
        process = line.upgrade()
        assert line.host.get("/health").status == 200
        line.wait_for_the_old()
        assert is_alive(process)
        assert counted(line.host) == (each * turn, 0)
        assert usage(line.host)["calls"] == turn
        assert used_by_one_call(upstream, line.host) == each


@both_ledgers
def test_what_is_held_goes_along(line: Line, upstream: Simulator) -> None:
    """A stream that began before goes on to its end at the old host. Meanwhile the new one keeps
    for it what it may use, and gets what it has used."""
    puppet = Puppet(upstream)
    with line.host.connect() as connection:
        body = body_of(puppet.model, stream=True)
        send(connection, body)
        puppet.begin("0 ")
        reply = connection.read_reply()
        held = counted(line.host)[1]
        assert held == prompt_bound(body) + MAX_TOKENS
        line.upgrade()
        assert counted(line.host) == (0, held)
        assert remaining(line.host, puppet.model) == LIMIT - held
        for number in range(1, 4):
            puppet.say(f"{number} ")
        puppet.finish()
        chunks = [json.loads(event) for event in reply.events() if event != "[DONE]"]
        assert content_of(chunks) == "0 1 2 3 "
    line.wait_for_the_old()
    # The old host's last word may still be on its way.
    wait_for(lambda: counted(line.host)[1] == 0, "nothing is held any more")
    used, _ = counted(line.host)
    assert 0 < used < held


def test_a_connection_that_was_open_is_served(line: Line, upstream: Simulator) -> None:
    """Its next call is made, by the old host and on the account of the new one, and its client is
    told to connect anew."""
    each = used_by_one_call(upstream, line.host)
    model = upstream.serve(answers.chat())
    with line.host.connect() as kept, line.host.connect():
        assert kept.post("/v1/chat/completions", json.loads(body_of(model))).json()["choices"]
        line.upgrade()
        last = kept.post("/v1/chat/completions", json.loads(body_of(model)))
        assert (last.status, last.headers["connection"]) == (200, "close")
        assert last.json()["choices"]
        assert kept.at_end()
        line.wait_for_the_old()  # which waits for the other one a while
    wait_until_counted(line.host, 3 * each)


@both_ledgers
def test_a_limit_holds_across(start_host: StartHost, upstream: Simulator, authority: Authority,
                              ledger: str) -> None:
    """Of calls at once, the one at the old host is one."""
    rules = '\n[[limits]]\nname = "few"\nconcurrent = 1\n'
    host = start_host(rules_config(rules, upstream, authority, ledger))
    puppet = Puppet(upstream)
    other = upstream.serve(answers.chat())
    with in_line(host) as line:
        with host.connect() as connection:
            send(connection, body_of(puppet.model, stream=True))
            puppet.begin("0")
            reply = connection.read_reply()
            line.upgrade()
            assert ask(host, other).status == 429
            puppet.finish()
            assert list(reply.events())[-1] == "[DONE]"
        line.wait_for_the_old()  # whose last word may still be on its way
        wait_for(lambda: ask(host, other).status == 200, "the call is over")


@both_ledgers
def test_an_old_host_that_dies_is_settled(config: str, upstream: Simulator,
                                          tmp_path: Path) -> None:
    """Its calls cost what was held for them, at once and not at the next start."""
    host = Host(config, tmp_path / "host")
    puppet = Puppet(upstream)
    with in_line(host) as line, host.connect() as connection:
        send(connection, body_of(puppet.model, stream=True))
        puppet.begin("0")
        connection.read_reply()
        held = counted(host)[1]
        line.upgrade()
        del line.processes[0]
        host.process.kill()
        host.process.wait()
        wait_until_counted(host, held)
        puppet.cut()
        told = usage(host)
        assert (told["calls"], told["succeeded"], told["estimated"]) == (1, 0, 1)
    host.process.stdout.close()


@pytest.mark.parametrize("how", ["signal", "command"])
def test_how_it_is_asked_for(line: Line, how: str) -> None:
    if how == "command":
        done = upgrade_by_command(line.host)
        assert (done.returncode, done.stderr) == (0, ""), done
        line.processes.append(int(done.stdout.split()[1]))
        assert done.stdout == f"Process {line.process} has taken over.\n"
    else:
        os.kill(line.process, signal.SIGUSR2)
        log = wait_for(lambda: line.host.log() if "has taken over" in line.host.log() else "",
                       "the new host has taken over")
        line.processes.append(int(log.split(" has taken over")[0].split()[-1]))
    line.wait_for_the_old()
    assert line.host.chat("echo", max_tokens=9).status == 200


def test_the_new_host_reads_the_config_anew(line: Line) -> None:
    """Also what a reload does not change."""
    assert apply(line.host, line.host.config.read_text() + route("other", '"echo"'))
    line.host.config.write_text(line.host.config.read_text().replace("workers = 2", "workers = 3"))
    line.upgrade()
    line.wait_for_the_old()
    assert line.host.chat("other", max_tokens=9).status == 200
    shown = line.host.admin("GET", "/admin/config").json()
    assert shown["server"]["workers"] == 3


def test_the_end_of_the_new_host_is_noticed(line: Line, upstream: Simulator) -> None:
    """The old one finishes its calls and says what is missing. Whoever supervises it hears by its end."""
    puppet, connection = begin_stream(line.host, upstream)
    with connection:
        reply = connection.read_reply()
        new = line.upgrade()
        os.kill(new, signal.SIGKILL)
        wait_for(lambda: "nobody accepts calls now" in line.host.log(), "it is noticed")
        puppet.finish()
        assert list(reply.events())[-1] == "[DONE]"
    assert line.host.process.wait(30 * SLOWNESS) == 0
    assert "was ended by signal 9" in line.host.log()
    del line.processes[1:]


def test_the_end_of_a_host_that_another_one_follows(line: Line, upstream: Simulator) -> None:
    """Somebody serves, so that nobody is to start a host, and no call of the first one is cut. What
    it had asked for is settled where the ledger is."""
    line.host.config.write_text(line.host.config.read_text().replace(
        "[server]", '[server]\ndrain = "0s"', 1))
    apply(line.host)
    puppet, connection = begin_stream(line.host, upstream)
    with connection:
        reply = connection.read_reply()
        held = counted(line.host)[1]
        middle, last = line.upgrade(), line.upgrade()
        os.kill(middle, signal.SIGKILL)
        wait_for(lambda: f"after process {last} had taken over from it" in line.host.log(),
                 "it is told")
        wait_until_counted(line.host, held)
        puppet.say("1")
        puppet.finish()
        assert list(reply.events())[-1] == "[DONE]"
    assert line.host.process.wait(30 * SLOWNESS) == 0
    assert "nobody accepts calls now" not in line.host.log()
    assert line.host.chat("echo", max_tokens=9).status == 200
    line.processes.remove(middle)


def test_a_signal_shortens_the_end_of_the_old_host(line: Line, upstream: Simulator) -> None:
    """It waits for its calls as long as after a reload; SIGTERM has it end them, and a second one at once."""
    puppet, connection = begin_stream(line.host, upstream)
    with connection:
        reply = connection.read_reply()
        line.upgrade()
        old = line.host.process
        old.send_signal(signal.SIGTERM)
        wait_for(lambda: "SIGTERM received: finishing calls in flight" in line.host.log(), "it is heard")
        assert old.poll() is None
        old.send_signal(signal.SIGTERM)
        assert old.wait(10 * SLOWNESS) == 0
        *_, error, done = reply.events()
        assert (json.loads(error)["error"]["code"], done) == ("draining", "[DONE]")
        puppet.cut()
    assert line.host.get("/health").status == 200


def test_the_service_manager_is_told_of_the_new_process(start_host: StartHost, config: str,
                                                        tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(str(tmp_path / "notices"))
        notices.settimeout(10 * SLOWNESS)
        host = start_host(config, env={"NOTIFY_SOCKET": str(tmp_path / "notices")})
        with in_line(host) as line:
            new = line.upgrade()
            wait_for(lambda: notices.recv(4096) == f"MAINPID={new}\nREADY=1".encode(), "MAINPID")


# ---- upgrades that come to nothing --------------------------------------------------------------


def script(text: str) -> Callable[[Line, Path], None]:
    """The program becomes a shell script."""
    return lambda line, program: replace_file(program, f"#!/bin/sh\n{text}\n".encode())


def remove(line: Line, program: Path) -> None:
    program.unlink()


def config_with(old: str, new: str) -> Callable[[Line, Path], None]:
    def change(line: Line, program: Path) -> None:
        text = line.host.config.read_text()
        assert old in text
        line.host.config.write_text(text.replace(old, new, 1))
    return change


@pytest.mark.parametrize("change, says", [
    (remove, "cannot be started: No such file or directory"),
    (script("exit 7"), "has ended with exit code 7 before it spoke as a new host does"),
    (script("exec sleep 1000 3>&-"), "has closed its channel to this one without ending"),
    (script("kill -9 $$"), "was ended by signal 9"),
    (config_with("[server]", "[server]\nsurver = 1"), "the config has mistakes"),
    (config_with('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:1"'),
     "let the running host read the config first"),
    (config_with('[admin]\nlisten = "127.0.0.1:0"', '[admin]\nlisten = "off"'),
     "switched on or off"),
])
def test_a_new_host_that_does_not_serve(line: Line, program: Path, upstream: Simulator,
                                        change: Callable[[Line, Path], None], says: str) -> None:
    """The old one goes on, with the ledger, and a stream of its does not notice."""
    each = used_by_one_call(upstream, line.host)
    puppet = Puppet(upstream)
    with line.host.connect() as connection:
        send(connection, body_of(puppet.model, stream=True))
        puppet.begin("0")
        reply = connection.read_reply()
        held = counted(line.host)[1]
        change(line, program)
        assert says in line.refused()
        wait_for(lambda: says in line.host.log(), "it is logged")
        assert counted(line.host) == (each, held)
        puppet.finish()
        assert list(reply.events())[-1] == "[DONE]"
    wait_for(lambda: counted(line.host)[1] == 0, "the stream is settled")
    before = counted(line.host)[0]
    assert used_by_one_call(upstream, line.host) == each
    assert counted(line.host) == (before + each, 0)
    done = upgrade_by_command(line.host)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ") and says in done.stderr


def test_a_repaired_program_takes_over(line: Line, program: Path) -> None:
    good = program.read_bytes()
    replace_file(program, b"#!/bin/sh\nexit 1\n")
    line.refused()
    replace_file(program, good)
    line.upgrade()
    line.wait_for_the_old()
    assert line.host.chat("echo", max_tokens=9).status == 200


def test_a_host_that_ends_ends_the_new_one(line: Line, program: Path) -> None:
    """SIGTERM while the new one gets ready."""
    replace_file(program, b"#!/bin/sh\nexec sleep 1000\n")
    os.kill(line.process, signal.SIGUSR2)
    log = wait_for(lambda: line.host.log() if "gets ready" in line.host.log() else "",
                   "the new host is started")
    new = int(log.split("the new host is process ")[1].split(";")[0])
    began = time.monotonic()
    line.host.stop()
    assert time.monotonic() - began < 5 * SLOWNESS
    wait_for(lambda: not is_alive(new), "the new one has ended")


def test_nobody_else_makes_a_host_follow(tmp_path: Path) -> None:
    """A descriptor that leads to no host is refused."""
    done = run_cli("serve", "--config", tmp_path / "none.toml", env={"BELLWETHER_UPGRADE": "0"})
    assert done.returncode == 1
    assert "leads to no host" in done.stderr

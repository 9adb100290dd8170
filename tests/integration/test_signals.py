"""Signals: those that ask for an end drain, and none of the others ends anything."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from integration.conftest import StartHost, server, standard_config
from integration.host import BINARY, SLOWNESS, Host, environment, wait_for
from integration.http_client import content_of
from integration.test_shutdown import begin_stream, refuses_connections
from upstream.puppet import Puppet
from upstream.simulator import Simulator
from upstream.tls import Authority

IDLE = [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2]  # none asks for an end
ECHO = '\n[providers.echo]\nplugin = "echo"\n[[routes]]\nmodel = "echo"\nto = "echo"\n'


@pytest.fixture
def fresh(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    return start_host(standard_config(upstream, authority))


@pytest.mark.parametrize("number", IDLE[:2], ids=lambda number: number.name)
def test_a_signal_that_asks_for_no_end_ends_nothing(fresh: Host, upstream: Simulator,
                                                    number: signal.Signals) -> None:
    """A terminal that hangs up, a log rotator, a service manager's reload: a stream goes on to its
    end, the next call is served, and the log says what came."""
    puppet = Puppet(upstream)
    with begin_stream(fresh, puppet) as connection:
        events = connection.read_reply().events()
        next(events)
        fresh.process.send_signal(number)
        wait_for(lambda: number.name in fresh.log(), "it is logged")
        puppet.say("still here")
        assert content_of([json.loads(next(events))]) == "still here"
        puppet.finish()
        assert list(events)[-1] == "[DONE]"
    assert fresh.chat("echo").status == 200
    line = next(line for line in fresh.log().splitlines() if number.name in line)
    assert "nothing" in json.loads(line)["message"], line


@pytest.mark.parametrize("number", IDLE, ids=lambda number: number.name)
def test_nor_while_the_host_drains(fresh: Host, upstream: Simulator,
                                   number: signal.Signals) -> None:
    """It counts as no second signal either."""
    puppet = Puppet(upstream)
    with begin_stream(fresh, puppet) as connection:
        events = connection.read_reply().events()
        next(events)
        fresh.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses_connections(fresh), "new connections are refused")
        fresh.process.send_signal(number)
        wait_for(lambda: f"{number.name} received" in fresh.log(), "it is logged")
        puppet.say("to the end")
        puppet.finish()
        *_, done = events
        assert done == "[DONE]"
    assert fresh.process.wait(10 * SLOWNESS) == 0


def test_quit_drains_like_the_others(fresh: Host, upstream: Simulator) -> None:
    """nginx and haproxy taught people and tools to ask for a graceful end so."""
    puppet = Puppet(upstream)
    with begin_stream(fresh, puppet) as connection:
        events = connection.read_reply().events()
        next(events)
        fresh.process.send_signal(signal.SIGQUIT)
        wait_for(lambda: refuses_connections(fresh), "new connections are refused")
        puppet.say("to the end")
        puppet.finish()
        *_, done = events
        assert done == "[DONE]"
    assert fresh.process.wait(10 * SLOWNESS) == 0
    assert "SIGQUIT received" in fresh.log()


@pytest.mark.parametrize("number", IDLE, ids=lambda number: number.name)
def test_nor_before_the_host_listens(tmp_path: Path, number: signal.Signals) -> None:
    """It starts behind a pipe that nobody fills yet: its config. What came meanwhile is told of
    when there is somebody to tell."""
    config = tmp_path / "bellwether.toml"
    os.mkfifo(config)
    log = tmp_path / "stderr.log"
    with log.open("wb") as err:
        process = subprocess.Popen([BINARY, "serve", "--config", config], env=environment(),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err)
    try:
        with config.open("w") as pipe:  # opened: the host is reading
            process.send_signal(number)
            pipe.write(server() + ECHO)
        assert process.stdout.readline().startswith(b"bellwether listening"), log.read_text()
        wait_for(lambda: number.name in log.read_text(), "it is logged")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10 * SLOWNESS) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_reader_of_the_log_that_has_gone_ends_nothing(tmp_path: Path) -> None:
    """SIGPIPE: `bellwether serve 2>&1 | head`."""
    reader, writer = os.pipe()
    config = tmp_path / "bellwether.toml"
    config.write_text(server() + ECHO)
    process = subprocess.Popen([BINARY, "serve", "--config", config], env=environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writer)
    os.close(writer)
    os.close(reader)
    try:
        assert process.stdout.readline().startswith(b"bellwether listening")
        process.send_signal(signal.SIGHUP)  # writes a line
        process.send_signal(signal.SIGTERM)
        assert process.wait(10 * SLOWNESS) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

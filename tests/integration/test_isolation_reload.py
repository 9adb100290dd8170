"""A plugin in a process of its own, and reloads: the process goes on as long as its provider is the
same, a new one begins beside it, and the old one ends with its last call."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import NOT_SANITIZED, StartHost, provider, route, server
from integration.host import PLUGINS, Host, run_cli, wait_for
from integration.reloading import apply, gauge, refused, reload, replace_file, stream_across
from upstream.simulator import Simulator
from upstream.tls import Authority

pytestmark = NOT_SANITIZED


@pytest.fixture
def config(upstream: Simulator, authority: Authority, tmp_path: Path) -> str:
    shutil.copy(PLUGINS / "holysheep.so", tmp_path / "ours.so")
    ours = provider("holysheep", upstream, authority).replace(
        'plugin = "holysheep"', f'plugin = "{tmp_path}/ours.so"\nisolate = true')
    return server() + ours + route("qwen-*", '"holysheep"')


@pytest.fixture
def host(start_host: StartHost, config: str) -> Host:
    return start_host(config)


def process(host: Host) -> int:
    def up() -> int:
        plugins: list[dict[str, Any]] = host.admin("GET", "/admin/plugins").json()["plugins"]
        shown, = plugins[0]["isolated"]
        return int(shown["process"]) if shown["condition"] == "up" else 0
    return wait_for(up, "its process is up")



def ends(number: int) -> None:
    wait_for(lambda: not Path(f"/proc/{number}").exists(), "the old process has ended")


def test_a_process_goes_on_with_its_provider(host: Host, config: str, upstream: Simulator) -> None:
    before = process(host)
    with stream_across(host, upstream):
        apply(host, config + route("another", '"holysheep"'))
        assert process(host) == before
        assert host.chat("qwen-max").status == 200
    assert process(host) == before


def test_a_provider_that_changed_gets_a_process_beside_the_old(host: Host, config: str,
                                                               upstream: Simulator) -> None:
    before = process(host)
    with stream_across(host, upstream):
        apply(host, config.replace('total = "', 'total = "1', 1))
        assert process(host) != before
        assert Path(f"/proc/{before}").exists(), "its stream goes on"
        assert host.chat("qwen-max").status == 200
    ends(before)
    assert gauge(host, "generations_alive") == 1


def test_a_new_file_is_run_and_a_broken_one_is_not(host: Host, tmp_path: Path) -> None:
    before = process(host)
    good = (tmp_path / "ours.so").read_bytes()
    replace_file(tmp_path / "ours.so", good[:5000])
    refused(host)
    assert process(host) == before and host.chat("qwen-max").status == 200
    replace_file(tmp_path / "ours.so", good + b"\n")
    apply(host)
    assert process(host) != before and host.chat("qwen-max").status == 200
    ends(before)


def test_reloads_leave_no_descriptors(host: Host, config: str, tmp_path: Path) -> None:
    """Neither the copy of a plugin's file nor the memory that its process shares outlives the process."""
    def held() -> int:
        return len(os.listdir(f"/proc/{host.process.pid}/fd"))
    process(host)
    wait_for(lambda: gauge(host, "generations_alive") == 1, "one generation")
    before, last = held(), 0
    good = (tmp_path / "ours.so").read_bytes()
    for number in range(20):
        if number % 2 == 0:
            replace_file(tmp_path / "ours.so", good + b"\n" * number)
        last = process(host)
        assert host.admin("POST", "/admin/plugins/reload", {"provider": "holysheep"}).status == 200
    ends(last)
    wait_for(lambda: held() <= before + 4, "as few descriptors as before")


def test_isolation_comes_and_goes(host: Host, config: str) -> None:
    before = process(host)
    apply(host, config.replace("isolate = true", "isolate = false"))
    assert host.admin("GET", "/admin/plugins").json()["plugins"][0]["isolated"] is None
    assert host.chat("qwen-max").status == 200
    ends(before)
    apply(host, config)
    assert process(host) and host.chat("qwen-max").status == 200


def test_each_worker_gets_one_and_gives_it_up(host: Host, config: str) -> None:
    before = process(host)
    apply(host, config.replace("isolate = true", 'isolate = "worker"'))
    ends(before)
    shown = host.admin("GET", "/admin/plugins").json()["plugins"][0]["isolated"]
    assert len(shown) == host.admin("GET", "/admin/config").json()["server"]["workers"]
    assert host.chat("qwen-max").status == 200
    other = config.replace("isolate = true", 'isolate = "worker"\nisolate_cpu = 9')
    told = reload(host, other.replace("workers = 2", "workers = 5"))
    assert told["needs_restart"], "the workers are those that run"
    assert len(host.admin("GET", "/admin/plugins").json()["plugins"][0]["isolated"]) == len(shown)
    apply(host, config)
    for one in shown:
        ends(one["process"])
    assert process(host) and host.chat("qwen-max").status == 200


def test_one_that_is_taken_out_has_no_process(host: Host, upstream: Simulator) -> None:
    before = process(host)
    with stream_across(host, upstream):
        assert run_cli("plugin", "unload", "holysheep", "--admin", host.admin_url).returncode == 0
        assert host.chat("qwen-max").status == 503
        assert Path(f"/proc/{before}").exists(), "its stream goes on"
    ends(before)
    shown = host.admin("GET", "/admin/plugins").json()["plugins"][0]
    assert shown["plugin"] and shown["sha256"] and shown["isolated"] is None
    assert run_cli("plugin", "load", "holysheep", "--admin", host.admin_url).returncode == 0
    assert host.chat("qwen-max").status == 200
    assert process(host) != before


def test_it_is_loaded_anew_alone(host: Host) -> None:
    before = process(host)
    done = run_cli("plugin", "reload", "holysheep", "--admin", host.admin_url)
    assert done.returncode == 0, done.stderr
    assert process(host) != before
    assert host.chat("qwen-max").status == 200
    ends(before)

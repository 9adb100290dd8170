"""One provider of a running host is loaded anew, taken out and taken in again, while the config and
everything else stay as they are."""

import shutil
import subprocess
from pathlib import Path

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import PLUGINS, Host, run_cli, wait_for
from integration.reloading import ask_reload, gauge, replace_file, stream_across
from upstream.simulator import Simulator
from upstream.tls import Authority


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    return Path(shutil.copy(PLUGINS / "holysheep.so", tmp_path / "ours.so"))


@pytest.fixture
def host(start_host: StartHost, upstream: Simulator, authority: Authority, plugin: Path) -> Host:
    config = (server() + provider("holysheep", upstream, authority).replace('plugin = "holysheep"', f'plugin = "{plugin}"')
              + '\n[providers.echo]\nplugin = "echo"\n'
              + route("qwen-*", '["holysheep", "echo"]'))
    assert f'"{plugin}"' in config, config
    return start_host(config)


def change(host: Host, verb: str, name: str) -> "subprocess.CompletedProcess[str]":
    return run_cli("plugin", verb, name, "--admin", host.admin_url)


def answering(host: Host) -> str:
    reply = host.chat("qwen-max")
    assert reply.status == 200, reply.body()
    return reply.headers["x-bellwether-provider"]


def shown(host: Host, name: str) -> dict[str, str]:
    plugins = host.admin("GET", "/admin/plugins").json()["plugins"]
    return next(one for one in plugins if one["provider"] == name)


def test_a_provider_that_is_taken_out_serves_nothing(host: Host, upstream: Simulator) -> None:
    """The route's next target does, also after a reload; a stream of before goes on."""
    assert answering(host) == "holysheep"
    with stream_across(host, upstream):
        done = change(host, "unload", "holysheep")
        assert (done.returncode, done.stderr) == (0, "")
        assert answering(host) == "echo"
    assert "unloaded" in shown(host, "holysheep")["unavailable"]
    assert ask_reload(host, host.config.read_text() + "\n# edited\n").status == 200
    more = host.config.read_text() + route("more", '"echo"')
    assert ask_reload(host, more).json()["outcome"] == "applied"
    assert answering(host) == "echo"
    assert change(host, "load", "holysheep").returncode == 0
    assert answering(host) == "holysheep"
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old ones are gone")


def test_a_new_file_takes_the_new_calls(host: Host, upstream: Simulator, plugin: Path) -> None:
    before = shown(host, "holysheep")["sha256"]
    with stream_across(host, upstream):
        replace_file(plugin, plugin.read_bytes() + b"\n")
        assert shown(host, "holysheep")["sha256"] == before, "nobody has asked for it"
        done = change(host, "reload", "holysheep")
        assert done.returncode == 0, done.stderr
        assert "providers.holysheep.sha256" in done.stdout
        assert answering(host) == "holysheep"
    assert shown(host, "holysheep")["sha256"] != before


def test_the_same_file_is_begun_anew(host: Host) -> None:
    generation = gauge(host, "generation")
    done = change(host, "reload", "holysheep")
    assert done.returncode == 0, done.stderr
    assert "providers.holysheep: changed" in done.stdout
    assert gauge(host, "generation") == generation + 1
    assert answering(host) == "holysheep"


def test_a_file_that_is_broken_leaves_the_old_one_serving(host: Host, plugin: Path) -> None:
    generation = gauge(host, "generation")
    replace_file(plugin, plugin.read_bytes()[:5000])
    done = change(host, "reload", "holysheep")
    assert done.returncode == 1
    assert str(plugin) in done.stderr, done.stderr
    assert answering(host) == "holysheep"
    assert gauge(host, "generation") == generation
    assert gauge(host, "last_reload_successful") == 0


def test_only_providers_of_the_config(host: Host) -> None:
    for verb in ("reload", "unload", "load"):
        done = change(host, verb, "nobody")
        assert done.returncode == 1 and 'no provider "nobody"' in done.stderr, done.stderr
    for body in ({}, {"provider": 1}, {"provider": ""}):
        assert host.admin("POST", "/admin/plugins/unload", body).status == 400, body
    assert host.admin("GET", "/admin/plugins/unload").status == 405

"""A reload also looks at what the config only names: files with secrets, with certificates, and
with plugins. What changed there is told; a secret is never told."""

import json
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from integration.conftest import StartHost, route, server
from integration.counting import ask, budget, rules_config
from integration.host import PLUGINS, Host, run_cli, wait_for
from integration.reloading import (
    ECHO, apply, ask_reload, gauge, refused, reload, replace_file, stream_across, with_server)
from upstream.scenarios import answers
from upstream.simulator import KEY, OTHER_KEY, Simulator
from upstream.tls import Authority, create_authority


@pytest.fixture
def plain(upstream: Simulator, authority: Authority) -> str:
    """`qwen-*` at the simulator, `echo` at the echo, and a ledger."""
    return rules_config("", upstream, authority) + ECHO


@pytest.fixture
def host(start_host: StartHost, plain: str) -> Host:
    return start_host(plain)


# ---- secrets ------------------------------------------------------------------------------------


def test_a_secret_in_a_file_has_changed(start_host: StartHost, plain: str, upstream: Simulator,
                                        tmp_path: Path) -> None:
    """The config names it as before. That it changed is told; what it is is not."""
    secret = tmp_path / "secret"
    secret.write_text(KEY)
    host = start_host(plain.replace("env:HOLYSHEEP_API_KEY", f"file:{secret}"))
    model = upstream.serve(answers.chat())
    assert ask(host, model).status == 200
    assert reload(host)["outcome"] == "unchanged"
    secret.write_text(OTHER_KEY)
    with stream_across(host, upstream):
        tried = run_cli("reload", "--dry-run", "--admin", host.admin_url)
        asked = ask_reload(host)
        text = asked.body().decode()
        assert json.loads(text)["outcome"] == "applied"
        assert "providers.holysheep" in text
        assert ask(host, model).status == 200
    assert [request.key for request in upstream.requests(model)] == [KEY, OTHER_KEY]
    secret.write_text(KEY + "-more")
    done = run_cli("reload", "--json", "--admin", host.admin_url)
    for place in (text, tried.stdout, tried.stderr, done.stdout, done.stderr, host.log()):
        assert KEY not in place and OTHER_KEY not in place


def test_a_secret_that_spoils_a_config_is_not_told(host: Host, plain: str) -> None:
    """A key that was pasted in place of its reference."""
    pasted = "sk-proj-" + "a1B2" * 12
    for spoilt in (plain.replace("env:HOLYSHEEP_API_KEY", pasted),
                   with_server(plain, f'"{pasted}" = 1')):
        told = json.dumps(refused(host, spoilt))
        assert pasted not in told and pasted not in host.log()


def test_the_secrets_of_a_webhook_have_changed(start_host: StartHost, plain: str,
                                               tmp_path: Path) -> None:
    """The address in a file, and what its proxy asks for: told without their values."""
    url, password = tmp_path / "url", tmp_path / "password"
    url.write_text("https://hooks.example/very-secret-one")
    password.write_text("user:hidden-one")
    hook = (f'\n[webhooks.ops]\nurl = "file:{url}"\nproxy = "http://127.0.0.1:9"\n'
            f'proxy_secret = "file:{password}"\n')
    host = start_host(plain + hook + budget(1000, warn_at="[0.5]", webhook='"ops"'))
    url.write_text("https://hooks.example/very-secret-two")
    assert apply(host) == ["webhooks.ops.url"]
    password.write_text("user:hidden-two")
    assert reload(host)["outcome"] == "applied"
    assert "secret-" not in host.log() and "hidden-" not in host.log()


def test_certificates_have_changed(start_host: StartHost, plain: str, upstream: Simulator,
                                   authority: Authority, tmp_path: Path) -> None:
    """In the file that the config names as before."""
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(create_authority(tmp_path / "other", "Another").ca_file.read_bytes())
    config = re.sub(r'ca_file = ".*"', f'ca_file = "{trusted}"', plain)
    host = start_host(config)
    model = upstream.serve(answers.chat())
    assert ask(host, model).status == 502
    trusted.write_bytes(authority.ca_file.read_bytes())
    apply(host)
    assert ask(host, model).status == 200


# ---- plugins ------------------------------------------------------------------------------------


@pytest.mark.parametrize("in_place", [False, True], ids=["renamed", "overwritten"])
def test_the_file_of_a_plugin_has_changed(start_host: StartHost, plain: str, upstream: Simulator,
                                          tmp_path: Path, in_place: bool) -> None:
    """The new one is loaded beside the old, which goes on with the calls that it has."""
    file = Path(shutil.copy(PLUGINS / "holysheep.so", tmp_path / "ours.so"))
    config = plain.replace('plugin = "holysheep"', f'plugin = "{file}"')
    host = start_host(config)
    model = upstream.serve(answers.chat())
    assert ask(host, model).status == 200
    for number in range(3):
        changed = file.read_bytes() + b"\0"
        with stream_across(host, upstream):
            file.write_bytes(changed) if in_place else replace_file(file, changed)
            assert apply(host) == ["providers.holysheep.sha256"]
            assert ask(host, model).status == 200
    wait_for(lambda: gauge(host, "generations_alive") == 1, "the old generations are gone")


def test_a_plugin_that_is_broken_by_its_update(start_host: StartHost, plain: str,
                                               upstream: Simulator, tmp_path: Path) -> None:
    """The old one serves on."""
    file = Path(shutil.copy(PLUGINS / "holysheep.so", tmp_path / "ours.so"))
    host = start_host(plain.replace('plugin = "holysheep"', f'plugin = "{file}"'))
    with stream_across(host, upstream):
        replace_file(file, file.read_bytes()[:4000])
        refused(host)
        file.unlink()
        refused(host)
        assert ask(host, upstream.serve(answers.chat())).status == 200
    assert gauge(host, "generation") == 1


def copies(host: Host) -> tuple[int, int]:
    """How many descriptors and how many mappings the host has of copies of plugins."""
    process = Path(f"/proc/{host.process.pid}")
    held = 0
    for descriptor in (process / "fd").iterdir():
        with suppress(FileNotFoundError):
            held += "memfd:ours.so" in str(descriptor.readlink())
    return held, (process / "maps").read_text().count("memfd:ours.so")


@pytest.mark.parametrize("good", [True, False], ids=["good", "refused"])
def test_a_file_that_is_tried_again_is_copied_once(start_host: StartHost, tmp_path: Path,
                                                   good: bool, isolated: bool) -> None:
    """In the host each content of a file stays mapped, and its copy with it, also if it was only
    tried or was refused. Of one that a child process has tried nothing stays."""
    file = Path(shutil.copy(PLUGINS / "echo.so", tmp_path / "ours.so"))
    host = start_host(server() + f'[providers.ours]\nplugin = "{file}"\n'
                      f"isolate = {str(isolated).lower()}\n" + route("ours", '"ours"'))
    at_first = copies(host)
    other = tmp_path / "other.so"
    if good:
        other.write_bytes(file.read_bytes() + b"\0")
    else:
        subprocess.run(["gcc", "-shared", "-x", "c", "/dev/null", "-o", other], check=True)
    replace_file(file, other.read_bytes())
    seen = []
    for _ in range(3):
        reply = ask_reload(host, dry_run=True)
        assert reply.status == (200 if good else 422), reply.json()
        seen.append(copies(host))
    if not good:
        refused(host)
        seen.append(copies(host))
    assert set(seen) == {at_first} if isolated else len(set(seen)) == 1
    assert host.chat("ours").status == 200

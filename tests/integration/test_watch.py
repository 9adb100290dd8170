"""Files that change by themselves: the host reloads, and nobody asks it to."""

import shutil
from pathlib import Path
from typing import Callable

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import PLUGINS, Host, run_cli, wait_for
from integration.reloading import gauge, replace_file
from upstream.simulator import Simulator
from upstream.tls import Authority

ECHO = '\n[providers.echo]\nplugin = "echo"\n'


def watching() -> str:
    return server().replace("[server]", "[server]\nwatch = true", 1)


def models(host: Host) -> set[str]:
    return {model["id"] for model in host.get("/v1/models").json()["data"]}


def goes_to(host: Host, generation: int) -> None:
    wait_for(lambda: gauge(host, "generation") == generation, f"generation {generation}")


def test_a_config_that_is_edited(start_host: StartHost) -> None:
    """A mistake leaves all as it is, and mending it is a change like any other."""
    host = start_host(watching() + ECHO + route("a", '"echo"'))
    host.config.write_text(watching() + ECHO + route("b", '"echo"'))
    goes_to(host, 2)
    assert models(host) == {"b"}
    host.config.write_text("[server\n")
    wait_for(lambda: gauge(host, "last_reload_successful") == 0, "the mistake is told")
    assert models(host) == {"b"}
    host.config.write_text(watching() + ECHO + route("c", '"echo"'))
    goes_to(host, 3)
    assert models(host) == {"c"}


def test_a_config_map_that_is_exchanged(start_host: StartHost, tmp_path: Path) -> None:
    """As Kubernetes does it: the file is a link through a link to a folder that is replaced."""
    for version, name in (("..1", "a"), ("..2", "b")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "routes.toml").write_text(route(name, '"echo"'))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "routes.toml").symlink_to("..data/routes.toml")
    host = start_host(f'include = ["{tmp_path}/routes.toml"]\n' + watching() + ECHO)
    assert models(host) == {"a"}
    (tmp_path / "..next").symlink_to("..2")
    (tmp_path / "..next").rename(tmp_path / "..data")
    goes_to(host, 2)
    assert models(host) == {"b"}


def test_a_file_that_comes_into_an_included_folder(start_host: StartHost, tmp_path: Path) -> None:
    host = start_host(f'include = ["{tmp_path}/*.toml"]\n' + watching() + ECHO + route("a", '"echo"'))
    (tmp_path / "more.toml").write_text(route("b", '"echo"'))
    goes_to(host, 2)
    assert models(host) == {"a", "b"}
    (tmp_path / "more.toml").unlink()
    goes_to(host, 3)
    assert models(host) == {"a"}


@pytest.mark.parametrize("change", [
    pytest.param(lambda folder: replace_file(folder / "ours.so",
                                             (folder / "ours.so").read_bytes() + b"\n"), id="plugin"),
    pytest.param(lambda folder: (folder / "key").write_text("another"), id="credential"),
])
def test_what_stands_behind_a_provider(start_host: StartHost, upstream: Simulator,
                                       authority: Authority, tmp_path: Path,
                                       change: Callable[[Path], None]) -> None:
    shutil.copy(PLUGINS / "holysheep.so", tmp_path / "ours.so")
    (tmp_path / "key").write_text("one")
    ours = provider("holysheep", upstream, authority).replace(
        'plugin = "holysheep"', f'plugin = "{tmp_path}/ours.so"')
    ours = ours.replace("env:HOLYSHEEP_API_KEY", f"file:{tmp_path}/key")
    host = start_host(watching() + ours + route("qwen-*", '"holysheep"'))
    change(tmp_path)
    goes_to(host, 2)
    assert "providers.holysheep" in host.log()


def test_the_keys_file_is_watched_in_any_case(start_host: StartHost, tmp_path: Path) -> None:
    """And alone: a config that is being edited is not read with it."""
    keys = tmp_path / "keys.toml"
    config = f'keys_file = "{keys}"\n' + server() + ECHO
    host = start_host(config + route("a", '"echo"'))
    assert host.get("/v1/models").status == 401
    host.config.write_text(config + route("b", '"echo"') + "\n[not done\n")
    made = run_cli("key", "new", "ann", "--keys-file", keys)
    assert made.returncode == 0, made.stderr
    goes_to(host, 2)
    headers = {"authorization": f"Bearer {made.stderr.splitlines()[0]}"}
    reply = host.connect().send("GET", "/v1/models", headers=headers)
    assert {model["id"] for model in reply.json()["data"]} == {"a"}
    assert run_cli("key", "disable", "ann", "--keys-file", keys).returncode == 0
    goes_to(host, 3)
    assert host.connect().send("GET", "/v1/models", headers=headers).status == 401


def test_a_folder_with_keys_that_is_away_for_a_while(start_host: StartHost, tmp_path: Path) -> None:
    """Without it nobody has a key; back again it is read, and watched, as before."""
    folder, away = tmp_path / "conf", tmp_path / "away"
    folder.mkdir()
    made = run_cli("key", "new", "ann", "--keys-file", folder / "keys.toml")
    assert made.returncode == 0, made.stderr
    host = start_host(f'keys_file = "{folder}/keys.toml"\n' + server() + ECHO + route("a", '"echo"'))
    headers = {"authorization": f"Bearer {made.stderr.splitlines()[0]}"}

    def answers(status: int) -> None:
        wait_for(lambda: host.connect().send("GET", "/v1/models", headers=headers).status == status,
                 f"a {status}")

    answers(200)
    folder.rename(away)
    answers(401)
    away.rename(folder)
    answers(200)
    folder.rename(tmp_path / "old")
    answers(401)
    shutil.copytree(tmp_path / "old", folder)
    answers(200)
    assert run_cli("key", "disable", "ann", "--keys-file", folder / "keys.toml").returncode == 0
    answers(401)
    for line in (f"the folder {folder} is gone", f"the folder {folder} is there, and watched"):
        assert host.log().count(line) == 2, host.log()


def test_a_mistake_beside_the_keys_leaves_none_good(start_host: StartHost, tmp_path: Path) -> None:
    """A folder of which all is exchanged at once: what is wrong in it does not keep a key that was
    taken out."""
    for version in ("..1", "..2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "more.toml").write_text(route("a", '"echo"'))
    (tmp_path / "..data").symlink_to("..1")
    keys = tmp_path / "..1/keys.toml"
    made = run_cli("key", "new", "ann", "--keys-file", keys)
    key = {"authorization": f"Bearer {made.stderr.splitlines()[0]}"}
    host = start_host(f'include = ["{tmp_path}/..data/more.toml"]\n'
                      f'keys_file = "{tmp_path}/..data/keys.toml"\n' + watching() + ECHO)
    assert host.chat("a", headers=key).status == 200
    shutil.copy(keys, tmp_path / "..2/keys.toml")
    disabled = run_cli("key", "disable", "ann", "--keys-file", tmp_path / "..2/keys.toml")
    assert disabled.returncode == 0, disabled.stderr
    (tmp_path / "..2/more.toml").write_text("[nonsense]\n")
    (tmp_path / "..next").symlink_to("..2")
    (tmp_path / "..next").rename(tmp_path / "..data")
    wait_for(lambda: host.chat("a", headers=key).status == 401, "the key is disabled")
    wait_for(lambda: gauge(host, "last_reload_successful") == 0, "the mistake is told")


def test_without_it_nothing_is_read(start_host: StartHost) -> None:
    """Until somebody asks; then the watch begins at once, if the config says so."""
    host = start_host(server() + ECHO + route("a", '"echo"'))
    host.config.write_text(watching() + ECHO + route("b", '"echo"'))
    assert host.admin("POST", "/admin/reload", {}).json()["outcome"] == "applied"
    assert models(host) == {"b"}
    host.config.write_text(watching() + ECHO + route("c", '"echo"'))
    goes_to(host, 3)
    assert models(host) == {"c"}

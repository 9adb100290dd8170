"""`bellwether check --live`: every provider asked for its models, and what follows from the lists."""

import json
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import provider, route, server
from integration.host import KEY, run_cli
from upstream import qwen
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults
from upstream.simulator import OTHER_KEY, Simulator
from upstream.tls import Authority

LISTS: list[Scenario] = []


@pytest.fixture
def listing(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """An upstream whose list of models the test chooses with LISTS."""
    LISTS[:] = []
    monkeypatch.setattr(answers, "models", lambda: LISTS[0] if LISTS else usual())
    with Simulator(authority) as simulator:
        yield simulator


def usual() -> Scenario:
    return faults.status(200, qwen.dump(qwen.model_list()))


def check(config: str, folder: Path, *arguments: str, **env: str) -> tuple[int, Any, str]:
    file = folder / "live.toml"
    file.write_text(config)
    done = run_cli("check", "--live", *arguments, "--config", file, env=env)
    assert KEY not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def config(upstream: Simulator, authority: Authority, *routes: str) -> str:
    return (server() + provider("holysheep", upstream, authority) + "\n[providers.echo]\n"
            + "".join(routes) + route("echo", '"echo"'))


def test_all_is_well(listing: Simulator, authority: Authority, tmp_path: Path) -> None:
    text = config(listing, authority, route("qwen-*", '"holysheep"'))
    code, said, _ = check(text, tmp_path)
    assert code == 0, said
    assert f"holysheep: ok: reached, credential accepted, {len(qwen.MODELS)} models" in said
    assert "echo: ok: answers by itself" in said
    code, told, _ = check(text, tmp_path, "--json")
    report = json.loads(told)
    assert code == 0 and report["ok"] and report["findings"] == []
    assert report["providers"][0]["models"] == len(qwen.MODELS)


def test_routes_that_lead_nowhere(listing: Simulator, authority: Authority,
                                  tmp_path: Path) -> None:
    """Exact names with the nearest, patterns that match nothing; a price for nothing is a warning."""
    code, said, _ = check(config(
        listing, authority, route("qwen-mex", '"holysheep"'), route("llama-*", '"holysheep"'))
        + '[[prices]]\nprovider = "holysheep"\nmodel = "gone"\ninput = "1 USD"\noutput = "1 USD"\n',
        tmp_path)
    assert code == 1
    assert 'has no model "qwen-mex"; did you mean "qwen-max"?' in said
    assert 'has no model that matches "llama-*"' in said
    assert 'warning: there is a price for "gone"' in said


def test_a_refused_key(listing: Simulator, authority: Authority, tmp_path: Path) -> None:
    """It says which variable to look at."""
    code, said, _ = check(config(listing, authority), tmp_path, HOLYSHEEP_API_KEY="wrong-key-1")
    assert code == 1 and "holysheep: BROKEN" in said
    assert "env:HOLYSHEEP_API_KEY" in said and "wrong-key-1" not in said


def test_each_of_several_keys_is_tried(listing: Simulator, authority: Authority,
                                       tmp_path: Path) -> None:
    text = config(listing, authority).replace('api_key = "env:HOLYSHEEP_API_KEY"',
                                              'api_keys = ["env:KEY_A", "env:KEY_B"]')
    code, said, _ = check(text, tmp_path, KEY_A=KEY, KEY_B="wrong-key-2")
    assert code == 1 and "holysheep: ok" in said
    assert "holysheep: credential env:KEY_A: accepted" in said
    assert "holysheep: credential env:KEY_B: BROKEN" in said and "wrong-key-2" not in said
    code, told, _ = check(text, tmp_path, "--json", KEY_A="wrong-key-2", KEY_B=OTHER_KEY)
    tried = json.loads(told)["providers"][0]["credentials"]
    assert code == 1 and [(one["credential"], one["ok"]) for one in tried] == [
        ("env:KEY_A", False), ("env:KEY_B", True)]


def test_nobody_is_there(authority: Authority, tmp_path: Path) -> None:
    with Simulator(authority) as gone:
        text = config(gone, authority)
    code, said, _ = check(text, tmp_path)
    assert code == 1 and "holysheep: BROKEN" in said and "can be reached from here" in said


@pytest.mark.parametrize("body", [b"{", b"<html>", b"[]", b'{"data":{}}', b""])
def test_what_is_no_list(listing: Simulator, authority: Authority, tmp_path: Path,
                         body: bytes) -> None:
    LISTS[:] = [faults.status(200, body)]
    code, said, _ = check(config(listing, authority), tmp_path)
    assert code == 1 and "holysheep: BROKEN" in said and "list of models" in said


def test_a_huge_list(listing: Simulator, authority: Authority, tmp_path: Path) -> None:
    """Many models are fine; more than 64 MiB of them are not read."""
    many = {"object": "list", "data": [{"id": f"model-{number}"} for number in range(50_000)]}
    LISTS[:] = [faults.status(200, qwen.dump(many))]
    code, said, _ = check(config(listing, authority), tmp_path)
    assert code == 0 and "50000 models" in said
    LISTS[:] = [faults.status(200, b" " * (65 << 20))]
    code, said, _ = check(config(listing, authority), tmp_path)
    assert code == 1 and "larger than 64 MiB" in said

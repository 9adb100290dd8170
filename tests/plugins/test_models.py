"""`bellwether check --live`: each plugin asks its vendor for the models, with its credential."""

import json
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import route, server
from integration.host import run_cli
from plugins.columns import PLUGINS
from plugins.conftest import StandOf
from plugins.stands import Stand

NAMES = [plugin.name for plugin in PLUGINS]
LISTING = [plugin.name for plugin in PLUGINS if plugin.lists is not None]


def check(stand: Stand, folder: Path, lines: str, *models: str) -> tuple[int, Any]:
    """The exit code and the report of a config that has this provider alone."""
    name = stand.plugin.name
    file = folder / "live.toml"
    routes = [route(model, f'"{name}"') for model in models]
    file.write_text("".join([server(workers=1), stand.section(name, lines), *routes]))
    done = run_cli("check", "--live", "--json", "--config", file, env=dict(stand.place.env))
    for secret in stand.place.secrets:
        assert secret not in done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_models_are_listed(stand_of: StandOf, tmp_path: Path, name: str) -> None:
    stand = stand_of(name)
    code, report = check(stand, tmp_path, stand.place.right, *stand.vendor.models)
    (provider,) = report["providers"]
    assert code == 0 and report["ok"] and not report["findings"], report
    if stand.plugin.lists is None:
        assert provider["skipped"]
    else:
        assert provider["ok"] and provider["asked"]
        assert provider["models"] == stand.plugin.lists == len(stand.vendor.models)


@pytest.mark.parametrize("name", LISTING)
def test_a_model_that_there_is_not(stand_of: StandOf, tmp_path: Path, name: str) -> None:
    stand = stand_of(name)
    code, report = check(stand, tmp_path, stand.place.right, f"{stand.vendor.prefix}-nowhere")
    assert code == 1 and len(report["findings"]) == 1
    assert "nowhere" in report["findings"][0]["message"]


@pytest.mark.parametrize("name", LISTING)
def test_a_refused_credential(stand_of: StandOf, tmp_path: Path, name: str) -> None:
    stand = stand_of(name)
    code, report = check(stand, tmp_path, stand.place.wrong, *stand.vendor.models)
    (provider,) = report["providers"]
    assert code == 1 and not provider["ok"] and not provider["skipped"]
    place = "wrong.json" if name == "vertex" else "env:TABLE_WRONG_SECRET"
    assert place in provider["advice"]

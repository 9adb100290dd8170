"""The configs that the plugins' pages show are good, and the pages tell of every option."""

import json
import re
from pathlib import Path

import pytest

from integration.host import PLUGINS, ROOT, run_cli

SHIPPED = re.search(r"^set\(shipped ([^)]*)\)", (ROOT / "plugins/CMakeLists.txt").read_text(), re.M)[1].split()


def page_of(name: str) -> str:
    return (ROOT / "plugins" / name / "README.md").read_text()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_config_shown_is_good(name: str, tmp_path: Path) -> None:
    """Where the variables that it names are set; files that it names are not looked into."""
    shown = "\n".join(re.findall(r"^```toml\n(.*?)^```", page_of(name), re.M | re.S))
    first = re.search(r"^\[providers\.([\w-]+)\]", shown, re.M)[1]
    file = tmp_path / "bellwether.toml"
    file.write_text(f'plugin_path = ["{PLUGINS}"]\ndefault_to = "{first}"\n{shown}')
    named = re.findall(r'"env:(\w+)"', shown) + ["OPENAI_API_KEY"]
    left_out = ["--no-secrets"] if '"file:' in shown else []
    checked = run_cli("check", *left_out, "--config", file, env=dict.fromkeys(named, "a-key-for-tests"))
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", SHIPPED)
def test_every_option_is_told_of(name: str) -> None:
    told = run_cli("plugin", "inspect", PLUGINS / f"{name}.so", "--json")
    assert told.returncode == 0, told.stderr
    options = set(json.loads(told.stdout)["manifest"].get("options", {}))
    rows = re.findall(r"^\| (`.*?) \|", page_of(name), re.M)
    assert options <= {word for row in rows for word in re.findall(r"`(\w+)`", row)}

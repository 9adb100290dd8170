"""The commands and the config of the SDK's guide do what they say. Its code is held to the examples by style/test_docs.py, and what
it says for projects outside the tree by install/test_prefix.py."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from integration.host import ROOT, run_cli

GUIDE = (ROOT / "sdk/README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.M | re.S)


COMPILING = [block for block in blocks("sh") if "pkg-config" not in block]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As the guide takes it for granted: the provider's file, what the tree has, and a library to bring along."""
    shutil.copy(ROOT / "sdk/examples/minimal_cpp/minimal.cpp", tmp_path / "oracle.cpp")
    (tmp_path / "sdk").symlink_to(ROOT / "sdk")
    (tmp_path / "cmake").symlink_to(ROOT / "cmake")
    subprocess.run(["gcc", "-shared", "-x", "c", "-", "-o", tmp_path / "libdelphi.so"], input="int delphi;", text=True,
                   check=True, timeout=60)
    return tmp_path


@pytest.mark.parametrize("commands", COMPILING)
def test_the_commands_build_a_plugin_that_loads(folder: Path, commands: str) -> None:
    environment = {**os.environ, "CPLUS_INCLUDE_PATH": str(ROOT / "sdk/include")}  # as if it were installed
    subprocess.run(["bash", "-ec", commands], cwd=folder, env=environment, check=True, timeout=300)
    told = run_cli("plugin", "inspect", folder / "oracle.so", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["id"] == "com.example.oracle"


def test_the_config_is_good(folder: Path) -> None:
    subprocess.run(["bash", "-ec", COMPILING[0]], cwd=folder, check=True, timeout=300)
    (config,) = blocks("toml")
    file = folder / "bellwether.toml"
    file.write_text(f'plugin_path = ["{folder}"]\ndefault_to = "oracle"\n{config}')
    checked = run_cli("check", "--config", file, env={"ORACLE_API_KEY": "k"})
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_block_is_run_somewhere() -> None:
    """One in another language would be held to nothing."""
    assert set(re.findall(r"^```(\w+)$", GUIDE, re.M)) == {"c", "cpp", "cmake", "sh", "toml"}
    assert len(COMPILING) == 2

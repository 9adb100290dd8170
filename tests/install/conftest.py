"""The build under test, installed below a prefix and as packages."""

import json
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest

from install.box import Box, machine
from install.oracle import Oracle
from integration.host import BINARY

BUILD = BINARY.parent.parent


def run(*words: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Runs a command that must succeed."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, f"{words}:\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def version() -> str:
    """The version that the program says it has; everything else must agree."""
    return json.loads(run(BINARY, "version", "--json").stdout)["version"]


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that was moved after it was made."""
    folder = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", folder / "first")
    (folder / "first").rename(folder / "moved")
    return folder / "moved"


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The Debian packages by name."""
    folder = tmp_path_factory.mktemp("packages")
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
    return {file.name.split("_")[0]: file for file in folder.glob("*.deb")}


@pytest.fixture(scope="session")
def start_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Box]]:
    boxes: list[Box] = []

    def start() -> Box:
        boxes.append(machine(tmp_path_factory.mktemp("machine")))
        return boxes[-1]

    yield start
    for box in boxes:
        box.close()


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    with Oracle() as running:
        yield running

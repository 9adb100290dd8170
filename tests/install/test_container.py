"""The container file: its steps, as far as they can be tried without a container engine."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from install.box import Box, read_only
from install.conftest import run
from integration.host import ROOT

USER = 65532
TEXT = (ROOT / "config/deploy/Containerfile").read_text()
INSTRUCTIONS = [line.split(maxsplit=1) for line in TEXT.splitlines()
                if line and not line.startswith("#")]


def instructions(name: str) -> list[str]:
    return [rest for instruction, rest in INSTRUCTIONS if instruction == name]


def words(instruction: str) -> list[str]:
    """The words of an instruction that is written as a list."""
    (rest,) = instructions(instruction)
    return json.loads(rest[rest.index("["):])


@pytest.fixture(scope="module")
def container(packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The image's file system, made by the file's own step, and read-only."""
    folder = tmp_path_factory.mktemp("image") / "rootfs"
    run(ROOT / "config/deploy/rootfs", packages["bellwether"], folder)
    for mount in ("proc", "dev", "sys"):  # a container engine makes those
        (folder / mount).mkdir(exist_ok=True)
    box = read_only(folder)
    yield box
    box.close()


def test_what_it_copies_is_enough(tmp_path: Path) -> None:
    """Its list of folders is kept by hand: with them alone, everything is found."""
    copied = []
    for rest in instructions("COPY"):
        sources = [word for word in rest.split() if not word.startswith("--from")]
        if sources != rest.split():
            continue  # from an earlier stage
        *names, target = sources
        for name in names:
            destination = tmp_path / "source" / target
            if (ROOT / name).is_dir():
                run("cp", "-r", ROOT / name, destination)
            else:
                destination.mkdir(parents=True, exist_ok=True)
                run("cp", ROOT / name, destination)
            copied.append(name)
    assert "bw" in copied
    run("cmake", "-S", tmp_path / "source", "-B", tmp_path / "build", "-DBELLWETHER_TESTS=OFF")
    rules = (tmp_path / "build/cmake_install.cmake").read_text()
    wanted = re.findall(rf'"({re.escape(str(tmp_path))}/source/[^"]+)"', rules)
    assert len(wanted) > 5
    assert not [file for file in wanted if not Path(file).exists()]


def test_its_commands_exist() -> None:
    """Each step of a RUN is a program of the tree or of `./bw`."""
    for command in instructions("RUN"):
        assert subprocess.run(["sh", "-n", "-c", command]).returncode == 0
        for step in command.split("&&"):
            program, *arguments = shlex.split(step)
            assert (ROOT / program).exists()
            if program == "./bw":
                assert f"./bw {arguments[0]}" in run(ROOT / "bw", "help").stdout
    assert instructions("USER") == [f"{USER}:{USER}"]


def test_the_image_serves(container: Box) -> None:
    """As an unknown user, without HOME, with nothing that can be written: the health check passes,
    the echo answers, and SIGTERM ends it well."""
    probe = words("HEALTHCHECK")
    assert container.run(*probe, user=USER).returncode == 1
    with container.serving(*words("ENTRYPOINT"), *words("CMD"), user=USER):
        assert container.run(*probe, user=USER).stdout == "ready\n"
        said = container.run("/usr/bin/bellwether", "chat", "-m", "echo", "Hello", user=USER)
        assert said.stdout == "echo: Hello\n"


def test_the_image_is_small(container: Box) -> None:
    """No shell, and less than a distribution's smallest image."""
    assert not list(container.root.glob("**/sh")) and not list(container.root.glob("**/bash"))
    assert sum(file.lstat().st_size for file in container.root.rglob("usr/**/*")) < 48 << 20

"""`cmake --install`: a tree that works wherever it stands, and plugins built against it."""

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from install.conftest import run
from install.oracle import Oracle
from integration.host import ROOT, Host

HERE = Path(__file__).resolve().parent
EXAMPLES = "share/doc/bellwether-dev/examples"
SHIPPED = re.search(r"^set\(shipped ([^)]*)\)", (ROOT / "plugins/CMakeLists.txt").read_text(), re.M)[1].split()


def config(oracle: Oracle, **plugins: Path) -> str:
    """A config with one provider and one route a plugin."""
    text = ('[server]\nlisten = "127.0.0.1:0"\nworkers = 1\nhosts = ["bellwether"]\n'
            '[admin]\nlisten = "off"\n')
    for name, file in plugins.items():
        text += (f'[providers.{name}]\nplugin = "{file}"\nbase_url = "{oracle.url}"\n'
                 + ('api_key = "env:ORACLE_API_KEY"\n' if name == "cpp" else "")
                 + f'[[routes]]\nmodel = "{name}"\nto = "{name}"\n')
    return text


def answers(prefix: Path, folder: Path, oracle: Oracle, **plugins: Path) -> dict[str, str]:
    """What the installed host answers to one chat through each plugin."""
    folder.mkdir()
    host = Host(config(oracle, **plugins), folder, {"ORACLE_API_KEY": "k"},
                binary=prefix / "bin/bellwether")
    try:
        return {name: host.chat(name).json()["choices"][0]["message"]["content"]
                for name in plugins}
    finally:
        host.stop()


@pytest.fixture(scope="module")
def cmake_plugins(prefix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project outside the tree, built against the moved installation."""
    build = tmp_path_factory.mktemp("outside")
    run("cmake", "-S", HERE / "outside_plugin", "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DEXAMPLES={prefix / EXAMPLES}")
    run("cmake", "--build", build)
    return build


def test_it_finds_its_own_plugins(prefix: Path) -> None:
    """By where the program is, not by where it was built or installed first."""
    listed = json.loads(run(prefix / "bin/bellwether", "plugin", "list", "--json", env={}).stdout)
    assert {Path(entry["file"]) for entry in listed} == {
        prefix / f"lib/bellwether/plugins/{name}.so" for name in SHIPPED}


def test_it_needs_no_environment(prefix: Path) -> None:
    """No HOME, no PATH, no working folder of its own; the example config is good as it stands."""
    example = prefix / "share/doc/bellwether/examples/bellwether.toml"
    done = run(prefix / "bin/bellwether", "check", "--config", example, env={}, cwd="/")
    assert ": ok: " in done.stdout


def test_nothing_names_the_build(prefix: Path) -> None:
    """No text file has a path of the machine that built it."""
    root = str(HERE.parents[1])
    named = [file for file in prefix.rglob("*") if file.is_file() and root.encode()
             in file.read_bytes() and not file.read_bytes().startswith(b"\x7fELF")]
    assert not named


def test_nothing_can_be_written_by_others(prefix: Path) -> None:
    wrong = [path for path in prefix.rglob("*") if path.stat().st_mode & stat.S_IWOTH]
    assert not wrong


def test_cmake_builds_plugins_that_answer(prefix: Path, cmake_plugins: Path, tmp_path: Path,
                                          oracle: Oracle, version: str) -> None:
    """find_package(Bellwether), in C and C++; and upstreams are told the one version."""
    told = answers(prefix, tmp_path / "host", oracle, c=cmake_plugins / "outside_c.so",
                   cpp=cmake_plugins / "outside_cpp.so")
    assert told == {"c": "42", "cpp": "42"}
    assert set(oracle.agents) == {f"bellwether/{version}"}


def test_the_testing_host_is_installed(cmake_plugins: Path) -> None:
    done = run(cmake_plugins / "outside_test", cmake_plugins / "outside_cpp.so")
    assert done.stdout == "42\n"


@pytest.mark.parametrize("language, compiler, source", [
    ("c", ["gcc", "-std=c11"], "minimal_c/minimal.c"),
    ("cpp", ["g++", "-std=c++17"], "minimal_cpp/minimal.cpp")])
def test_pkg_config_builds_plugins_that_answer(prefix: Path, tmp_path: Path, oracle: Oracle,
                                               language: str, compiler: list[str],
                                               source: str) -> None:
    """One command line, without CMake; the plugin exports its one symbol."""
    flags = pkg_config(prefix, "--cflags", "--libs").split()
    plugin = tmp_path / "by_hand.so"
    run(*compiler, "-O2", "-shared", "-fPIC", "-fvisibility=hidden", prefix / EXAMPLES / source,
        *flags, "-o", plugin)
    symbols = run("nm", "-D", "--defined-only", plugin).stdout.split()
    assert symbols[2::3] == ["bw_plugin_v1"]
    assert answers(prefix, tmp_path / "host", oracle, **{language: plugin}) == {language: "42"}


def test_the_guide_builds_plugins_that_answer(prefix: Path, tmp_path: Path, oracle: Oracle) -> None:
    """The file for CMake and the command line that the installed guide shows for projects outside the tree."""
    guide = (prefix / "share/doc/bellwether-dev/README.md").read_text()
    project, build = tmp_path / "project", tmp_path / "build"
    project.mkdir()
    shutil.copy(prefix / EXAMPLES / "minimal_cpp/minimal.cpp", project / "oracle.cpp")
    (shown,) = [block for block in re.findall(r"^```cmake\n(.*?)^```", guide, re.M | re.S) if "find_package" in block]
    (project / "CMakeLists.txt").write_text(shown)
    run("cmake", "-S", project, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    assert answers(prefix, tmp_path / "host", oracle, cpp=build / "oracle.so") == {"cpp": "42"}
    (line,) = [block for block in re.findall(r"^```sh\n(.*?)^```", guide, re.M | re.S) if "pkg-config" in block]
    run("bash", "-ec", f"cd {project} && {line}",
        env={**os.environ, "PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")})
    assert answers(prefix, tmp_path / "second", oracle, cpp=project / "oracle.so") == {"cpp": "42"}


def pkg_config(prefix: Path, *options: str) -> str:
    return run("pkg-config", *options, "bellwether", env={
        **os.environ, "PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")}).stdout.strip()


def test_there_is_one_version(prefix: Path, version: str, tmp_path: Path) -> None:
    """pkg-config's and CMake's are the program's; CMake refuses what is newer."""
    assert pkg_config(prefix, "--modversion") == version
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(asks LANGUAGES NONE)\n"
        "find_package(Bellwether ${WANTED} REQUIRED)\nmessage(STATUS \"<${Bellwether_VERSION}>\")\n")
    asked = ["cmake", "-S", tmp_path, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}"]
    assert f"<{version}>" in run(*asked, f"-DWANTED={version}").stdout
    newer = subprocess.run([*asked, "-DWANTED=999.0"], capture_output=True, text=True)
    assert newer.returncode != 0 and "999.0" in newer.stderr

"""Compiles the bad plugins, each source once."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from integration.host import ROOT

SOURCES = Path(__file__).with_name("plugins")
# The name of a library is its source's, and the macros behind a colon.
LIBRARIES = ("tables", "tables:ENTRY=bw_plugin_v9", "tables:ENTRY=harmless", "sends", "emits", "statuses", "engines", "engines:BAD_SIDE=0", "engines:BAD_SIDE=2", "engines:BAD_SIDE=3",
             "births", "crashes", "throws:BAD_NOEXCEPT=1", "throws:BAD_NOEXCEPT=0")


def file_of(folder: Path, library: str) -> Path:
    return folder / f"{library.replace(':', '-').replace('=', '-')}.so"


def compile_library(folder: Path, library: str) -> Path:
    source, _, macro = library.partition(":")
    file = file_of(folder, library)
    in_c = (SOURCES / f"{source}.c").exists()
    compiler = os.environ.get("CC", "gcc") if in_c else os.environ.get("CXX", "g++")
    done = subprocess.run(
        [compiler, "-std=c11" if in_c else "-std=c++17", "-shared", "-fPIC", "-O0", "-pthread", "-I", ROOT / "sdk/include",
         *([f"-D{macro}"] if macro else []), SOURCES / f"{source}.{'c' if in_c else 'cpp'}", "-o", file],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    file.chmod(0o755)
    return file


def compile_all(folder: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda library: compile_library(folder, library), LIBRARIES))

"""The functions of C and C++ files, as ctags parses them."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Function(NamedTuple):
    """A function, or a lambda outside of all functions."""

    path: Path
    line: int  # where its name stands
    lines: int  # from there to its closing brace


def functions(paths: Iterable[Path]) -> list[Function]:
    """Every function that has a body, file by file."""
    told = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+ne", "--kinds-C=f", "--kinds-C++=f", "--langmap=C++:.cpp.hpp,C:.c.h",
         "--languages=C,C++", "-f", "-", "-L", "-"],
        input="\n".join(map(str, paths)), check=True, capture_output=True, text=True,
    ).stdout
    found = map(json.loads, told.splitlines())
    return [Function(Path(tag["path"]), tag["line"], tag["end"] - tag["line"]) for tag in found if "end" in tag]

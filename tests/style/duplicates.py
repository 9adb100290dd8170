"""Code that stands twice: runs of the same tokens, whatever their layout and comments."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | ^[ \t]*\#\s*(?:include|pragma)[^\n]*      # says nothing twice
      | (?P<token>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | [A-Za-z_]\w* | [\d.]\w* | \S)""",
    re.S | re.M | re.X,
)


class Place(NamedTuple):
    """Where a token stands."""

    path: Path
    line: int


def tokens_of(path: Path) -> list[tuple[str, Place]]:
    """The code's tokens and their places."""
    text, line, at, found = path.read_text(), 1, 0, []
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if match["token"]:
            found.append((match["token"], Place(path, line)))
    return found


def duplicates(paths: Iterable[Path], size: int) -> list[tuple[Place, Place]]:
    """Where runs of `size` tokens stand that stood before, and where that was: the first of each."""
    seen: dict[tuple[str, ...], Place] = {}
    found = []
    for path in paths:
        tokens = tokens_of(path)
        words = [word for word, _ in tokens]
        inside = False
        for at in range(len(tokens) - size + 1):
            run = tuple(words[at : at + size])
            before = seen.setdefault(run, tokens[at][1])
            again = before != tokens[at][1]
            if again and not inside:
                found.append((tokens[at][1], before))
            inside = again
    return found

"""One word, one meaning: the name of a type of the host stands for one type."""

import json
import subprocess
from collections import defaultdict
from pathlib import Path

from .test_style import ROOT, relative, sources


def types(paths: list[Path]) -> list[tuple[str, str, bool]]:
    """The name, the place, and whether a class or a function holds it, of each type that is defined."""
    told = subprocess.run(
        ["ctags", "--output-format=json", "--fields=+ns", "--kinds-C++=csug", "--langmap=C++:.cpp.hpp",
         "--languages=C++", "-f", "-", "-L", "-"],
        input="\n".join(map(str, paths)), check=True, capture_output=True, text=True,
    ).stdout
    found = [tag for tag in map(json.loads, told.splitlines()) if not tag["name"].startswith("__anon")]
    return [(tag["name"], f"{relative(Path(tag['path'])) if Path(tag['path']).is_relative_to(ROOT) else tag['path']}:{tag['line']}",
             tag.get("scopeKind", "namespace") != "namespace") for tag in found]


def told_twice(found: list[tuple[str, str, bool]]) -> list[str]:
    """Two types within others, as `State` of a parser and of a socket, may have one name: both are told apart wherever
    they are named. A type that stands by itself shares its name with none."""
    places = defaultdict(list)
    for name, place, within in found:
        places[name].append((place, within))
    return [
        f"{name}: " + ", ".join(place for place, _ in of_it)
        for name, of_it in sorted(places.items())
        if len(of_it) > 1 and not all(within for _, within in of_it)
    ]


def test_a_types_name_has_one_meaning() -> None:
    found = types(sources("host", suffixes={".cpp", ".hpp"}))
    assert len(found) > 500, "the types of the host are not seen"
    assert not told_twice(found)


def test_a_name_with_two_meanings_is_seen(tmp_path: Path) -> None:
    one, other = tmp_path / "one.hpp", tmp_path / "other.cpp"
    one.write_text("namespace a {\nstruct Rate { int x; };\nclass Twin { enum class State { on }; };\n}\n")
    other.write_text("namespace b {\nnamespace {\nenum class Rate { low };\n}\nclass Other { struct State { int x; }; };\n"
                     "struct Twin;\n}\n")
    twice = told_twice(types([one, other]))
    assert [line.split(":")[0] for line in twice] == ["Rate"], twice
    other.write_text("namespace b {\nclass Other { struct Rate { int x; }; };\n}\n")
    assert told_twice(types([one, other])), "also where one of them is within another type"

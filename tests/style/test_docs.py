"""What the pages say of the tree: their code stands in files that are built, their lists are whole, their links lead somewhere."""

import re
import subprocess
import textwrap
from pathlib import Path

from .test_style import C_AND_CPP, ROOT, relative, sources

GUIDE = ROOT / "sdk/README.md"

# Where the guide's code may stand: what the tests build and run.
RUN = ("sdk/examples", "plugins", "tests/abi", "tests/install/outside_plugin", "tests/unit")


def tracked() -> list[str]:
    return subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()


def pages() -> list[Path]:
    found = [
        ROOT / name for name in tracked()
        if name.endswith(".md") and (ROOT / name).exists() and not name.startswith("tests/")  # templates of pages
    ]
    assert len(found) > 20
    return found


def blocks(page: str, *languages: str) -> list[str]:
    """The fenced blocks of these languages."""
    return [body for language, body in re.findall(r"^```(\w+)\n(.*?)^```", page, re.M | re.S) if language in languages]


def is_part_of(block: str, text: str) -> bool:
    """As it is, or moved to the left."""
    return any(textwrap.indent(block, " " * width) in text for width in (0, 4, 8))


def test_the_code_of_the_guide_is_built_and_run() -> None:
    texts = [path.read_text() for path in sources(*RUN)]
    shown = blocks(GUIDE.read_text(), "c", "cpp")
    assert len(shown) >= 10
    wrong = [block for block in shown if not any(is_part_of(block, text) for text in texts)]
    assert not wrong, "\n".join(wrong)


def test_a_block_is_found_only_as_it_is() -> None:
    text = "    if (a) {\n        b();\n    }\n"
    assert is_part_of("if (a) {\n    b();\n}\n", text) and is_part_of(text, text)
    assert not is_part_of("if (a) {\n  b();\n}\n", text)


def test_every_example_is_built() -> None:
    lists = (ROOT / "tests/abi/CMakeLists.txt").read_text()
    wrong = [
        relative(path) for path in sources("sdk/examples")
        if path.suffix in {".c", ".cpp"} and relative(path) not in lists
    ]
    assert not wrong


def is_public(header: Path) -> bool:
    """One that is not a part of another says so in no word of its first comment."""
    first = re.match(r"(//[^\n]*\n)+|/\*.*?\*/", header.read_text(), re.S)
    assert first, f"{relative(header)} does not say what it is"
    words = re.sub(r"\s*(//|\n \*)\s*", " ", first[0])
    return not re.search(r"Part (of|\*? ?of) <bellwether/", words)


def test_the_guide_lists_every_public_header() -> None:
    """And no other; what is a part of one of them is found there."""
    listed = set(re.findall(r"^\| `(bellwether/\S+\.hp?p?)` \|", GUIDE.read_text(), re.M))
    there = {
        re.sub(r"^sdk/\w+/", "", relative(path)) for path in sources("sdk/include", "sdk/testing") if is_public(path)
    }
    assert len(there) > 20
    assert listed == there, sorted(listed ^ there)


def test_all_of_them_are_compiled_together() -> None:
    """By every compiler, in every standard."""
    there = {re.sub(r"^sdk/\w+/", "", relative(path)) for path in sources("sdk/include", "sdk/testing") if is_public(path)}
    included = set(re.findall(r"<(bellwether/[^>]+)>", (ROOT / "tests/abi/include_all.cpp").read_text()))
    reached = {"bellwether/provider.h", "bellwether/version.hpp", "bellwether/provider/rules.hpp"}
    assert there - {name for name in there if name.startswith("bellwether/ext/")} - reached <= included


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    found: set[str] = set()
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        name, count = anchor(heading), 0
        while name in found:
            count += 1
            name = f"{anchor(heading)}-{count}"
        found.add(name)
    return found


def test_links_lead_somewhere() -> None:
    wrong = []
    for page in pages():
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, name = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists() or (name and file.suffix == ".md" and name not in anchors(file)):
                wrong.append(f"{relative(page)}: {target}")
    assert not wrong, "\n".join(wrong)


def test_files_that_pages_name_are_there() -> None:
    """By their path in the tree, or the end of it."""
    known = ["/" + name for name in tracked() if Path(name).suffix in C_AND_CPP]
    wrong = [
        f"{relative(page)}: {name}"
        for page in pages()
        for name in re.findall(r"`([\w/]+\.(?:c|h|cpp|hpp))`", page.read_text())
        if not any(path.endswith("/" + name) for path in known) and not name.startswith("oracle")
    ]
    assert not wrong, "\n".join(wrong)

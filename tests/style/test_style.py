"""Rules of the tree that a reader relies on: direction of includes, homes of libraries, sizes."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A folder of host/ may include those to its right and itself, nothing else.
LAYERS = {
    "cli": "serve pages front http policy route plugin net ledger config observe calendar json base",
    "serve": "pages front http policy route plugin net ledger config observe calendar json base",
    "pages": "front http policy route plugin net ledger config observe calendar json base",
    "front": "http policy route plugin net ledger config observe calendar json base",
    "policy": "route plugin net ledger config observe calendar json base",
    "route": "plugin net config observe calendar json base",
    "plugin": "net config observe calendar json base",
    "http": "base",
    "net": "base",
    "ledger": "config observe calendar json base",
    "config": "calendar json base",
    "observe": "json base",
    "calendar": "base",
    "json": "base",
    "base": "",
}

# A library's headers stay in one place.
HOMES = {
    r"curl/": ["host/net/"],
    r"date/": ["host/calendar/zone.cpp"],
    r"toml\+\+/": ["host/config/"],
    r"rapidjson/": ["host/json/", "tests/"],
    r"boost/dll": ["host/plugin/library.cpp"],
    r"openssl/": ["host/net/tls.cpp", "host/plugin/private_copy.cpp", "host/policy/key_ring.cpp"],
    r"sqlite3": ["host/ledger/sqlite_database.cpp"],
    r"hiredis/": ["host/ledger/redis_reply.cpp"],
    r"boost/asio/ssl": ["host/ledger/redis_socket.cpp"],
    r"zlib": ["host/http/inflate.cpp"],
    r"CLI/": ["host/cli/"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)


def sources(*folders: str) -> list[Path]:
    """The C and C++ files that git knows, or will, below the folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *folders],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split()
    return [ROOT / name for name in listed if Path(name).suffix in {".c", ".h", ".cpp", ".hpp"}]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_includes_point_down() -> None:
    """A folder of the host never includes one above it, so the tree can be read bottom to top."""
    wrong = []
    for path in sources("host"):
        layer = path.relative_to(ROOT / "host").parts[0]
        if layer not in LAYERS:
            continue
        allowed = {layer, *LAYERS[layer].split()}
        for included in INCLUDE.findall(path.read_text()):
            top = included.split("/")[0]
            if top in LAYERS and "/" in included and top not in allowed:
                wrong.append(f"{relative(path)} includes {included}")
    assert not wrong, "\n".join(wrong)


def test_the_sdk_stands_alone() -> None:
    """A plugin author needs the SDK's headers and nothing of the host."""
    wrong = [
        f"{relative(path)} includes {included}"
        for path in sources("sdk/include", "plugins")
        for included in INCLUDE.findall(path.read_text())
        if included.split("/")[0] in LAYERS and "/" in included
    ]
    assert not wrong, "\n".join(wrong)


def test_libraries_stay_at_home() -> None:
    """Each library can be replaced by changing one folder."""
    wrong = []
    for path in sources("host", "sdk/include", "plugins"):
        for included in INCLUDE.findall(path.read_text()):
            for pattern, homes in HOMES.items():
                if re.match(pattern, included) and not relative(path).startswith(tuple(homes)):
                    wrong.append(f"{relative(path)} includes {included}; its home is {homes[0]}")
    assert not wrong, "\n".join(wrong)


def test_files_are_small_and_narrow() -> None:
    """No file of the product over 400 lines, no line over 100 columns, nothing left undone."""
    wrong = []
    for path in sources("host", "sdk", "plugins", "tests"):
        lines = path.read_text().splitlines()
        in_tests = relative(path).startswith("tests/")  # where a line may be a sample of the wire
        if len(lines) > 400 and not in_tests:
            wrong.append(f"{relative(path)}: {len(lines)} lines")
        for number, line in enumerate(lines, 1):
            if len(line) > 100 and not in_tests:
                wrong.append(f"{relative(path)}:{number}: {len(line)} columns")
            if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                wrong.append(f"{relative(path)}:{number}: left undone")
    assert not wrong, "\n".join(wrong)


def test_functions_are_short() -> None:
    """No function body of the product over 70 lines: brace matching on formatted code."""
    wrong = []
    for path in sources("host", "sdk/include", "plugins"):
        if path.suffix not in {".cpp", ".hpp"}:
            continue
        wrong += [f"{relative(path)}:{at}: {length} lines" for at, length in long_bodies(path)]
    assert not wrong, "\n".join(wrong)


def long_bodies(path: Path, limit: int = 70) -> list[tuple[int, int]]:
    """Line and length of function bodies over the limit."""
    found, start = [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        opens = re.match(r"^(\s*)\S.*\)[^;]*\{\s*$", line)
        if start is None and opens and not re.match(r"^\s*(if|for|while|switch|else)\b", line):
            start = (number, opens.group(1))
        elif start is not None and re.match(rf"^{start[1]}\}}", line):
            if number - start[0] > limit:
                found.append((start[0], number - start[0]))
            start = None
    return found

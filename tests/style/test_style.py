"""Rules of the tree that a reader relies on: direction of includes, homes of libraries, sizes."""

import re
import subprocess
import sys
from pathlib import Path

from .duplicates import duplicates
from .functions import functions

ROOT = Path(__file__).resolve().parents[2]

# A folder of host/ may include those to its right and itself, nothing else.
LAYERS = {
    "main.cpp": "cli",
    "cli": "serve pages front report http policy route plugin credentials net ledger config observe calendar json base",
    "serve": "pages front report http policy route plugin credentials net ledger config observe calendar json base",
    "pages": "front report http policy route plugin net ledger config observe calendar json base",
    "front": "report http policy route plugin net ledger config observe calendar json base",
    "report": "policy route plugin ledger config observe calendar json base",
    "policy": "route plugin credentials net ledger config observe calendar json base",
    "route": "plugin net config observe calendar json base",
    "plugin": "credentials net config observe calendar json base",
    "http": "base",
    "net": "http base",
    "credentials": "net http json base",
    "ledger": "config observe calendar json base",
    "config": "calendar json base",
    "observe": "json base",
    "calendar": "base",
    "json": "base",
    "base": "",
}
FOLDERS = set(LAYERS) - {"main.cpp"}

# A library's headers stay in one place.
HOMES = {
    r"curl/": ["host/net/"],
    r"date/": ["host/calendar/zone.cpp"],
    r"toml\+\+/": ["host/config/"],
    r"rapidjson/": ["host/json/", "tests/"],
    r"boost/dll": ["host/plugin/library.cpp"],
    r"openssl/": ["host/net/tls.cpp", "host/base/sha256.cpp", "host/credentials/crypto.cpp"],
    r"sqlite3": ["host/ledger/sqlite/database.cpp"],
    r"hiredis/": ["host/ledger/redis/reply.cpp"],
    r"boost/asio/ssl": ["host/ledger/redis/socket.cpp"],
    r"zlib": ["host/http/", "host/plugin/framing/aws_message.cpp"],
    r"CLI/": ["host/cli/"],
    r"linux/": ["host/plugin/isolated/", "host/serve/listener.cpp"],
}

# What any file may use: the language's own and the system's (names without a folder), and these.
EVERYWHERE = r"[a-z_]+(\.h)?$|(sys|netinet|arpa)/|bellwether/|boost/asio/|fmt/|g(test|mock)/"

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.M)
SYSTEM_INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>", re.M)

C_AND_CPP = {".c", ".h", ".cpp", ".hpp"}


def sources(*folders: str, suffixes: set[str] = C_AND_CPP) -> list[Path]:
    """The files with these endings that git knows, or will, below the folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *folders],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    found = [ROOT / name for name in listed if Path(name).suffix in suffixes]
    assert found, f"nothing is seen of {folders}"
    return found


def test_every_source_is_seen() -> None:
    """A file with another ending would be passed over by all that follows."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    wrong = [name for name in listed if re.search(r"\.(cc|cxx|c\+\+|C|hh|hxx|H|ipp|inl|inc|tpp)$", name)]
    assert not wrong, "\n".join(wrong)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_includes_point_down() -> None:
    """A folder of the host never includes one above it, so the tree can be read bottom to top."""
    wrong = []
    for path in sources("host"):
        layer = path.relative_to(ROOT / "host").parts[0]
        if layer not in LAYERS:
            wrong.append(f"{relative(path)}: nobody said what the folder {layer} may include")
            continue
        allowed = {layer, *LAYERS[layer].split()}
        for included in INCLUDE.findall(path.read_text()):
            top = included.split("/")[0]
            if top in FOLDERS and "/" in included and top not in allowed:
                wrong.append(f"{relative(path)} includes {included}")
    assert not wrong, "\n".join(wrong)


def test_the_sdk_stands_alone() -> None:
    """A plugin author needs the SDK's headers and nothing of the host."""
    wrong = [
        f"{relative(path)} includes {included}"
        for path in sources("sdk", "plugins")
        for included in INCLUDE.findall(path.read_text())
        if included.split("/")[0] in FOLDERS and "/" in included
    ]
    assert not wrong, "\n".join(wrong)


def test_includes_begin_at_a_root() -> None:
    """Where a path goes up and down again, the rules above do not see where to."""
    wrong = [
        f"{relative(path)} includes {included}"
        for path in sources("host", "sdk", "plugins")
        for included in INCLUDE.findall(path.read_text())
        if ".." in included.split("/")
    ]
    assert not wrong, "\n".join(wrong)


def test_libraries_stay_at_home() -> None:
    """Each library can be replaced by changing one folder."""
    wrong = []
    for path in sources("host", "sdk", "plugins"):
        for included in SYSTEM_INCLUDE.findall(path.read_text()):
            homes = [home for pattern, home in HOMES.items() if re.match(pattern, included)]
            if not homes and not re.match(EVERYWHERE, included):
                wrong.append(f"{relative(path)} includes {included}, which has no home yet")
            if any(not relative(path).startswith(tuple(home)) for home in homes):
                wrong.append(f"{relative(path)} includes {included}; its home is {homes[0][0]}")
    assert not wrong, "\n".join(wrong)


def test_files_are_small_and_narrow() -> None:
    """No file of the product over 400 lines, no line over 100 columns, nothing left undone."""
    wrong = []
    for path in sources("host", "sdk", "plugins", "tests", suffixes={*C_AND_CPP, ".lua"}):
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
    """No function over 70 lines."""
    found = functions(sources("host", "sdk", "plugins", "tests"))
    assert len(found) > 5000, "ctags sees the tree"
    wrong = [f"{relative(long.path)}:{long.line}: {long.lines} lines" for long in found if long.lines > 70]
    assert not wrong, "\n".join(wrong)


def test_nothing_stands_twice() -> None:
    """No run of 70 tokens in two places."""
    wrong = [
        f"{relative(second.path)}:{second.line} stands at {relative(first.path)}:{first.line}, too"
        for second, first in duplicates(sources("host", "sdk", "plugins"), 70)
    ]
    assert not wrong, "\n".join(wrong)


def test_sources_are_formatted() -> None:
    """As `./bw format` does it, by the same version everywhere."""
    done = subprocess.run(
        [Path(sys.executable).with_name("clang-format"), "--dry-run", "-Werror", "--ferror-limit=1", *sources("host", "sdk", "plugins", "tests")],
        cwd=ROOT, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr + "`./bw format` mends it"


def test_subjects_of_commits_are_short() -> None:
    """The newest commits; a log of one line each is what most people read."""
    subjects = subprocess.run(
        ["git", "log", "--no-merges", "--format=%s", "-n", "20"], cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    wrong = [subject for subject in subjects if len(subject) > 72]
    assert not wrong, "\n".join(wrong)

"""A config of several files: one in effect, and each message with the file that it is about."""

import json
from pathlib import Path

import pytest

from integration.client_keys import new_key
from integration.conftest import StartHost
from integration.host import PLUGINS, ROOT, Host, run_cli

MAIN = f"""plugin_path = ["{PLUGINS}"]
include = ["conf.d/*.toml"]

[server]
listen = "127.0.0.1:0"
hosts = ["x", "bellwether"]

[admin]
listen = "127.0.0.1:0"

[providers.echo]
plugin = "echo"

[[routes]]
model = "echo"
to = "echo"
"""
TEAM = """[providers.other]
plugin = "echo"

[[routes]]
model = "other-*"
to = "other"

[[budgets]]
name = "team"
limit = "10 Mtok"
per = "day"
match = { route = "other-*" }
"""


def write(folder: Path, **files: str) -> Path:
    """The main file, with these in conf.d."""
    (folder / "conf.d").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"conf.d/{name}.toml").write_text(text)
    main = folder / "bellwether.toml"
    main.write_text(MAIN)
    return main


def diagnostics(main: Path) -> list[dict[str, object]]:
    return json.loads(run_cli("check", "--config", main, "--json").stdout)["diagnostics"]


@pytest.fixture(scope="module")
def split(start_host: StartHost, tmp_path_factory: pytest.TempPathFactory) -> Host:
    folder = tmp_path_factory.mktemp("split")
    write(folder, team=TEAM)
    return start_host(MAIN.replace("conf.d", f"{folder}/conf.d"))


def test_what_is_included_is_served(split: Host) -> None:
    assert split.chat("echo").status == 200
    assert split.chat("other-one").status == 200
    assert split.chat("third").status == 404


def test_pages_name_the_file(split: Host) -> None:
    config = split.admin("GET", "/admin/config").json()
    (pattern,) = config["include"]
    team = pattern.replace("*", "team")
    assert config["keys_file"] is None
    (budget,) = config["budgets"]
    assert (budget["file"], budget["line"]) == (team, 8)
    routes = {route["model"]: route for route in split.admin("GET", "/admin/routes").json()["routes"]}
    assert (routes["other-*"]["file"], routes["other-*"]["line"]) == (team, 4)
    assert (routes["echo"]["file"], routes["echo"]["line"]) == (str(split.config), 14)


def test_explain_names_the_file(split: Host) -> None:
    told = run_cli("explain", "other-x", "--config", split.config).stdout
    assert "conf.d/team.toml:4)" in told and "conf.d/team.toml:8)" in told
    (count,) = split.admin("GET", "/admin/explain?model=other-x").json()["counted_by"]
    assert count["file"].endswith("conf.d/team.toml") and count["line"] == 8


@pytest.mark.parametrize(("old", "new", "line", "words"), [
    ('to = "other"', 'to = "oter"', 6, "unknown provider"),
    ('plugin = "echo"', 'plugin = "ehco"', 2, 'plugin \\"ehco\\" cannot be loaded'),
    ('plugin = "echo"', 'plugin = "echo"\nproxy = "http://p"\nproxy_secret = "env:NOT_SET"', 4, "NOT_SET"),
    ('plugin = "echo"', 'plugin = "echo"\nnonsense = 1', 3, "nonsense"),
    ("[providers.other]", "[providers.echo]", 1, "the first is at"),
    ('model = "other-*"', 'model = "echo"', 5, "the first is at"),
    ("[[budgets]]", "[server]\n[[budgets]]", 8, "cannot stand in an included file"),
    ('per = "day"', 'per = "day', 11, "not valid TOML"),
])
def test_a_mistake_has_its_file(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    """Whoever finds it: the reader, the plugins' loader, the plugin itself."""
    main = write(tmp_path, team=TEAM.replace(old, new))
    found = diagnostics(main)
    assert any((one["file"], one["line"]) == (str(tmp_path / "conf.d/team.toml"), line)
               and words in json.dumps(one) for one in found), found


def test_both_places_are_named(tmp_path: Path) -> None:
    main = write(tmp_path, a=new_key("alice").toml, b="\n" + new_key("alice").toml)
    done = run_cli("check", "--config", main)
    assert done.returncode == 2
    assert f"{tmp_path}/conf.d/b.toml:2:1: error: a second key with the name" in done.stderr
    assert f"the first is at {tmp_path}/conf.d/a.toml:1;" in done.stderr


def test_a_plugin_counts_from_the_folder_of_its_file(tmp_path: Path) -> None:
    main = write(tmp_path, team=TEAM.replace('plugin = "echo"', 'plugin = "./mine.so"'))
    assert str(tmp_path / "conf.d/mine.so") in run_cli("check", "--config", main).stderr
    (tmp_path / "conf.d/mine.so").symlink_to(PLUGINS / "echo.so")
    done = run_cli("check", "--config", main)
    assert done.returncode == 0, done.stderr


def test_the_examples_are_good(tmp_path: Path) -> None:
    """Of docs/configuration.md."""
    page = (ROOT / "docs/configuration.md").read_text()
    (example,) = [line for line in page.splitlines() if line.startswith("include = ")]
    main = write(tmp_path, team=TEAM)
    (tmp_path / "teams").mkdir()
    (tmp_path / "teams/research.toml").write_text(new_key("alice").toml)
    main.write_text(MAIN.replace('include = ["conf.d/*.toml"]', example))
    done = run_cli("check", "--config", main)
    assert (done.returncode, done.stderr) == (0, "")
    assert ": 2 providers, 2 routes" in done.stdout.replace("ok", "", 1)

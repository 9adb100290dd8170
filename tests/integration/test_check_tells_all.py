"""`check` tells every mistake in one run, each once, for people and for programs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from integration.host import PLUGINS, ROOT, run_cli

HEAD = f'plugin_path = ["{PLUGINS}"]\n'  # line 1
ROUTE = '[[routes]]\nmodel = "m"\nto = "p"\n'
UNSET = "BELLWETHER_TEST_UNSET"


def check(config: str, folder: Path, *options: str,
          env: dict[str, str | None] | None = None) -> tuple[int, list[str]]:
    """The exit code and the lines of standard error, without the file's name."""
    file = folder / "c.toml"
    file.write_text(config)
    done = run_cli("check", "--config", file, *options, env=env)
    return done.returncode, [line.removeprefix(f"{file}:") for line in done.stderr.splitlines()]


def places(lines: list[str]) -> list[int]:
    return [int(line.split(":")[0]) for line in lines]


def told(config: str, folder: Path, *options: str,
         env: dict[str, str | None] | None = None) -> tuple[int, dict[str, Any], str]:
    file = folder / "c.toml"
    file.write_text(config)
    done = run_cli("check", "--json", "--config", file, *options, env=env)
    return done.returncode, json.loads(done.stdout), done.stderr


ALL_STAGES = HEAD + f"""[server]
lisen = "127.0.0.1:4141"

[ledger]
url = "redis://127.0.0.1:6379/0"
password = "env:{UNSET}"

[providers.echo]
delayy = "1s"

[providers.up]
plugin = "openai"
api_key = "env:{UNSET}"
base_url = "https://host.example/v1"
proxy = "http://proxy.example:3128"
proxy_secret = "env:{UNSET}"
timeouts = {{ total = 60 }}

[providers.elsewhere]
plugin = "nobody"

[[routes]]
model = "m"
to = ["echo", "up", "ecco"]
"""


def test_keys_variables_and_plugins_are_told_together(tmp_path: Path) -> None:
    """Of three stages, the second began only where the first had found nothing."""
    code, lines = check(ALL_STAGES, tmp_path)
    assert code == 2
    assert places(lines) == [3, 7, 10, 14, 17, 18, 21, 25], "\n".join(lines)
    for line, word in zip(lines, ["lisen", "ledger.password", "delayy", "api_key", UNSET,
                                  "timeouts.total", "nobody", "ecco"]):
        assert word in line


FOLLOW_UPS = {
    "a base URL that is none": ('plugin = "openai"\nbase_url = "host.example"\n' + ROUTE, 4),
    "a credential that is no reference": ('plugin = "holysheep"\napi_key = "cr_x"\n' + ROUTE, 4),
    "a plugin that is no text": ("plugin = 3\n" + ROUTE, 3),
    "a pin that is no sum": ('plugin = "echo"\nsha256 = "12"\n' + ROUTE, 4),
    "a word for required": ('plugin = "holysheep"\nrequired = "no"\n' + ROUTE, 4),
    "a wait that is none": ('plugin = "echo"\non_limit = "wait"\nqueue_length = 3\n' + ROUTE, 4),
    "a strategy that is none": (
        'plugin = "echo"\n[[routes]]\nmodel = "m"\nstrategy = "random"\n'
        'to = [{ provider = "p", weight = 1 }]\n', 6),
    "prices that cannot be read": (
        'plugin = "echo"\n' + ROUTE + '[[prices]]\nprovider = "p"\nmodel = 3\ninput = "1 USD"\n'
        'output = "1 USD"\n[[budgets]]\nname = "b"\nlimit = "1 USD"\nper = "day"\n', 9),
    "another word for model": (
        'plugin = "echo"\n[[routes]]\nmodel_name = "m"\nto = "p"\n', 5),
    "a misspelt to": ('plugin = "echo"\n[[routes]]\nmodel = "m"\ntoo = "p"\n', 6),
    "another word for limit": (
        'plugin = "echo"\n' + ROUTE + '[[budgets]]\nname = "b"\nmax_budget = "5 USD"\n'
        'per = "day"\n', 9),
    "a misspelt rate": ('plugin = "echo"\n' + ROUTE + '[[limits]]\nrequest = "60/min"\n', 8),
    "a key's name": (
        'plugin = "echo"\n' + ROUTE + '[[keys]]\nname = "al ice"\nid = "abcdefgh"\n'
        f'sha256 = "{"0" * 64}"\n[[limits]]\nconcurrent = 1\nmatch = {{ key = "al ice" }}\n', 8),
}


@pytest.mark.parametrize(("rest", "line"), FOLLOW_UPS.values(), ids=FOLLOW_UPS.keys())
def test_what_follows_from_a_mistake_is_no_second_one(tmp_path: Path, rest: str, line: int) -> None:
    """Whoever reads two messages looks for two mistakes."""
    code, lines = check(HEAD + "[providers.p]\n" + rest, tmp_path,
                        env={"HOLYSHEEP_API_KEY": None})
    assert code == 2 and places(lines) == [line], "\n".join(lines)


def test_what_is_missing_is_told_where_nothing_else_explains_it(tmp_path: Path) -> None:
    """A key that is unknown explains the absence of what it means, and of nothing else."""
    code, lines = check(HEAD + '[providers.p]\nplugin = "echo"\n[[routes]]\nmodle = "m"\n'
                        '[[budgets]]\nname = "b"\nmax_budget = "5 USD"\n', tmp_path)
    assert code == 2 and places(lines) == [4, 5, 6, 8], lines
    assert "neither to nor alias" in lines[0] and "no per" in lines[2]


def test_a_file_of_other_words_alone(tmp_path: Path) -> None:
    """That there are no routes and no providers follows from it."""
    code, lines = check("model_list = []\n", tmp_path)
    assert code == 2 and places(lines) == [1]


@pytest.mark.parametrize(("section", "name"), [
    ('[providers.Up]\nplugin = "echo"', "Up"), ("[providers]\nup = 3", "up")])
def test_a_route_to_a_provider_with_a_mistake_is_none(tmp_path: Path, section: str,
                                                      name: str) -> None:
    code, lines = check(f'{HEAD}{section}\n[[routes]]\nmodel = "m"\nto = "{name}"\n', tmp_path)
    assert code == 2 and len(lines) == 1 and name in lines[0]


def test_a_plugin_path_with_a_mistake_hides_no_other(tmp_path: Path) -> None:
    """A plugin that cannot be found may lie in the folder that is wrong; the rest is told."""
    code, lines = check('plugin_path = [3]\n[providers.p]\nplugin = "mine"\ntimeouts = 3\n' + ROUTE,
                        tmp_path)
    assert code == 2 and places(lines) == [1, 4], lines


def test_json_has_each_mistake_with_its_place(tmp_path: Path) -> None:
    """For editors and CI; standard error stays empty."""
    code, report, errors = told(ALL_STAGES, tmp_path)
    assert code == 2 and errors == ""
    assert report["ok"] is False and report["file"] == str(tmp_path / "c.toml")
    found = report["diagnostics"]
    assert [one["line"] for one in found] == [3, 7, 10, 14, 17, 18, 21, 25]
    assert all(one["file"] == report["file"] and one["column"] > 0 and one["message"]
               and one["severity"] == "error" for one in found)
    assert found[0]["hint"] == 'did you mean "listen"?' and "listen" in found[0]["expected"]
    assert "models" not in report


def test_json_of_what_is_no_config(tmp_path: Path) -> None:
    """A syntax error, a missing file, and none at all."""
    code, report, _ = told(HEAD + "[server\n", tmp_path)
    (one,) = report["diagnostics"]
    assert code == 2 and one["line"] == 2 and "TOML" in one["message"]
    done = run_cli("check", "--json", "--config", tmp_path / "absent.toml")
    (one,) = json.loads(done.stdout)["diagnostics"]
    assert done.returncode == 2
    assert (one["file"], one["line"], one["column"]) == (str(tmp_path / "absent.toml"), 1, 1)
    done = run_cli("check", "--json", cwd=tmp_path)
    assert done.returncode == 2 and "--config" in json.loads(done.stdout)["diagnostics"][0]["message"]


def test_json_has_warnings(tmp_path: Path) -> None:
    """Also of a file that is good, which says so."""
    config = HEAD + '[providers.p]\nplugin = "echo"\n[[routes]]\nmodel = "m"\n' \
        'to = [{ provider = "p", weight = 2 }]\n'
    code, report, errors = told(config, tmp_path)
    assert code == 0 and report["ok"] is True and errors == ""
    (one,) = report["diagnostics"]
    assert one["severity"] == "warning" and one["line"] == 6


def test_json_of_a_live_check_that_cannot_begin(tmp_path: Path) -> None:
    code, report, errors = told(HEAD + "[providers.p]\n" + ROUTE, tmp_path, "--live")
    assert code == 2 and report["ok"] is False and errors == ""
    assert report["diagnostics"][0]["line"] == 2


def test_mistakes_of_a_price_file_have_its_name(tmp_path: Path) -> None:
    """After those of the config itself."""
    (tmp_path / "prices.toml").write_text('[[prices]]\nprovider = "p"\nmodel = "m"\ninput = "$1"\n'
                                          'output = "1 USD"\n')
    config = 'price_files = "prices.toml"\n' + HEAD + "[server]\nx = 1\n[providers.p]\n" \
        'plugin = "echo"\n' + ROUTE
    _, report, _ = told(config, tmp_path)
    assert [(Path(one["file"]).name, one["line"]) for one in report["diagnostics"]] == [
        ("c.toml", 4), ("prices.toml", 4)]
    assert report["diagnostics"][1]["hint"] == 'did you mean "1 USD"?'


SECRETS = HEAD + f"""[ledger]
url = "redis://127.0.0.1:6379/0"
password = "env:{UNSET}"
[providers.p]
plugin = "holysheep"
proxy = "http://proxy.example:3128"
proxy_secret = "file:/nowhere/proxy"
client_cert = "/nowhere/cert.pem"
client_key = "/nowhere/key.pem"
[providers.q]
plugin = "openai"
base_url = "env:{UNSET}"
api_key = "env:{UNSET}"
[webhooks.ops]
url = "env:{UNSET}"
{ROUTE}"""


def test_without_secrets(tmp_path: Path) -> None:
    """Where the credentials are not, as in CI: all else is checked, and the output says so."""
    nothing = {"HOLYSHEEP_API_KEY": None}
    assert check(SECRETS, tmp_path, env=nothing)[0] == 2
    file = tmp_path / "c.toml"
    done = run_cli("check", "--no-secrets", "--config", file, env=nothing)
    assert done.returncode == 0 and "--no-secrets" in done.stdout, done.stderr
    code, report, _ = told(SECRETS, tmp_path, "--no-secrets", env=nothing)
    assert code == 0 and report["secrets"] == "left out"
    code, lines = check(SECRETS + "[[limits]]\nconcurent = 3\n", tmp_path, "--no-secrets",
                        env=nothing)
    assert code == 2 and places(lines) == [21]
    refused = run_cli("check", "--no-secrets", "--live", "--config", file)
    assert refused.returncode == 2 and "--live" in refused.stderr


def test_other_secrets_in_quotes_are_told(tmp_path: Path) -> None:
    """A proxy's and the ledger's, which env files quote as they quote keys."""
    config = HEAD + """[ledger]
url = "redis://127.0.0.1:6379/0"
password = "env:REDIS_PASSWORD"
[providers.p]
plugin = "echo"
proxy = "http://proxy.example:3128"
proxy_secret = "env:PROXY_SECRET"
""" + ROUTE
    quoted = {"REDIS_PASSWORD": '"secret123"', "PROXY_SECRET": "'user:secret123'"}
    code, lines = check(config, tmp_path, env=quoted)
    assert code == 2 and places(lines) == [4, 8] and "secret123" not in "".join(lines), lines
    assert "REDIS_PASSWORD" in lines[0] and "PROXY_SECRET" in lines[1]


def test_a_word_of_others_has_one_answer_in_a_section() -> None:
    """The first that fits is given; a second one could never be."""
    source = (ROOT / "host/config/foreign_words.cpp").read_text()
    anywhere = re.search(r'k_anywhere =\s*"([^"]*)"', source)[1]
    table = source[source.index("k_words[] = {"):source.index("bool has_word")]
    table = re.sub(r'"\s*\n\s*"', "", table).replace("k_anywhere", f'"{anywhere}"')
    entries = re.findall(r'\{"([^"]*)",\s*"([^"]*)",', table)
    places = [(word, section) for words, sections in entries
              for word in words.split() for section in sections.split()]
    assert len(places) > 500
    assert sorted(set(places)) == sorted(places)


def test_counts_are_of_their_number(tmp_path: Path) -> None:
    """Not `1 models`."""
    config = HEAD + '[providers.p]\nplugin = "echo"\n' + ROUTE
    file = tmp_path / "c.toml"
    file.write_text(config)
    said = run_cli("check", "--config", file).stdout
    assert re.search(r"1 provider, 1 route, \d+ models?\n", said) and "1 models" not in said

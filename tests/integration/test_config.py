"""Mistakes in the config: all found before anything starts, each with its place and what to do."""

import json
import re
from pathlib import Path

import pytest

from integration.conftest import StartHost, provider, route, server
from integration.host import PLUGINS, run_cli
from upstream.simulator import Simulator
from upstream.tls import Authority

CONFIG = f"""plugin_path = ["{PLUGINS}"]

[server]
listen = "127.0.0.1:0"

[providers.echo]
plugin = "echo"

[[routes]]
model = "echo"
to = ["echo"]
"""


def check(config: str, folder: Path, env: dict[str, str | None] | None = None) -> tuple[int, str]:
    """Exit code and standard error of `bellwether check`."""
    file = folder / "config.toml"
    file.write_text(config)
    done = run_cli("check", "--config", file, env=env)
    if done.returncode != 0:
        assert done.stdout == ""
    return done.returncode, done.stderr


def test_a_good_config_passes(tmp_path: Path) -> None:
    """And says nothing on standard error; all the mistakes below start from it."""
    assert check(CONFIG, tmp_path) == (0, "")


# What to replace in CONFIG, by what, and the line, column and words of the message.
MISTAKES: dict[str, tuple[str, str, int, int, list[str]]] = {
    "no TOML": ('to = ["echo"]', 'to = ["echo"', 11, 14, ["TOML"]),
    "unknown key": ("[server]", "[server]\nlisen = 1", 4, 1, ["lisen", "did you mean", "listen"]),
    "unknown table": ("[server]", "[sever]", 3, 2, ["sever", "did you mean", "server"]),
    "wrong type": ('listen = "127.0.0.1:0"', "listen = 4141", 4, 10, ["server.listen"]),
    "bad address": ("127.0.0.1:0", "127.0.0.1", 4, 10, ["server.listen"]),
    "bad workers": ('listen = "127.0.0.1:0"', "workers = 0", 4, 11, ["workers", "auto"]),
    "bad duration": ('plugin = "echo"', 'plugin = "echo"\ntimeouts = { idle = "30 parsecs" }',
                     8, 21, ["timeouts.idle", "30s"]),
    "unknown provider": ('to = ["echo"]', 'to = ["ecko"]', 11, 7,
                         ["ecko", "did you mean", "echo"]),
    "no target": ('to = ["echo"]', "", 9, 1, ["to", "alias"]),
    "no model": ('model = "echo"', "", 9, 1, ["model"]),
    "a key in the config": ('plugin = "echo"', 'plugin = "echo"\napi_key = "sk-12345"', 8, 11,
                            ["api_key", "env:NAME"]),
    "unknown option": ('plugin = "echo"', 'plugin = "echo"\ndelai = "1s"', 8, 1, ["delai"]),
    "bad base URL": ('plugin = "echo"', 'plugin = "echo"\nbase_url = "example.com"', 8, 12,
                     ["base_url", "https://"]),
    "no try at all": ("[server]", "[retry]\nattempts = 0\n\n[server]", 4, 12,
                      ["retry.attempts", "1 to 20"]),
    "retries of another gateway": ("[server]", "[server]\nnum_retries = 2", 4, 1,
                                   ["num_retries", "[retry] with attempts"]),
    "strategy of another gateway": ('to = ["echo"]', 'to = ["echo"]\nstrategy = "least-busy"', 12, 12,
                                    ["routes.strategy", 'here: strategy = "least_busy"']),
    "a chain to nobody": ('to = ["echo"]', 'to = ["echo"]\non_budget = ["ecko"]', 12, 14,
                          ["ecko", "did you mean", "echo"]),
    "a shadow without a share": ('to = ["echo"]', 'to = ["echo"]\nshadow = { to = "echo" }', 12, 10,
                                 ["share"]),
    "no such CA file": ('plugin = "echo"', 'plugin = "echo"\nca_file = "/nowhere/ca.pem"', 8, 11,
                        ["ca_file", "/nowhere/ca.pem"]),
}


@pytest.mark.parametrize(("old", "new", "line", "column", "words"), MISTAKES.values(),
                         ids=MISTAKES.keys())
def test_a_mistake_is_reported_with_its_place(tmp_path: Path, old: str, new: str, line: int,
                                              column: int, words: list[str]) -> None:
    """Exit code 2 and FILE:LINE:COLUMN, so that an editor can jump there."""
    assert CONFIG.count(old) == 1
    code, errors = check(CONFIG.replace(old, new), tmp_path)
    assert code == 2
    where = f"{tmp_path}/config.toml:{line}:{column}: error: "
    (message,) = [text for text in errors.splitlines() if text.startswith(where)] or [errors]
    assert message.startswith(where), errors
    for word in words:
        assert word in message, message


ROUTING = """default_to = [{ provider = "echo", strip_prefix = "any/" }]
""" + server(retry='first = "50ms"', health="failures = 3") + """
[providers.echo]

[[routes]]
model = "echo"
strategy = ["sticky", "least_latency"]
sticky_by = "header:X-Session-Id"
to = [
    { provider = "echo", model = "a", set = { temperature = 0.2, api_key = "x" }, drop = ["top_k"] },
    { provider = "echo", model = "b", tier = 2, timeouts = { idle = "3s" } },
]
on_budget = [{ provider = "echo", model = "c" }]
hedge = "p95"
shadow = { to = "echo", model = "d", share = "5%" }
retry = { attempts = 2 }
"""


def test_what_a_route_says_of_its_targets_is_shown_as_it_counts(start_host: StartHost) -> None:
    """With what comes from the places around it only where that differs from the provider."""
    host = start_host(ROUTING)
    config = host.admin("GET", "/admin/config").json()
    retry = {"attempts": 5, "first": "50ms", "longest": "1m", "within": "10m"}
    assert config["retry"] == {**retry, "budget_percent": 20, "budget_floor": 10}
    assert config["health"]["failures"] == 3 and config["health"]["window"] == "30s"
    assert config["providers"]["echo"]["retry"] == retry
    assert config["providers"]["echo"]["probe"] == "none"
    route_shown, default = config["routes"]
    first, second = route_shown["to"]
    own = {**retry, "attempts": 2}
    assert first == {"provider": "echo", "model": "a", "weight": 1, "tier": 1, "drop": ["top_k"],
                     "set": {"temperature": 0.2, "api_key": "***"}, "retry": own}
    assert second["tier"] == 2 and second["timeouts"]["idle"] == "3s"
    assert second["timeouts"]["total"] == config["providers"]["echo"]["timeouts"]["total"]
    assert route_shown["on_budget"] == [
        {"provider": "echo", "model": "c", "weight": 1, "tier": 1, "retry": own}]
    assert route_shown["strategy"] == ["sticky", "least_latency"]
    assert route_shown["sticky_by"] == "header:x-session-id" and route_shown["hedge"] == "p95"
    assert route_shown["shadow"] == {"to": "echo", "model": "d", "share": "5%"}
    assert default == {
        "model": "*", "is_default": True, "strategy": "ordered", "continue_stream": False,
        "to": [{"provider": "echo", "weight": 1, "tier": 1, "strip_prefix": "any/"}]}


def test_several_credentials_are_shown_as_references(start_host: StartHost) -> None:
    """None of them by its value."""
    section = '[providers.echo]\nplugin = "holysheep"\napi_keys = ["env:K_1", "env:K_2"]\n'
    host = start_host(server() + section + route("m", '"echo"'),
                      {"K_1": "cr_first", "K_2": "cr_second"})
    page = host.admin("GET", "/admin/config").body().decode()
    assert "cr_first" not in page and "cr_second" not in page
    shown = json.loads(page)["providers"]["echo"]
    assert shown["api_keys"] == ["env:K_1", "env:K_2"] and "api_key" not in shown


def test_one_key_under_two_names_is_warned_of(tmp_path: Path) -> None:
    """It has the limits of one, and is counted as two. What it is, is not said."""
    section = '[providers.echo]\nplugin = "holysheep"\napi_keys = ["env:K_1", "env:K_2", "env:K_3"]\n'
    keys: dict[str, str | None] = {"K_1": "cr_first", "K_2": "cr_second", "K_3": "cr_first"}
    code, said = check(server() + section + route("m", '"echo"'), tmp_path, keys)
    assert code == 0
    assert ('warning: provider "echo" has one key twice: env:K_1 and env:K_3 hold the same; '
            "leave one of them out") in said
    assert "cr_first" not in said and said.count("warning") == 1, said


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    """In the order of the file, so that one run mends them all."""
    config = (CONFIG.replace('listen = "127.0.0.1:0"', 'listen = "nonsense"\nworkers = "many"')
              .replace('to = ["echo"]', 'to = ["nobody"]'))
    code, errors = check(config, tmp_path)
    assert code == 2
    lines = [int(re.match(r".*config\.toml:(\d+):\d+: error", text)[1])
             for text in errors.splitlines()]
    assert lines == [4, 5, 12]


def test_a_key_in_the_config_is_not_repeated(tmp_path: Path) -> None:
    """Standard error ends up in logs and in questions to colleagues."""
    key = "cr_0d1c2b3a49586776"
    _, errors = check(CONFIG.replace('plugin = "echo"', f'plugin = "holysheep"\napi_key = "{key}"'),
                      tmp_path)
    assert key not in errors


def test_a_key_in_place_of_a_plugins_name_is_not_repeated(tmp_path: Path) -> None:
    """Of a message every part is free of keys, whoever wrote it: the host's reader or its loader."""
    key = "sk-SECRETabcdef0123456789"
    for plugin in (key, f"./{key}.so", f"{key}/{key}"):
        code, said = check(CONFIG.replace('"echo"\n\n', f'"{plugin}"\n\n', 1), tmp_path)
        assert (code, "SECRET" in said) == (2, False), said
        assert 'plugin "' in said and "***" in said, said
    done = run_cli("check", "--json", "--config", tmp_path / "config.toml")
    assert "SECRET" not in done.stdout + done.stderr


def test_a_missing_file(tmp_path: Path) -> None:
    """A wrong path is named; it is not an empty config."""
    done = run_cli("check", "--config", tmp_path / "nowhere.toml")
    assert done.returncode == 2 and "nowhere.toml" in done.stderr


def test_serve_refuses_what_check_refuses(tmp_path: Path) -> None:
    """Nothing listens before the whole config is good."""
    file = tmp_path / "config.toml"
    file.write_text(CONFIG.replace('to = ["echo"]', 'to = ["ecko"]'))
    done = run_cli("serve", "--config", file)
    assert done.returncode == 2 and f"{file}:11:7: error: " in done.stderr
    assert done.stdout == ""


RULES_FOR_NOBODY = CONFIG + """
[[keys]]
name = "alice"
id = "abcdefgh"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
team = "research"
models = ["ehco"]

[[budgets]]
name = "team"
limit = "50 Mtok"
per = "month"
match = { team = "reserch" }

[[limits]]
requests = "60/min"
match = { model = "ecco*" }
"""


def test_rules_for_names_that_nobody_has_are_told_of(tmp_path: Path,
                                                     start_host: StartHost) -> None:
    """A budget on a misspelt team counts nothing, and would do so in silence."""
    code, errors = check(RULES_FOR_NOBODY, tmp_path)
    assert code == 0
    keys, budget, limit = errors.splitlines()
    file = tmp_path / "config.toml"
    assert keys.startswith(f"{file}:18:11: warning: ") and '"ehco"' in keys
    assert 'did you mean "echo"?' in keys
    assert budget.startswith(f"{file}:24:18: warning: ") and '"reserch"' in budget
    assert 'did you mean "research"?' in budget
    assert limit.startswith(f"{file}:28:19: warning: ") and '"ecco*"' in limit
    host = start_host(RULES_FOR_NOBODY + '[admin]\nlisten = "off"\n')
    assert host.log().count(": warning: ") == 3


HOLYSHEEP = CONFIG.replace('plugin = "echo"',
                           'plugin = "holysheep"\napi_key = "env:HOLYSHEEP_API_KEY"')


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    """Said at start-up, and not by the first caller."""
    code, errors = check(HOLYSHEEP, tmp_path, {"HOLYSHEEP_API_KEY": None})
    assert code == 2 and "HOLYSHEEP_API_KEY" in errors and "not set" in errors
    assert check(HOLYSHEEP, tmp_path, {"HOLYSHEEP_API_KEY": ""})[0] == 2


def test_a_key_may_be_missing_where_it_is_not_required(tmp_path: Path) -> None:
    """A warning, and the others can serve."""
    config = HOLYSHEEP.replace("[[routes]]", "required = false\n\n[[routes]]")
    code, errors = check(config, tmp_path, {"HOLYSHEEP_API_KEY": None})
    assert code == 0 and "warning" in errors and "HOLYSHEEP_API_KEY" in errors


@pytest.mark.parametrize(("key", "vendor"), [
    ("sk-ant-api03-VerySecret", "Anthropic"), ("sk-proj-VerySecret", "OpenAI"),
    ("AIzaVerySecret", "Google"), ("gsk_VerySecret", "Groq"),
    ("YOUR_HOLYSHEEP_API_KEY_VerySecret", "placeholder")])
def test_another_vendors_key_is_refused(tmp_path: Path, key: str, vendor: str) -> None:
    """Told by how it begins, named by its variable, not shown, never sent to the wrong vendor."""
    code, errors = check(HOLYSHEEP, tmp_path, {"HOLYSHEEP_API_KEY": key})
    assert code == 2
    assert "HOLYSHEEP_API_KEY" in errors and vendor in errors
    assert "VerySecret" not in errors


def test_a_key_from_a_file(tmp_path: Path, start_host: StartHost, upstream: Simulator,
                           authority: Authority) -> None:
    """The other place that a key may come from; its line end is not a part of it."""
    (tmp_path / "key").write_text("test-key\n")
    section = provider("holysheep", upstream, authority).replace("env:HOLYSHEEP_API_KEY",
                                                                 f"file:{tmp_path}/key")
    host = start_host(server() + section + route("qwen-*", '"holysheep"'),
                      {"HOLYSHEEP_API_KEY": None})
    assert host.chat("qwen-max").status == 200


def test_the_base_url_from_the_environment(start_host: StartHost, upstream: Simulator,
                                           authority: Authority) -> None:
    """Where the config names no base URL the plugin's variable does; or any that it names."""
    section = provider("holysheep", upstream, authority)
    implicit = re.sub("base_url = .*\n", "", section)
    explicit = re.sub("base_url = .*\n", 'base_url = "env:OPENAI_BASE_URL"\n', section)
    for text, variable in [(implicit, "HOLYSHEEP_BASE_URL"), (explicit, "OPENAI_BASE_URL")]:
        host = start_host(server() + text + route("qwen-*", '"holysheep"'),
                          {variable: upstream.base_url + "/"})
        reply = host.chat("qwen-max")
        assert reply.status == 200, reply.body()


def test_paths_are_relative_to_the_config(tmp_path: Path) -> None:
    """A config moves together with what lies beside it, whatever folder the host is started in."""
    (tmp_path / "config").mkdir()
    (tmp_path / "plugins").symlink_to(PLUGINS)
    file = tmp_path / "config" / "bellwether.toml"
    file.write_text(CONFIG.replace(str(PLUGINS), "../plugins"))
    assert run_cli("check", "--config", file, cwd=Path("/")).returncode == 0


def test_the_config_is_found(tmp_path: Path) -> None:
    """In the folder where the program is started, or where BELLWETHER_CONFIG says."""
    (tmp_path / "bellwether.toml").write_text(CONFIG)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run_cli("check", cwd=tmp_path).returncode == 0
    named = {"BELLWETHER_CONFIG": str(tmp_path / "bellwether.toml")}
    assert run_cli("check", cwd=elsewhere, env=named).returncode == 0
    done = run_cli("check", cwd=elsewhere)
    assert done.returncode == 2 and "--config" in done.stderr


def test_the_shipped_configs_are_good() -> None:
    """Those that a new user starts with. The first needs no key."""
    root = Path(__file__).resolve().parents[2] / "config"
    no_key = {"HOLYSHEEP_API_KEY": None}
    assert run_cli("check", "--config", root / "bellwether.toml", env=no_key).returncode == 0
    assert run_cli("check", "--config", root / "holysheep.toml").returncode == 0
    assert run_cli("check", "--config", root / "holysheep.toml", env=no_key).returncode == 2
    assert run_cli("check", "--config", root / "openai-compatible.toml").returncode == 0
    assert run_cli("check", "--config", root / "budgets.toml").returncode == 0

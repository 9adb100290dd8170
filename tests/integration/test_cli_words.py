"""What people bring to the command line and to variables gets an answer."""

import json
import os
import pty
import re
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from integration.conftest import StartHost, route, server
from integration.host import BINARY, PLUGINS, ROOT, SLOWNESS, Host, environment, run_cli

HEAD = f'plugin_path = ["{PLUGINS}"]\n'
SHEEP = HEAD + '[providers.p]\nplugin = "holysheep"\n[[routes]]\nmodel = "x"\nto = "p"\n'
ECHO = '\n[providers.echo]\nplugin = "echo"\n' + route("echo", '["echo"]')


def check(config: str, folder: Path, **variables: str) -> tuple[int, str]:
    file = folder / "c.toml"
    file.write_text(config)
    done = run_cli("check", "--config", file, env=dict(variables))
    return done.returncode, done.stderr


# ---- the words of a command line ------------------------------------------------------------------

def test_the_version_by_any_name() -> None:
    said = {run_cli(word).stdout for word in ("version", "--version", "-V")}
    assert len(said) == 1 and said.pop().startswith("bellwether ")
    assert {run_cli(word).returncode for word in ("--version", "-V")} == {0}


def test_help_by_any_name() -> None:
    """`help VERB` is `VERB --help`, at each level."""
    for words in (["usage"], ["plugin"], ["plugin", "inspect"], []):
        asked = run_cli("help", *words)
        assert asked.returncode == 0
        assert asked.stdout == run_cli(*words, "--help").stdout == run_cli(*words, "-h").stdout
    unknown = run_cli("help", "usge")
    assert unknown.returncode == 2 and '"usage"' in unknown.stderr


@pytest.mark.parametrize(("words", "said"), [
    (["chekc"], ['"chekc"', '"check"']),
    (["plugin", "lst"], ['"lst"', '"list"', "bellwether plugin"]),
    (["check", "--jsn"], ["--jsn", "--json", "bellwether check"]),
    (["budget", "list", "--cvs"], ["--cvs", "--csv"]),
    (["chat", "--steam", "Hello"], ["--steam", "--stream"]),
    (["--json", "check"], ["--json", "behind"]),
    (["frobnicate"], ['"frobnicate"', "serve", "check"]),
    (["plugin"], ["bellwether plugin", "list, inspect"]),
    ([], ["serve", "check"])])
def test_a_wrong_word_is_named_and_the_nearest_offered(words: list[str], said: list[str]) -> None:
    done = run_cli(*words)
    assert done.returncode == 2 and done.stdout == ""
    for part in said:
        assert part in done.stderr, done.stderr


@pytest.mark.parametrize("text", ["- hello", "-5 degrees", "-", "-\n- one\n- two", "-- hello", "-7"])
def test_text_that_begins_with_a_dash_is_no_option(host: Host, text: str) -> None:
    """A list, a number and a dash are what people ask about."""
    done = run_cli("chat", "--url", host.url, "-m", "echo", text)
    assert done.stdout == f"echo: {text}\n", done.stderr
    assert run_cli("chat", "--url", host.url, "-x").returncode == 2


def test_options_that_exclude_each_other_are_refused(host: Host) -> None:
    """One of them would have no effect, in silence."""
    for words in (["health", "--url", host.url], ["chat", "--url", host.url, "x"],
                  ["usage", "--admin", host.admin_url], ["budget", "list", "--admin", host.admin_url]):
        done = run_cli(*words, "--config", host.config)
        assert done.returncode == 2 and "--config" in done.stderr


# ---- which host is asked --------------------------------------------------------------------------

def with_port(port: int, listen: str = "127.0.0.1") -> str:
    return server().replace('"127.0.0.1:0"', f'"{listen}:{port}"', 1) + ECHO


def test_health_and_chat_ask_the_host_of_the_config(start_host: StartHost, tmp_path: Path) -> None:
    """And no stranger on the usual port, whatever variable names that."""
    running = start_host(with_port(0))
    config = tmp_path / "running.toml"
    config.write_text(with_port(running.port))
    elsewhere = {"BELLWETHER_URL": "http://127.0.0.1:1"}
    for env in ({}, elsewhere):
        assert run_cli("health", "-c", config, env=env).stdout == "ready\n"
        said = run_cli("chat", "-c", config, "Hello", env=env)
        assert said.stdout == "echo: Hello\n"
    named = run_cli("health", env={"BELLWETHER_CONFIG": str(config)})
    assert named.stdout == "ready\n"
    with socket.socket() as held:  # nobody listens there, nor can as long as it is held
        held.bind(("127.0.0.1", 0))
        (tmp_path / "bellwether.toml").write_text(with_port(held.getsockname()[1]))
        for verb in (["health"], ["chat", "Hello"]):
            dead = run_cli(*verb, "--config", tmp_path / "bellwether.toml",
                           env={"BELLWETHER_URL": running.url})
            assert dead.returncode == 1 and dead.stdout == ""
            assert run_cli(*verb, cwd=tmp_path).returncode == 1


def test_a_config_that_is_missing_or_broken_is_no_host(host: Host, tmp_path: Path) -> None:
    """Exit code 2, as for every other verb."""
    broken = tmp_path / "broken.toml"
    broken.write_text(server(lisen='"127.0.0.1:1"') + ECHO)
    any_port = tmp_path / "any.toml"
    any_port.write_text(server() + ECHO)
    for file, word in [(tmp_path / "absent.toml", "absent.toml"), (broken, "lisen"), (any_port, "port 0")]:
        for verb in (["health"], ["chat", "Hello"]):
            done = run_cli(*verb, "--config", file, env={"BELLWETHER_URL": host.url})
            assert (done.returncode, done.stdout) == (2, "") and word in done.stderr
    for verb in (["plugin", "list"], ["models"], ["usage"], ["budget", "list"], ["explain", "x"],
                 ["key", "new", "alice"]):
        done = run_cli(*verb, "--config", tmp_path / "absent.toml")
        assert done.returncode == 2 and "absent.toml" in done.stderr, verb


@pytest.mark.parametrize(("wrong", "right"), [
    ("[log]", "[log]\nlevle = 3"), ("workers = 2", 'workers = 2\ndrain = "soon"'),
    ('plugin = "echo"', 'plugin = "ecko"\ntimeouts = 3'), ("[[routes]]", "[[keys]]\n[[routes]]"),
    ("[log]", '[providers.p]\nproxy_secret = "env:BELLWETHER_TEST_UNSET"\n[log]')])
def test_a_mistake_elsewhere_in_the_file_says_nothing_of_the_host(
        host: Host, tmp_path: Path, wrong: str, right: str) -> None:
    """A container whose mounted file has got a typo runs on, and must not be ended for it."""
    file = tmp_path / "mounted.toml"
    config = with_port(host.port)
    assert wrong in config
    file.write_text(config.replace(wrong, right, 1))
    assert run_cli("check", "--config", file).returncode == 2
    done = run_cli("health", "--config", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ready\n", "")
    assert run_cli("chat", "--config", file, "-m", "echo", "Hello").stdout == "echo: Hello\n"


@pytest.mark.parametrize("listen", ['"nowhere"', "3", '"0.0.0.0:1"'])
def test_a_listen_that_is_refused_is_no_host(host: Host, tmp_path: Path, listen: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(with_port(host.port).replace(f'"127.0.0.1:{host.port}"', listen, 1))
    for text in (file.read_text(), "server = 3\n", "[server\n"):
        file.write_text(text)
        done = run_cli("health", "--config", file, env={"BELLWETHER_URL": host.url})
        assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith(str(file))
        assert len(done.stderr.splitlines()) == 1


def test_the_host_is_found_without_its_secrets(start_host: StartHost, tmp_path: Path) -> None:
    """A health check may run where the keys are not, and needs none of them."""
    key = run_cli("key", "new", "alice").stdout
    needs = '[providers.sheep]\nplugin = "holysheep"\napi_key = "env:BELLWETHER_TEST_KEY"\n'
    running = start_host(with_port(0, "0.0.0.0") + needs + key, {"BELLWETHER_TEST_KEY": "cr_x"})
    file = tmp_path / "running.toml"
    file.write_text(with_port(running.port, "0.0.0.0") + needs + key)
    assert run_cli("health", "--config", file).stdout == "ready\n"


def test_a_stranger_is_not_ready() -> None:
    """Something that answers 200 to whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        def answer() -> None:
            connection, _ = other.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        done = run_cli("health", "--url", f"http://127.0.0.1:{other.getsockname()[1]}")
        thread.join()
    assert done.returncode == 1 and "no Bellwether host" in done.stderr


def test_an_address_that_is_none_is_told() -> None:
    for verb in (["health"], ["chat", "x"]):
        done = run_cli(*verb, "--url", "127.0.0.1:4141")
        assert done.returncode == 2 and "--url" in done.stderr
        done = run_cli(*verb, env={"BELLWETHER_URL": "http://127.0.0.1:1\n"})
        assert done.returncode == 2 and "BELLWETHER_URL ends in a line end" in done.stderr


def test_a_client_key_with_a_line_end_is_told(host: Host) -> None:
    for key in ("bw-x\n", '"bw-x"', "Bearer bw-x"):
        done = run_cli("chat", "--url", host.url, "x", env={"BELLWETHER_API_KEY": key})
        assert done.returncode == 2 and "BELLWETHER_API_KEY" in done.stderr


def test_the_containers_health_check_names_its_config() -> None:
    text = (ROOT / "config/deploy/Containerfile").read_text()
    probe = json.loads(re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", text, re.M)[1])
    command = json.loads(re.search(r"^CMD (\[.*\])$", text, re.M)[1])
    assert probe[-2:] == command[-2:] and probe[-2] == "--config"


# ---- values from variables and files --------------------------------------------------------------

@pytest.mark.parametrize("stray", ["{}\n", "{}\r\n", " {}", "{} ", '"{}"', "'{}'", "{}\n\n", "\t{}",
                                   "{}/chat/completions", "{}/v1"])
def test_a_base_url_variable_that_holds_more_than_a_url(tmp_path: Path, stray: str) -> None:
    """The plugin's own variable as well as one that the config names."""
    value = stray.format("http://127.0.0.1:9/v1")
    code, errors = check(SHEEP, tmp_path, HOLYSHEEP_BASE_URL=value)
    assert code == 2 and "HOLYSHEEP_BASE_URL" in errors, errors
    named = SHEEP.replace('"holysheep"\n', '"holysheep"\nbase_url = "env:SOME_URL"\n'
                          'api_key = "env:HOLYSHEEP_API_KEY"\n', 1)
    code, errors = check(named, tmp_path, SOME_URL=value)
    assert code == 2 and "SOME_URL" in errors, errors


KEYS = ['"cr_abc123"', "'cr_abc123'", "Bearer cr_abc123", "cr_abc123\n", "cr_abc\n123", "cr_abc 123",
        "HOLYSHEEP_API_KEY=cr_abc123", "sk-...", "your-key", "changeme", "xxx", "<key>", "${OTHER}"]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_cannot_be_right_is_told(tmp_path: Path, key: str) -> None:
    """From the plugin's own variable, one that the config names, and a file; none is shown."""
    ways = {"HOLYSHEEP_API_KEY": SHEEP,
            "SOME_KEY": SHEEP.replace('"holysheep"\n', '"holysheep"\napi_key = "env:SOME_KEY"\n', 1)}
    for variable, config in ways.items():
        code, errors = check(config, tmp_path, **{variable: key})
        assert code == 2 or "warning" in errors, errors
        assert variable in errors and "abc123" not in errors
    (tmp_path / "key").write_text(key.rstrip("\n") + "\n")
    config = SHEEP.replace('"holysheep"\n', f'"holysheep"\napi_key = "file:{tmp_path}/key"\n', 1)
    code, errors = check(config, tmp_path)
    if key == "cr_abc123\n":  # the line end of a file is none of its key
        assert (code, errors) == (0, "")
    else:
        assert code == 2 or "warning" in errors, errors
        assert str(tmp_path / "key") in errors and "abc123" not in errors


def test_a_key_that_only_looks_like_a_variable_is_warned_of(tmp_path: Path) -> None:
    """Nobody can change the key that a provider made."""
    for key in ("$upersecretKey1", "%abcDEF%", "a{{b}}c"):
        code, errors = check(SHEEP, tmp_path, HOLYSHEEP_API_KEY=key)
        assert code == 0 and "warning" in errors and "HOLYSHEEP_API_KEY" in errors, errors
        assert key not in errors
    for key in ("${other}", "$OTHER", "%OTHER%", "os.environ/other"):
        assert check(SHEEP, tmp_path, HOLYSHEEP_API_KEY=key)[0] == 2, key


def test_a_misspelt_key_of_a_provider_is_compared_with_all(tmp_path: Path) -> None:
    """The list that it is compared with is that of the reader, and no second one."""
    for wrong, right in [("on_limt", "on_limit"), ("queue_lenght", "queue_length"),
                         ("max_concurent", "max_concurrent"), ("idel_connection_time",
                                                               "idle_connection_time")]:
        config = HEAD + f'[providers.p]\nplugin = "echo"\n{wrong} = 1\n' + route("x", '"p"')
        code, errors = check(config, tmp_path)
        assert code == 2 and f'did you mean "{right}"?' in errors


# ---- which models are listed ----------------------------------------------------------------------

def models(config: str, folder: Path, **variables: str) -> set[str]:
    file = folder / "c.toml"
    file.write_text(config)
    done = run_cli("models", "--json", "--config", file, env=dict(variables))
    assert done.returncode == 0, done.stderr
    return {model["id"] for model in json.loads(done.stdout)}


def test_another_vendors_models_are_not_listed(tmp_path: Path) -> None:
    """`openai` at a server of its own lists what the config says of that server; at OpenAI, in any
    region, it lists OpenAI's, and a mirror of HolySheep has HolySheep's."""
    everything = '[[routes]]\nmodel = "*"\nto = "p"\n'
    openai = HEAD + '[providers.p]\nplugin = "openai"\nrequired = false\n'
    own = '{}base_url = "{}"\nmodels = ["Qwen/Qwen2.5-7B"]\napi_key = "env:K"\n' + everything
    for url in ("http://127.0.0.1:8000/v1", "https://api.openai.com.example/v1"):
        assert models(own.format(openai, url), tmp_path, K="k") == {"Qwen/Qwen2.5-7B"}
    by_variable = openai + 'models = ["gpt-4o"]\n' + everything
    assert models(by_variable, tmp_path, OPENAI_API_KEY="k",
                  OPENAI_BASE_URL="http://127.0.0.1:8000/v1") == {"gpt-4o"}
    for url in ("https://api.openai.com/v1", "https://eu.api.openai.com/v1"):
        assert {"gpt-4o", "Qwen/Qwen2.5-7B"} < models(own.format(openai, url), tmp_path, K="k")
    sheep = HEAD + '[providers.p]\nplugin = "holysheep"\n'
    assert "qwen-max" in models(own.format(sheep, "http://127.0.0.1:8000/v1"), tmp_path, K="k")


# ---- on a terminal --------------------------------------------------------------------------------

def on_terminal(words: list[str | Path], columns: int = 80, **variables: str | None) -> str:
    """What the program writes to a terminal of so many columns, standard error included."""
    leader, follower = pty.openpty()
    env = environment({"TERM": "xterm", "COLUMNS": str(columns), "NO_COLOR": None, **variables})
    process = subprocess.Popen([BINARY, *words], stdout=follower, stderr=follower, env=env)
    os.close(follower)
    limit = threading.Timer(20 * SLOWNESS, process.kill)
    limit.start()
    said = b""
    try:
        while part := os.read(leader, 65536):
            said += part
    except OSError:  # the other end is closed
        pass
    os.close(leader)
    process.wait(20 * SLOWNESS)
    limit.cancel()
    return said.decode().replace("\r\n", "\n")


BAD = HEAD + '[server]\ndrain = "30"\n[providers.p]\nplugin = "echo"\n' \
    'api_key = "sk-1234567890abcdefghijkl"\n[[routes]]\nmodel = "m"\nto = "ecko"\n'


def test_a_terminal_gets_the_place_and_colour(tmp_path: Path) -> None:
    """The line with a mark below its place; in colour unless NO_COLOR is set; no key is shown."""
    file = tmp_path / "c.toml"
    file.write_text(BAD)
    plain = on_terminal(["check", "--config", file], NO_COLOR="1")
    assert '    3 | drain = "30"\n      |         ^~~~\n' in plain
    assert '    9 | to = "ecko"\n      |      ^~~~~~\n' in plain
    assert "\x1b" not in plain and "1234567890" not in plain
    coloured = on_terminal(["check", "--config", file])
    assert "\x1b[1;31merror:" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    piped = run_cli("check", "--config", file)
    assert "\x1b" not in piped.stderr and "^~" not in piped.stderr
    assert "\x1b" not in on_terminal(["check", "--json", "--config", file])


def test_a_terminal_that_has_no_width_gets_the_whole_line(tmp_path: Path) -> None:
    """A new pseudo-terminal says 0; the beginning of the line, with the key, was cut off."""
    file = tmp_path / "c.toml"
    file.write_text(BAD.replace('drain = "30"', 'drain = "30"  # ' + "x" * 15 + " y" * 60))
    for columns in (None, "0", "1", "28"):
        said = on_terminal(["check", "--config", file], NO_COLOR="1", COLUMNS=columns)
        assert re.search(r'    3 \| drain = "30"  # .* y\n      \|         \^~~~\n', said), said
    said = on_terminal(["check", "--config", file], NO_COLOR="1", COLUMNS="29")
    assert '    3 | drain = "30"  # ' not in said and '"30"' in said, said


SECRET_LINES = [
    ('p = {{ plugin = "openai", api_key = "{}", drain = 3 }}', "[providers]\n"),
    ('p={{plugin="openai",api_key="{}"}}', "[providers]\n"),
    ('ledger = {{ url = "redis://:{}@h", password = "{}" }}', ""),
    ('webhooks = {{ ops = {{ secret = "{}" }} }}', ""),
    ('API_KEY = "{}"', PROVIDER := '[providers.p]\nplugin = "openai"\n'),
    ('apiKey = "{}"', PROVIDER), ('passwd = "{}"', PROVIDER), ('api_key = "${}"', PROVIDER),
    ('base_url = "https://h/v1?key={}"', PROVIDER), ('base = "https://me:{}@h/v1"', PROVIDER),
    ('address = "https://h/v1?k={}"', PROVIDER), ('password = "${}"', "[ledger]\n"),
    ('headers = ["Authorization: Bearer {}"]', PROVIDER), ("api_key = {}", PROVIDER),
    ('headers = [\n  "Authorization: Bearer {}" $\n]', PROVIDER),
    ('x-other = "${}"', '[providers.p.headers]\n')]


@pytest.mark.parametrize(("line", "before"), SECRET_LINES)
def test_no_credential_is_shown(tmp_path: Path, line: str, before: str) -> None:
    """Neither on a terminal, where the line is shown, nor in a message; by whatever key."""
    file = tmp_path / "c.toml"
    file.write_text(HEAD + before + line.format("hunter2pass", "hunter2pass") + "\n" + '[[routes]]\n'
                    'model = "m"\nto = "p"\n')
    said = on_terminal(["check", "--config", file], 120, NO_COLOR="1")
    piped = run_cli("check", "--config", file)
    told = run_cli("check", "--json", "--config", file)
    for text in (said, piped.stdout + piped.stderr, told.stdout + told.stderr):
        assert str(file) in text and "hunter2" not in text, text


def test_what_is_no_credential_is_shown_beside_one(tmp_path: Path) -> None:
    """The keys of an inline table, references and short numbers."""
    file = tmp_path / "c.toml"
    file.write_text(HEAD + 'providers = { p = { plugin = "echo", api_keey = "env:SOME", n = 30 } }\n')
    said = on_terminal(["check", "--config", file], 120, NO_COLOR="1")
    assert 'providers = { p = { plugin = "****", api_keey = "env:SOME", n = 30 } }' in said


def test_a_config_from_a_pipe_is_read_once(tmp_path: Path) -> None:
    """To show its lines it would have to be read again, and nobody writes it twice."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(BAD))
    writer.start()
    said = on_terminal(["check", "--config", pipe], NO_COLOR="1")
    writer.join()
    assert "server.drain" in said and '"ecko"' in said and "|" not in said


def test_tables_fit_the_width(tmp_path: Path) -> None:
    """Words are shortened, and no line is wider than it may be; programs get all of it."""
    name = "a-rather-long-name-of-a-model-that-somebody-gave-to-it"
    config = HEAD + '[providers.p]\nplugin = "echo"\n' + route(name, '"p"') + route("short", '"p"')
    file = tmp_path / "c.toml"
    file.write_text(config)
    for columns in (24, 40, 60):
        said = on_terminal(["models", "--config", file], columns)
        assert max(map(len, said.splitlines())) <= columns
        assert "…" in said and "short" in said
        named = run_cli("models", "--config", file, env={"COLUMNS": str(columns)})
        assert named.stdout == said
    assert name in run_cli("models", "--config", file).stdout


def test_what_does_not_fit_at_all_is_named(tmp_path: Path) -> None:
    """Columns of numbers are not cut: the last are left out, and said to be."""
    file = tmp_path / "c.toml"
    file.write_text(HEAD + f'[ledger]\nurl = "sqlite:{tmp_path}/l.db"\n' + ECHO + """
[[budgets]]
name = "everyone-in-the-house"
limit = "100 Mtok"
per = "month"
""")
    said = run_cli("budget", "list", "--config", file, env={"COLUMNS": "50"}).stdout.splitlines()
    assert max(map(len, said)) <= 50 and "RESETS" in said[-1] and "RESETS" not in said[0]


# ---- appending a key ------------------------------------------------------------------------------

def test_a_key_is_appended_to_a_file_without_a_last_line_end(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text((HEAD + ECHO).rstrip("\n"))
    with file.open("a") as end:
        subprocess.run([BINARY, "key", "new", "alice"], stdout=end, stderr=subprocess.DEVNULL,
                       env=environment(), check=True, timeout=20 * SLOWNESS)
    assert run_cli("check", "--config", file).returncode == 0
    assert "\n[[keys]]\n" in file.read_text()

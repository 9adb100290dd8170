"""Every command and snippet of the README does what it says."""

import json
import os
import re
import subprocess
import sys

import pytest

from integration.conftest import StartHost
from integration.host import BINARY, PLUGINS, ROOT, Host, environment, run_cli

README = (ROOT / "README.md").read_text()
SHIPPED = (ROOT / "config/bellwether.toml").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


@pytest.fixture(scope="module")
def shipped(start_host: StartHost) -> Host:
    """The host on the shipped config, which needs no key; only its ports and folder are others."""
    listening = re.sub(r"127\.0\.0\.1:414[12]", "127.0.0.1:0", SHIPPED)
    listening = listening.replace('"prices.toml"', f'"{ROOT}/config/prices.toml"')
    config = f'plugin_path = ["{PLUGINS}"]\n' + listening
    return start_host(config, {"HOLYSHEEP_API_KEY": None})


def test_the_commands_work_as_shown(shipped: Host) -> None:
    """Those of the second terminal, with this build and this port put in."""
    commands = [line for line in "".join(blocks("sh")).splitlines() if "./bw" not in line]
    assert len(commands) >= 4
    for command in commands:
        command = command.replace("http://127.0.0.1:4141", shipped.url)
        command = command.replace("build/release/bin/bellwether", str(BINARY))
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True,
                              env=environment({"BELLWETHER_URL": shipped.url}), timeout=60)
        assert done.returncode == 0, (command, done.stderr)
        assert "echo" in done.stdout, (command, done.stdout)


def test_the_curl_line_answers(shipped: Host) -> None:
    """The line that ./bw run prints is the README's, and its reply is a chat completion."""
    line = next(line for line in "".join(blocks("sh")).splitlines() if line.startswith("curl"))
    script = (ROOT / "bw").read_text()
    assert line.removeprefix("curl http://127.0.0.1:4141") in script
    command = line.replace("curl", "curl -s").replace("http://127.0.0.1:4141", shipped.url)
    reply = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60).stdout
    assert json.loads(reply)["choices"][0]["message"]["content"] == "echo: Hello"


def test_the_entry_script_knows_its_commands() -> None:
    """What the README tells to run, `./bw help` explains."""
    told = subprocess.run([ROOT / "bw", "help"], capture_output=True, text=True, timeout=60).stdout
    for command in re.findall(r"\./bw \w+", README):
        assert command in told


def test_the_python_snippet(shipped: Host) -> None:
    """The official SDK with nothing but another base URL."""
    (snippet,) = blocks("python")
    snippet = snippet.replace("http://127.0.0.1:4141", shipped.url)
    done = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True,
                          env=environment(), timeout=60)
    assert done.stdout == "echo: Hello\n", done.stderr


def test_the_config_is_good(tmp_path: os.PathLike[str]) -> None:
    """The examples are complete: `check` finds nothing in them, one after the other."""
    example = "\n".join(blocks("toml"))
    file = tmp_path / "bellwether.toml"
    file.write_text(f'plugin_path = ["{PLUGINS}"]\n' + example)
    checked = run_cli("check", "--config", file, env={"ANTHROPIC_API_KEY": "a-key-for-tests"})
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_verbs_exist() -> None:
    """Each verb of the README's table has a help page."""
    verbs = re.findall(r"^\| `bellwether (\w+)", README, re.M)
    assert len(verbs) >= 6
    for verb in verbs:
        assert run_cli(verb, "--help").returncode == 0

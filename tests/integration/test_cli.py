"""The command line: what each verb prints, for people and for programs, and its exit code."""

import json
import re
from pathlib import Path

import pytest

from integration.host import PLUGINS, ROOT, Host, run_cli
from upstream import errors, qwen
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator


def test_version() -> None:
    """One line for people, two members for programs, the same facts."""
    said = run_cli("version")
    assert said.returncode == 0
    assert re.fullmatch(r"bellwether \d+\.\d+\.\d+ \(plugin ABI 1\.\d+\)\n", said.stdout)
    told = json.loads(run_cli("version", "--json").stdout)
    assert f"bellwether {told['version']} (plugin ABI {told['abi']})\n" == said.stdout


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["serve", "--nonsense"], ["plugin"],
                                       ["plugin", "inspect"], ["chat", "--model"], ["key"],
                                       ["key", "new"], ["config"]])
def test_wrong_usage(arguments: list[str]) -> None:
    """Exit code 2, and something to go by."""
    done = run_cli(*arguments)
    assert done.returncode == 2
    assert done.stdout + done.stderr


def test_help() -> None:
    """The first thing that a new user reads names every verb and the exit codes."""
    done = run_cli("--help")
    assert done.returncode == 0
    for verb in ("serve", "check", "models", "chat", "plugin", "key", "config", "version"):
        assert verb in done.stdout
    assert "Exit codes" in done.stdout


def test_config_schema() -> None:
    """It is the file that the examples name: what an editor knows is what the program reads."""
    printed = run_cli("config", "schema")
    assert printed.returncode == 0
    assert printed.stdout == (ROOT / "config/bellwether.schema.json").read_text()
    schema = json.loads(printed.stdout)
    assert schema["definitions"]["server"]["properties"]["drain"]["default"] == "30s"
    assert schema["definitions"]["server"]["additionalProperties"] is False
    assert schema["definitions"]["provider"]["additionalProperties"] is True


def test_check(host: Host) -> None:
    """What was found, so that an empty file does not pass for a good one."""
    done = run_cli("check", "--config", host.config)
    assert done.returncode == 0 and "ok" in done.stdout and str(host.config) in done.stdout
    told = json.loads(run_cli("check", "--json", "--config", host.config).stdout)
    assert (told["ok"], told["providers"], told["routes"]) == (True, 2, 2)


def test_models(host: Host) -> None:
    """The same that the host lists; a filter takes any part of a name, in any case."""
    listed = {model["id"] for model in host.get("/v1/models").json()["data"]}
    told = json.loads(run_cli("models", "--json", "--config", host.config).stdout)
    assert {model["id"] for model in told} == listed
    filtered = run_cli("models", "--filter", "QWEN", "--config", host.config)
    assert filtered.returncode == 0
    names = [line.split()[0] for line in filtered.stdout.splitlines()[1:]]
    assert set(names) == {name for name in listed if "qwen" in name}
    none = run_cli("models", "--filter", "llama", "--config", host.config)
    assert none.returncode == 1 and "llama" in none.stderr
    assert json.loads(run_cli("models", "--json", "--filter", "llama", "--config",
                              host.config).stdout) == []


def test_chat(host: Host, upstream: Simulator) -> None:
    """The prompt from the arguments or from standard input; the answer and nothing else."""
    model = upstream.serve(answers.chat())
    done = run_cli("chat", "-m", model, "--url", host.url, "สวัสดี", "world")
    assert (done.returncode, done.stdout, done.stderr) == (0, "สวัสดี world \n", "")
    piped = run_cli("chat", "-m", model, "--url", host.url, input="from a pipe")
    assert piped.stdout == "from a pipe \n"
    told = run_cli("chat", "-m", model, "--url", host.url, "--json", "x")
    assert json.loads(told.stdout)["usage"]["prompt_tokens"] == 22


def test_chat_streams(host: Host, upstream: Simulator) -> None:
    """The pieces of a stream make the same text on standard output."""
    model = upstream.serve(answers.chat([qwen.THAI_AND_CHINESE, " ", "end"]))
    done = run_cli("chat", "-m", model, "--url", host.url, "--stream", "x")
    assert (done.returncode, done.stdout) == (0, f"{qwen.THAI_AND_CHINESE} end\n")


def test_chat_fails(host: Host, upstream: Simulator) -> None:
    """Exit code 1 and the host's message, before and within an answer."""
    refused = run_cli("chat", "-m", upstream.serve(faults.error(errors.MODERATION)), "--url",
                      host.url, "x")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "inappropriate content" in refused.stderr
    broken = run_cli("chat", "-m", upstream.serve(faults.error_frame(["so far"], errors.INTERNAL)),
                     "--stream", "--url", host.url, "x")
    assert broken.returncode == 1
    assert broken.stdout.startswith("so far") and "error" in broken.stderr
    nobody = run_cli("chat", "--url", "http://127.0.0.1:1", "x")
    assert nobody.returncode == 1 and "bellwether serve" in nobody.stderr


def test_plugin_list(host: Host) -> None:
    """Each plugin with its id and the sum that a config can pin."""
    done = run_cli("plugin", "list", "--config", host.config)
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"echo", "holysheep", "openai"} <= set(names)
    told = json.loads(run_cli("plugin", "list", "--json", "--config", host.config).stdout)
    assert {entry["id"] for entry in told} >= {"ai.holysheep", "com.openai"}
    for entry in told:
        assert re.fullmatch(r"[0-9a-f]{64}", entry["sha256"])


def test_each_plugin_is_listed_once(host: Host) -> None:
    """The config's folder may be the program's own."""
    told = json.loads(run_cli("plugin", "list", "--json", "--config", host.config).stdout)
    files = [entry["file"] for entry in told]
    assert len(set(files)) == len(files)


def test_plugin_inspect() -> None:
    """What it wants, what it knows, and its sum for the pin."""
    file = PLUGINS / "holysheep.so"
    done = run_cli("plugin", "inspect", file)
    assert done.returncode == 0
    for word in ("ai.holysheep", "HOLYSHEEP_API_KEY", "https://api.holysheep.ai/v1", "qwen-max",
                 "sha256", "goes on     with an answer begun elsewhere (\"partial\")"):
        assert word in done.stdout
    told = json.loads(run_cli("plugin", "inspect", "--json", file).stdout)
    assert told["id"] == "ai.holysheep" and told["file"] == str(file)
    assert any(model["id"] == "qwen-max" for model in told["manifest"]["models"])


def test_plugin_inspect_says_what_is_wrong(tmp_path: Path) -> None:
    """The same reason that the host would give, before any config names the plugin."""
    (tmp_path / "text.so").write_text("no library")
    done = run_cli("plugin", "inspect", tmp_path / "text.so")
    assert done.returncode == 1 and "ELF" in done.stderr
    assert run_cli("plugin", "inspect", "nobody").returncode == 1

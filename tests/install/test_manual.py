"""The manual page and the completions know what the program knows."""

import os
import re
import shlex
import subprocess

import pytest

from install.conftest import run
from integration.host import BINARY, ROOT

PAGE = ROOT / "docs/man/bellwether.1"
COMPLETIONS = ROOT / "config/deploy/completions"


def help_of(*verbs: str) -> str:
    return run(BINARY, *verbs, "--help").stdout


def verbs_of(text: str) -> list[str]:
    section = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    return re.findall(r"^  (\w+)", section[1], re.M) if section else []


def options_of(text: str) -> set[str]:
    """The long options, as a help page lists them."""
    lines = re.findall(r"^  (-\S+)", text, re.M)
    return {name for line in lines for name in re.findall(r"--[a-z-]+", line)}


def commands() -> list[list[str]]:
    """Every verb, those of `plugin` included."""
    tops = verbs_of(help_of())
    assert len(tops) >= 7
    found = [[top] for top in tops]
    for top in tops:
        if top == "help":  # its page is that of the whole program
            continue
        found += [[top, below] for below in verbs_of(help_of(top))]
    return found


def completed(shell: str, line: str) -> set[str]:
    """What a shell offers at the end of the line."""
    environment = {**os.environ, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"}
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    if shell == "bash":
        script = (f"source {COMPLETIONS}/bellwether.bash; COMP_WORDS=({shlex.join(words)});"
                  f" COMP_CWORD={len(words) - 1}; _bellwether; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        command = ["bash", "-c", script]
    elif shell == "fish":
        command = ["fish", "--no-config", "-c", f"source {COMPLETIONS}/bellwether.fish;"
                   f" complete --do-complete {shlex.quote(line)}"]
    else:
        # Outside its line editor, zsh has no completion; what the function would offer is caught.
        script = ("compadd() { shift; print -l -- ${(P)1}; }; _describe() { print -l -- ${(P)2}; };"
                  f" words=({shlex.join(words)}); CURRENT={len(words)};"
                  f" source {COMPLETIONS}/_bellwether")
        command = ["zsh", "-f", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return {re.split(r"[:\t]", offer)[0] for offer in done.stdout.splitlines()}


def test_the_page_names_every_verb_and_option() -> None:
    page = PAGE.read_text().replace("\\-", "-")
    plain = re.sub(r"\\f[BIR]", "", page)
    for words in commands():
        if not verbs_of(help_of(*words)):
            assert re.search(rf"^(\.BI? \"?)?{' '.join(words)}\b", plain, re.M), words
        for option in options_of(help_of(*words)):
            assert option in plain, (words, option)


def test_the_page_names_nothing_else() -> None:
    """Neither a verb nor an option that is gone."""
    page = PAGE.read_text().replace("\\-", "-")
    known = {option for words in [[], *commands()] for option in options_of(help_of(*words))}
    assert set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", page)) <= known


def test_the_page_is_well_formed() -> None:
    done = run("groff", "-man", "-Tutf8", "-ww", PAGE)
    assert done.stderr == ""
    assert "bellwether" in done.stdout


def test_the_installation_guide_names_commands_that_exist() -> None:
    guide = (ROOT / "docs/install.md").read_text()
    told = run(ROOT / "bw", "help").stdout
    for command in set(re.findall(r"\./bw \w+", guide)):
        assert command in told
    for verb in set(re.findall(r"^bellwether (\w+)", guide, re.M)):
        assert verb in verbs_of(help_of())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_offers_verbs_and_options(shell: str) -> None:
    """Those of the program, at each level, whatever they will be."""
    assert completed(shell, "bellwether ") == set(verbs_of(help_of()))
    assert completed(shell, "bellwether plugin ") == {"list", "inspect", "reload", "unload", "load"}
    assert completed(shell, "bellwether budget ") == {"list", "show", "reset"}
    assert completed(shell, "bellwether chat --") >= options_of(help_of("chat"))
    assert completed(shell, "bellwether plugin list --") >= options_of(help_of("plugin", "list"))
    assert completed(shell, "bellwether usage --by ") == {"model", "key", "user", "team", "provider",
                                                          "route", "day"}

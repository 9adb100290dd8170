"""Plugins that break the rules of the ABI: each is refused, or fails its own call, or is named when the process ends. The
expectations are tables in `bad_plugins`, and docs/bad-plugins.md is made of them."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

import pytest

from integration.bad_plugins import build, calls, crashing, page, refused
from integration.bad_plugins.bench import Bench, check_row
from integration.bad_plugins.crashing import Morgue, expected
from integration.bad_plugins.row import Call, LastWords, Refused
from integration.bad_plugins.upstream import upstream as bad_upstream
from integration.conftest import StartHost, route, server
from integration.host import SANITIZED, Host, run_cli


def rows(all_of_them: list[Any]) -> Any:
    """One case for each row."""
    return pytest.mark.parametrize("row", all_of_them, ids=[getattr(row, "model", "") or row.name for row in all_of_them])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad-plugins")
    build.compile_all(folder)
    return folder


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with bad_upstream() as url:
        yield url


# ---- refused --------------------------------------------------------------------------------------------------------


@rows([*refused.TABLES, *refused.MANIFESTS])
def test_a_plugin_that_is_wrong_is_refused(built: Path, row: Refused) -> None:
    file = build.file_of(built, row.library)
    done = run_cli("plugin", "inspect", file, env=row.environment)
    said = re.sub(r"/\S+/libc\.so\.6", "LIBC", done.stderr)
    assert (done.returncode, said) == (1, f"error: {file}: {row.words}\n"), done.stdout[:1000]


@rows(refused.DOUBTS)
def test_a_plugin_that_is_odd_is_loaded_and_told_of(built: Path, row: Refused) -> None:
    file = build.file_of(built, "tables")
    done = run_cli("plugin", "inspect", file, env=row.environment)
    assert (done.returncode, done.stderr) == (0, f"warning: {file}: {row.words}\n")


@pytest.mark.parametrize("verb", ["check", "serve"])
def test_nothing_is_served_with_a_plugin_that_is_refused(built: Path, tmp_path: Path, verb: str) -> None:
    """As `plugin inspect` refuses it, in the config's own place."""
    file = build.file_of(built, "tables")
    config = tmp_path / "c.toml"
    config.write_text(f'[providers.p]\nplugin = "{file}"\n' + route("m", '"p"'))
    done = run_cli(verb, "--config", config, env={"BAD_TABLE": "size-8"})
    assert done.returncode == 2
    assert done.stderr.startswith(f'{config}:2:10: error: plugin "{file}" cannot be loaded: {file}: its table is too short'), done


@rows(refused.BIRTHS)
def test_a_plugin_that_makes_no_instance_is_refused(built: Path, tmp_path: Path, row: Refused) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'[providers.p]\nplugin = "{build.file_of(built, "births")}"\nhow = "{row.name}"\n' + route("m", '"p"'))
    done = run_cli("check", "--config", config)
    assert (done.returncode, done.stderr) == (2, f'{config}:1:1: error: provider "p" refuses its configuration: {row.words}\n')


# ---- the call fails -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bench(start_host: StartHost, built: Path, base_url: str) -> Bench:
    """All calls are made at the same time, at one host; each test looks at one row."""
    stands = Bench(built, base_url)
    stands.run(start_host, calls.CALLS)
    return stands


@rows(calls.CALLS)
def test_a_plugin_that_misbehaves_fails_its_call_alone(bench: Bench, row: Call) -> None:
    """What a client gets who has no other target, and that the next target is asked where there is one."""
    check_row(row, bench.seen[row.model])


def test_what_broke_a_rule_is_in_the_log(bench: Bench) -> None:
    for row in calls.CALLS:
        if row.words.startswith(calls.MISBEHAVED):
            rule = row.words.removeprefix(calls.MISBEHAVED)
            assert f'plugin misbehaved: provider \\"{row.model}\\": {rule}' in bench.log


def test_other_workers_serve_on_while_a_plugin_sleeps(start_host: StartHost, built: Path) -> None:
    """Its own worker waits, and the log names it."""
    host = start_host(server(2) + f'[providers.p]\nplugin = "{build.file_of(built, "engines")}"\nhow = "sleeps"\n'
                      "[providers.echo]\n" + route("m", '"p"') + route("e", '"echo"'))
    with ThreadPoolExecutor(9) as threads:
        begun = time.monotonic()
        sleeper = threads.submit(lambda: (host.chat("m").status, time.monotonic() - begun))
        time.sleep(0.3)
        others = [threads.submit(lambda: (host.chat("e").status, time.monotonic() - begun)) for _ in range(8)]
        answered = [other.result() for other in others]
        slept = sleeper.result()
    assert {status for status, _ in [slept, *answered]} == {200}
    assert min(at for _, at in answered) < slept[1]
    assert "step of its plugin took 2" in host.log()


# ---- last words -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def morgue(built: Path, base_url: str) -> Morgue:
    """All of them end before the first test looks."""
    stands = Morgue(built, base_url)
    stands.run()
    return stands


not_sanitized = pytest.mark.skipif(SANITIZED, reason="a sanitizer reports crashes itself")


@not_sanitized
@rows(crashing.ROWS)
def test_last_words_name_the_plugin(morgue: Morgue, row: LastWords) -> None:
    """And the process ends as it would have: by the signal, for the service manager and for a core dump."""
    ended = morgue.ended[row.name]
    assert ended.code == row.ends, ended.said[-2000:]
    if row.silent:
        assert "bellwether: " not in ended.said
    else:
        assert ended.said.count(expected(row, morgue.file_of(row))) == 1, ended.said[-2000:]


@not_sanitized
def test_last_words_name_the_version(morgue: Morgue) -> None:
    assert " 6.6.6" in morgue.ended["call_open-segv"].said


# ---- the page -------------------------------------------------------------------------------------------------------


def test_there_are_enough_rows() -> None:
    names = [getattr(row, "model", "") or row.name for row in page.ROWS]
    assert len(names) >= 180
    assert len(set(names)) == len(names)


def test_every_trick_has_a_row() -> None:
    """A plugin that nobody loads proves nothing."""
    told = {(row.plugin.split(":")[0], row.how) for row in calls.CALLS} | {("births", row.name) for row in refused.BIRTHS}
    told |= {("engines", "sleeps")}
    for source in ("sends", "emits", "statuses", "engines", "births"):
        text = (build.SOURCES / f"{source}.c").read_text()
        for how in re.findall(r'\{"([^"]+)", \.', text.split("trick tricks[]")[1]):
            assert (source, how) in told, f"{source}.c: {how}"


def test_the_page_is_made_of_the_rows() -> None:
    """`cd tests && python -m integration.bad_plugins` writes it anew."""
    assert page.PAGE.read_text() == page.text()

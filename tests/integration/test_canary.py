"""`canary`: a new version of a plugin has a share of the calls first, and goes back by itself if it fails or refuses
more than the old one."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from integration.bad_plugins import build
from integration.conftest import StartHost, route, server
from integration.host import Host, run_cli, wait_for
from integration.metrics_page import scrape
from integration.reloading import ask_reload, gauge, refused, reload, replace_file

OLD, NEW, FAILING, REFUSING, UNBORN = "1.0", "2.0", "13.0", "14.0", "99.0"


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("versions")
    return {version: build.compile_library(folder, f"versions:BAD_VERSION={version.removesuffix('.0')}").read_bytes()
            for version in (OLD, NEW, FAILING, REFUSING, UNBORN)}


class Tried:
    """A host with one provider, whose file is replaced."""

    def __init__(self, start_host: StartHost, folder: Path, versions: dict[str, bytes], members: str, **more: str) -> None:
        self.versions = versions
        self.file = folder / "ours.so"
        self.put(OLD)
        self.host: Host = start_host(server(**more) + f'\n[providers.ours]\nplugin = "{self.file}"\n{members}\n'
                                     + route("m", '"ours"'))

    def put(self, version: str) -> None:
        replace_file(self.file, self.versions[version])

    def plugin(self) -> dict[str, Any]:
        return self.host.admin("GET", "/admin/plugins").json()["plugins"][0]

    def state(self) -> str:
        shown = self.plugin()["canary"]
        return shown["state"] if shown else ""

    def answers(self, calls: int) -> Counter[str]:
        """Which version answered, or the status of a failure."""
        replies = [self.host.chat("m") for _ in range(calls)]
        return Counter(reply.json()["choices"][0]["message"]["content"].replace("version ", "") + ".0"
                       if reply.status == 200 else str(reply.status) for reply in replies)

    def gauge(self, name: str, **labels: str) -> float:
        return scrape(self.host).sum(f"bellwether_plugin_canary_{name}", provider="ours", **labels)


def counted(attempts: int, failed: int = 0, refused: int = 0) -> dict[str, int]:
    return {"attempts": attempts, "failed": failed, "refused": refused}


def isolation(name: bool) -> str:
    return f"isolate = {str(name).lower()}\n"


def test_it_has_its_share(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes], isolated: bool) -> None:
    tried = Tried(start_host, tmp_path, versions, isolation(isolated) + "canary = 0.25")
    assert tried.plugin()["canary"] is None
    tried.put(NEW)
    told = reload(tried.host)
    assert [change["setting"] for change in told["changes"]] == ["providers.ours.canary.sha256"]
    assert tried.answers(40) == {OLD: 30, NEW: 10}
    shown = tried.plugin()
    canary = shown["canary"]
    assert (shown["version"], canary["version"], canary["share"]) == (OLD, NEW, "25.00%")
    assert canary["until_unix"] - canary["since_unix"] == 300
    assert (canary["new"], canary["old"]) == (counted(10), counted(30))
    assert (canary["isolated"] is not None) == isolated
    assert tried.gauge("running") == 1
    assert tried.gauge("attempts_total", version="new", outcome="ok") == 10
    assert reload(tried.host)["outcome"] == "unchanged"
    more = tried.host.config.read_text() + route("another", '"ours"')
    assert reload(tried.host, more)["outcome"] == "applied"
    assert tried.answers(4) == {OLD: 3, NEW: 1}, "it goes on over reloads"


def test_after_its_time_it_has_all(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes], isolated: bool) -> None:
    tried = Tried(start_host, tmp_path, versions, isolation(isolated) + 'canary = "5%"\ncanary_time = "1s"')
    tried.put(NEW)
    done = run_cli("plugin", "reload", "ours", "--admin", tried.host.admin_url)
    assert done.returncode == 0 and "providers.ours.canary.sha256" in done.stdout, done.stderr
    wait_for(lambda: tried.plugin()["version"] == NEW, "the new version is the provider")
    assert tried.state() == ""
    assert tried.answers(10) == {NEW: 10}
    assert "version 2.0 of its plugin gets all calls" in tried.host.log()
    wait_for(lambda: gauge(tried.host, "generations_alive") == 1, "the old ones are gone")


def test_one_that_fails_goes_back(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes], isolated: bool) -> None:
    tried = Tried(start_host, tmp_path, versions, isolation(isolated) + "canary = 0.5")
    tried.put(FAILING)
    reload(tried.host)
    assert tried.answers(38) == {OLD: 19, "502": 19}
    assert tried.state() == "running", "too few attempts to judge it"
    assert tried.answers(2) == {OLD: 1, "502": 1}
    wait_for(lambda: tried.state() == "went_back" and tried.plugin()["canary"]["isolated"] is None, "it goes back")
    assert tried.answers(20) == {OLD: 20}
    assert tried.plugin()["canary"]["new"] == counted(20, failed=20)
    assert tried.gauge("went_back") == 1 and tried.gauge("running") == 0
    line = next(line for line in tried.host.log().splitlines() if "went back" in line and "of its plugin" in line)
    assert '"level":"warn"' in line and "20 of 20 attempts failed, of the old one 0 of 20 attempts failed" in line
    wait_for(lambda: gauge(tried.host, "generations_alive") == 1, "the failing one is gone")


def test_one_that_refuses_what_the_old_one_answers_goes_back(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes]) -> None:
    tried = Tried(start_host, tmp_path, versions, "canary = 0.5")
    tried.put(REFUSING)
    reload(tried.host)
    assert tried.answers(40) == {OLD: 20, "400": 20}
    wait_for(lambda: tried.state() == "went_back", "it goes back")
    shown = tried.plugin()["canary"]
    assert (shown["new"], shown["old"]) == (counted(20, refused=20), counted(20))
    assert tried.answers(20) == {OLD: 20}
    assert [tried.gauge("attempts_total", version="new", outcome=outcome)
            for outcome in ("ok", "failed", "refused")] == [0, 0, 20]
    assert "0 of 20 attempts failed and 20 were refused, of the old one 0 of 20 attempts failed" in tried.host.log()


def test_one_that_went_back_is_not_tried_again(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes]) -> None:
    """Until its file changes, or an operator says so."""
    tried = Tried(start_host, tmp_path, versions, "canary = 0.5", watch="true")
    tried.put(FAILING)
    wait_for(lambda: tried.state() == "running", "the watch sees it")
    tried.answers(40)
    wait_for(lambda: tried.state() == "went_back", "it goes back")
    tried.put(FAILING)
    reload(tried.host)
    assert reload(tried.host)["outcome"] == "unchanged"
    assert tried.answers(4) == {OLD: 4}
    assert run_cli("plugin", "reload", "ours", "--admin", tried.host.admin_url).returncode == 0
    assert tried.state() == "running"
    tried.answers(40)
    wait_for(lambda: tried.state() == "went_back", "it goes back again")
    tried.put(NEW)
    wait_for(lambda: tried.state() == "running", "another version is tried")
    assert tried.plugin()["canary"]["version"] == NEW
    assert tried.answers(10) == {OLD: 5, NEW: 5}
    tried.put(OLD)
    wait_for(lambda: tried.state() == "", "the old file ends it")
    assert tried.answers(4) == {OLD: 4}


@pytest.mark.parametrize("ended", [False, True], ids=["running", "went-back"])
def test_a_credential_that_changes_leaves_its_share(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes],
                                                    isolated: bool, ended: bool) -> None:
    """Of one that went back that is none, whoever sees that the credential has changed."""
    key = tmp_path / "key"
    key.write_text("secret-of-the-first-day")
    tried = Tried(start_host, tmp_path, versions, isolation(isolated) + f'canary = 0.5\napi_key = "file:{key}"', watch="true")
    tried.put(FAILING if ended else NEW)
    wait_for(lambda: tried.state() == "running", "the watch sees it")
    tried.answers(40)
    if ended:
        wait_for(lambda: tried.state() == "went_back" and tried.plugin()["canary"]["isolated"] is None, "it goes back")
    before = tried.plugin()
    replace_file(key, b"secret-of-the-second-day")
    wait_for(lambda: f"{key} has changed: the config is reloaded" in tried.host.log(), "the watch sees it")
    assert tried.answers(10) == ({OLD: 10} if ended else {OLD: 5, NEW: 5})
    after = tried.plugin()
    assert after["version"] == OLD
    assert after["canary"]["since_unix"] == before["canary"]["since_unix"]
    assert after["canary"]["new"]["attempts"] == before["canary"]["new"]["attempts"] + (0 if ended else 5)
    wait_for(lambda: gauge(tried.host, "generations_alive") == 1, "those with the first credential are gone")


def test_one_that_went_back_serves_with_a_warning_where_the_old_one_cannot(
        start_host: StartHost, tmp_path: Path, versions: dict[str, bytes]) -> None:
    """As with an option that only the new one has."""
    tried = Tried(start_host, tmp_path, versions, "canary = 0.5")
    tried.put(FAILING)
    reload(tried.host)
    tried.answers(40)
    wait_for(lambda: tried.state() == "went_back", "it goes back")
    more = tried.host.config.read_text().replace("canary = 0.5", 'canary = 0.5\nchunk = "1"')
    told = reload(tried.host, more)
    assert tried.answers(2) == {"502": 2}
    assert tried.state() == ""
    [warning] = [one for one in told["diagnostics"] if "had gone back" in one]
    assert "version 13.0" in warning and "the version before cannot serve" in warning and "chunk" in warning
    assert "which had gone back" in tried.host.log()


def test_one_that_cannot_be_begun_gets_no_call(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes],
                                               isolated: bool) -> None:
    tried = Tried(start_host, tmp_path, versions, isolation(isolated) + "canary = 0.5")
    tried.put(UNBORN)
    refused(tried.host)
    assert tried.state() == ""
    assert tried.answers(4) == {OLD: 4}


def test_without_it_the_new_version_has_all_at_once(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes]) -> None:
    """As if the config changes with the file."""
    tried = Tried(start_host, tmp_path, versions, "")
    tried.put(NEW)
    reload(tried.host)
    assert tried.answers(4) == {NEW: 4}
    tried.put(OLD)
    more = tried.host.config.read_text().replace("[providers.ours]", '[providers.ours]\ncanary = 0.5\nhow = ""')
    assert ask_reload(tried.host, more).status == 200
    assert tried.answers(4) == {OLD: 4}
    assert tried.state() == ""


def test_one_that_is_taken_out_has_no_canary(start_host: StartHost, tmp_path: Path, versions: dict[str, bytes]) -> None:
    tried = Tried(start_host, tmp_path, versions, "canary = 0.5")
    tried.put(NEW)
    reload(tried.host)
    assert tried.state() == "running"
    assert run_cli("plugin", "unload", "ours", "--admin", tried.host.admin_url).returncode == 0
    assert tried.state() == ""
    assert tried.answers(4) == {"503": 4}

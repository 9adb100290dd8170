"""Client keys in a file of their own: the verbs that write it, and the host that reads it."""

import hashlib
import json
import os
import random
import re
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from integration.client_keys import new_key
from integration.conftest import StartHost
from integration.host import BINARY, PLUGINS, ROOT, SLOWNESS, Host, environment, run_cli, wait_for
from integration.reloading import replace_file

CONFIG = f"""plugin_path = ["{PLUGINS}"]
keys_file = "keys.toml"

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


class Keys:
    """A config in a folder, the file of its keys, and the verbs for them."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.config = folder / "bellwether.toml"
        self.config.write_text(config)
        self.file = folder / "keys.toml"

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return run_cli("key", *words, "--config", self.config)

    def made(self, *words: str) -> str:
        """The key that a verb makes."""
        done = self.run(*words, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)["key"]

    def entries(self) -> list[dict[str, Any]]:
        return tomllib.loads(self.file.read_text()).get("keys", [])

    def names(self) -> list[str]:
        return [entry["name"] for entry in self.entries()]

    def listed(self) -> dict[str, dict[str, Any]]:
        """What `key list` says, by the public id."""
        return {key["id"]: key for key in json.loads(self.run("list", "--json").stdout)["keys"]}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def id_of(key: str) -> str:
    return key.split("-")[1]


def ask(host: Host, key: str | None = None) -> tuple[int, str]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    reply = host.chat("echo", headers=headers)
    return reply.status, reply.body().decode()


# The host.

def test_the_host_takes_the_keys_of_the_file(start_host: StartHost, tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    alice, bob, carol = (keys.made("new", name) for name in ("alice", "bob", "carol"))
    keys.run("disable", "bob")
    newer = keys.made("rotate", "carol", "--grace", "1h")
    host = start_host(CONFIG.replace("keys.toml", str(keys.file)))
    assert ask(host, alice)[0] == 200
    assert ask(host, carol)[0] == 200 and ask(host, newer)[0] == 200
    status, body = ask(host, bob)
    assert status == 401 and "disabled" in body
    assert ask(host)[0] == 401
    config = host.admin("GET", "/admin/config").json()
    assert config["keys_file"] == str(keys.file)
    assert [key["name"] for key in config["keys"]] == ["alice", "bob", "carol", "carol"]


def test_a_rotated_key_is_refused_at_once(start_host: StartHost, tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    first = keys.made("new", "alice")
    second = keys.made("rotate", "alice", "--grace", "1h")
    third = keys.made("rotate", "alice")
    host = start_host(CONFIG.replace("keys.toml", str(keys.file)))
    assert [ask(host, key)[0] for key in (first, second, third)] == [401, 401, 200]


def test_one_of_thousands_of_keys_is_revoked_soon(start_host: StartHost, tmp_path: Path) -> None:
    """Each second one is taken out at once: to find what changed takes no time that matters."""
    texts = [f"bw-{number:08d}-{'secret' * 4}" for number in range(23000000, 23008000)]
    entries = [f'[[keys]]\nname = "k{place}"\nid = "{text.split("-")[1]}"\n'
               f'sha256 = "{hashlib.sha256(text.encode()).hexdigest()}"\n'
               for place, text in enumerate(texts)]
    file = tmp_path / "keys.toml"
    file.write_text("".join(entries))
    host = start_host(CONFIG.replace("keys.toml", str(file)))
    assert ask(host, texts[0])[0] == ask(host, texts[-1])[0] == 200
    replace_file(file, "".join(entries[1::2]).encode())
    wait_for(lambda: ask(host, texts[0])[0] == 401, "the first key is refused")
    assert ask(host, texts[-2])[0] == 401 and ask(host, texts[-1])[0] == 200


@pytest.mark.parametrize("text", [None, "", "# no keys\n"])
def test_without_a_key_the_host_is_closed(start_host: StartHost, tmp_path: Path,
                                          text: str | None) -> None:
    """Also if the file is lost; and it may be reached from elsewhere."""
    file = tmp_path / "keys.toml"
    if text is not None:
        file.write_text(text)
    host = start_host(CONFIG.replace("keys.toml", str(file)).replace("127.0.0.1:0", "0.0.0.0:0", 1))
    assert "warning: there is no client key yet, so every call is refused" in host.log()
    status, body = ask(host)
    assert status == 401 and "provide an API key" in body
    assert ask(host, "bw-zzzzzzzz-guessed")[0] == 401
    assert host.connect().send("GET", "/metrics").status == 401
    assert host.connect().send("GET", "/health").status == 200
    told = run_cli("explain", "echo", "--config", host.config).stdout
    assert "there is none yet, so every caller is refused" in told
    assert host.admin("GET", "/admin/explain?model=echo").status == 200


def test_a_host_whose_keys_are_all_disabled_is_closed(start_host: StartHost, tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    alice = keys.made("new", "alice")
    done = keys.run("disable", "alice")
    assert "no key is active any more: the host refuses every caller" in done.stderr
    host = start_host(CONFIG.replace("keys.toml", str(keys.file)))
    assert ask(host, alice)[0] == 401 and ask(host)[0] == 401


# The verbs.

def test_the_commands_of_the_page_work(keys: Keys) -> None:
    """docs/operating.md, one after the other."""
    page = (ROOT / "docs/operating.md").read_text()
    section = page[page.index("## Client keys"):]
    (commands,) = re.findall(r"^```sh\n(.*?)^```", section[:section.index("\n## ", 5)], re.M | re.S)
    lines = commands.splitlines()
    assert len(lines) == 6
    for line in lines:
        done = subprocess.run(["bash", "-c", line.replace("bellwether", str(BINARY), 1)],
                              cwd=keys.config.parent, env=environment(), capture_output=True,
                              text=True, timeout=30 * SLOWNESS)
        assert done.returncode == 0, (line, done.stderr)
    assert keys.names() == [] and "alice" in done.stdout


def test_new_writes_the_hash_and_tells_the_key(keys: Keys) -> None:
    """Nothing goes to standard output: who is used to append it to the config appends nothing."""
    done = keys.run("new", "alice", "--team", "t", "--models", "qwen-*", "--expires", "2999-01-31")
    assert (done.returncode, done.stdout) == (0, "")
    (key,) = re.findall(r"^bw-\S+$", done.stderr, re.M)
    assert str(keys.file) in done.stderr
    text = keys.file.read_text()
    assert key not in text and key.rsplit("-", 1)[1] not in text
    assert text.startswith("# Client keys of a Bellwether host, written by `bellwether key`.")
    (entry,) = keys.entries()
    assert (entry["name"], entry["id"], entry["team"], entry["models"]) == (
        "alice", id_of(key), "t", ["qwen-*"])
    told = json.loads(keys.run("new", "bob", "--json").stdout)
    assert told["file"] == str(keys.file) and keys.names() == ["alice", "bob"]


def test_a_name_is_taken_once(keys: Keys) -> None:
    keys.config.write_text(CONFIG + new_key("carol").toml)
    keys.made("new", "alice")
    for name, place in (("alice", f"{keys.file}:4"), ("carol", f"{keys.config}:17")):
        done = keys.run("new", name)
        assert done.returncode == 2 and "already" in done.stderr and place in done.stderr
        assert "bw-" not in done.stdout + done.stderr
    assert keys.names() == ["alice"]


def test_list_tells_all_but_secrets(keys: Keys) -> None:
    keys.config.write_text(CONFIG + new_key("carol").toml)
    made = {name: keys.made("new", name) for name in ("alice", "bob", "dora")}
    keys.run("disable", id_of(made["bob"]))
    text = keys.file.read_text().split("[[keys]]")
    text[3] += "expires = 2020-01-01\n"
    keys.file.write_text("[[keys]]".join(text))
    listed = keys.listed()
    assert {key["name"]: key["state"] for key in listed.values()} == {
        "carol": "active", "alice": "active", "bob": "disabled", "dora": "expired"}
    alice = listed[id_of(made["alice"])]
    assert (alice["file"], alice["line"], alice["team"]) == (str(keys.file), 4, None)
    shown = keys.run("list").stdout
    for name, key in made.items():
        assert f"{name} " in shown and id_of(key) in shown
    everything = shown + json.dumps(listed)
    for entry in keys.entries():
        assert entry["sha256"] not in everything
    assert str(keys.config) in shown and "bw-" not in shown


def test_disable_and_enable(keys: Keys) -> None:
    """By name or by id; twice is once."""
    alice = keys.made("new", "alice")
    for word in ("alice", id_of(alice)):
        for verb, disabled in (("disable", True), ("disable", True), ("enable", False)):
            done = keys.run(verb, word)
            assert done.returncode == 0 and f"alice ({id_of(alice)}) is {verb}d" in done.stdout
            assert keys.entries()[0].get("disabled", False) == disabled
    told = json.loads(keys.run("disable", "alice", "--json").stdout)
    assert told["keys"] == [{"name": "alice", "id": id_of(alice), "team": None, "models": None,
                             "expires": None, "disabled": True}]


def test_disable_means_every_key_of_the_name(keys: Keys) -> None:
    first = keys.made("new", "alice")
    keys.made("rotate", "alice", "--grace", "1h")
    keys.run("disable", "alice")
    assert {key["state"] for key in keys.listed().values()} == {"disabled"}
    keys.run("enable", id_of(first))
    assert keys.listed()[id_of(first)]["state"] == "active"


def test_delete_takes_the_entry_out(keys: Keys) -> None:
    """By id one key, by name all of the name; the others stay as they are."""
    first = keys.made("new", "alice", "--team", "t")
    second = keys.made("rotate", "alice", "--grace", "1h")
    keys.made("rotate", "alice", "--grace", "1h")
    keys.made("new", "bob", "--models", "echo")
    bob = keys.entries()[-1]
    done = keys.run("delete", id_of(first))
    assert done.returncode == 0 and done.stderr == ""
    assert f"alice ({id_of(first)}) is deleted" in done.stdout and "reports" in done.stdout
    assert keys.names() == ["alice", "alice", "bob"]
    told = json.loads(keys.run("delete", "alice", "--json").stdout)
    assert [key["name"] for key in told["keys"]] == ["alice", "alice"]
    assert told["keys"][0]["id"] == id_of(second)
    assert keys.entries() == [bob]
    assert keys.run("delete", "alice").returncode == 1 and keys.entries() == [bob]
    done = keys.run("delete", "bob")
    assert "no key is active any more: the host refuses every caller" in done.stderr
    assert keys.run("list").returncode == 0 and keys.entries() == []


def test_rotate_keeps_all_but_the_secret(keys: Keys) -> None:
    first = keys.made("new", "alice", "--team", "t", "--models", "echo", "--expires", "2999-01-31")
    second = keys.made("rotate", "alice", "--grace", "1h")
    old, new = keys.entries()
    assert (old["id"], new["id"]) == (id_of(first), id_of(second))
    for what in ("name", "team", "models"):
        assert old[what] == new[what]
    assert new["expires"] == datetime(2999, 1, 31, tzinfo=UTC)
    left = old["expires"] - datetime.now(UTC)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    done = keys.run("rotate", "alice")
    assert f"The old one, {id_of(second)}, is refused from now on" in done.stderr
    states = [key["state"] for key in keys.listed().values()]
    assert states == ["expired", "expired", "active"]
    assert run_cli("check", "--config", keys.config).returncode == 0


def test_what_cannot_be_rotated(keys: Keys) -> None:
    keys.made("new", "alice")
    keys.run("disable", "alice")
    done = keys.run("rotate", "alice")
    assert done.returncode == 1 and "is disabled" in done.stderr and "bw-" not in done.stderr
    keys.file.write_text(keys.file.read_text().replace("disabled = true", "expires = 2020-01-01"))
    done = keys.run("rotate", "alice")
    assert done.returncode == 1 and "has expired" in done.stderr
    done = keys.run("enable", "alice")
    assert done.returncode == 0 and "has expired, and stays refused" in done.stderr
    assert keys.run("rotate", "alice", "--expires", "2999-01-01").returncode == 0
    for grace in ("1", "soon", "91d", "-1h"):
        done = keys.run("rotate", "alice", f"--grace={grace}")
        assert done.returncode == 2 and "--grace" in done.stderr, grace
    assert len(keys.entries()) == 2


def test_keys_of_the_config_are_not_changed(keys: Keys) -> None:
    keys.config.write_text(CONFIG + "\n" + new_key("carol").toml)
    before = keys.config.read_text()
    for verb, hint in (("disable", "write disabled = true there"), ("enable", "take disabled"),
                       ("delete", "take its entry out there"),
                       ("rotate", "`expires`")):
        done = keys.run(verb, "carol")
        assert done.returncode == 2 and hint in done.stderr
        assert f'error: {keys.config}:18: the key "carol" stands in the config itself' in done.stderr
        assert f"or move its entry to {keys.file}" in done.stderr
    assert keys.config.read_text() == before and not keys.file.exists()


def test_an_unknown_key_is_said(keys: Keys) -> None:
    alice = keys.made("new", "alice")
    for verb in ("disable", "enable", "rotate", "delete"):
        done = keys.run(verb, "nobody")
        assert done.returncode == 1 and 'no key with the name or id "nobody"' in done.stderr
        done = keys.run(verb, alice)  # the key itself is not repeated
        assert done.returncode == 1 and alice.rsplit("-", 1)[1] not in done.stderr
    assert keys.run("disable").returncode == 2


def test_without_a_keys_file(tmp_path: Path) -> None:
    keys = Keys(tmp_path, CONFIG.replace('keys_file = "keys.toml"\n', ""))
    done = keys.run("disable", "alice")
    assert done.returncode == 2 and "names no keys_file; write keys_file" in done.stderr
    done = keys.run("new", "alice")
    assert done.returncode == 0 and done.stdout.startswith("\n[[keys]]\n")
    keys.config.write_text(keys.config.read_text() + done.stdout)
    done = keys.run("disable", "alice")
    assert done.returncode == 2 and "stands in the config itself" in done.stderr
    assert "move" not in done.stderr
    assert "alice" in keys.run("list").stdout
    done = run_cli("key", "list", cwd=tmp_path, env={"BELLWETHER_CONFIG": None})
    assert done.returncode == 0, "it is found where it lies"


def test_the_file_may_be_named(tmp_path: Path) -> None:
    """Then no config is needed."""
    file = tmp_path / "k.toml"
    assert run_cli("key", "new", "alice", "--keys-file", file).returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600, "nothing says who else should read it"
    listed = json.loads(run_cli("key", "list", "--json", "--keys-file", file).stdout)
    assert [key["file"] for key in listed["keys"]] == [str(file)]
    assert run_cli("key", "disable", "alice", "--keys-file", file).returncode == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if not Path("/etc/bellwether/bellwether.toml").exists():
        done = run_cli("key", "list", cwd=elsewhere)
        assert done.returncode == 2 and "--keys-file FILE" in done.stderr


def test_a_key_is_disabled_though_the_config_is_wrong(keys: Keys) -> None:
    """A leaked key does not wait until a route is mended."""
    keys.made("new", "alice")
    keys.config.write_text(CONFIG.replace('to = "echo"', 'to = "ehco"\nnonsense = 1'))
    assert run_cli("check", "--config", keys.config).returncode == 2
    assert keys.run("disable", "alice").returncode == 0
    assert keys.entries()[0]["disabled"]


def test_a_wrong_file_is_left_as_it_is(keys: Keys) -> None:
    for text, place in (("[[keys]]\n", ":1:1: error: a key has no name"),
                        ("x = \n", ":1:5: error: not valid TOML"),
                        ("[server]\n", ':1:2: error: unknown key "server"')):
        keys.file.write_text(text)
        for words in (("new", "alice"), ("disable", "alice"), ("rotate", "alice"), ("list",)):
            done = keys.run(*words)
            assert done.returncode == 2, words
            assert f"{keys.file}{place}" in done.stderr, words
            assert "bw-" not in done.stdout, words
        assert keys.file.read_text() == text


# The file.

def test_the_file_keeps_its_mode_and_owner(keys: Keys) -> None:
    keys.config.chmod(0o640)
    keys.made("new", "alice")
    assert keys.file.stat().st_mode & 0o777 == 0o640, "as the config's"
    keys.file.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(keys.file, 4711, 4712)
    before = keys.file.stat()
    keys.made("new", "bob")
    after = keys.file.stat()
    assert (before.st_mode, before.st_uid, before.st_gid) == (
        after.st_mode, after.st_uid, after.st_gid)
    assert before.st_ino != after.st_ino, "replaced as a whole"


def test_a_link_is_followed(keys: Keys) -> None:
    real = keys.config.parent / "real/keys-1.toml"
    real.parent.mkdir()
    real.write_text("")
    keys.file.symlink_to("real/keys-1.toml")
    keys.made("new", "alice")
    assert keys.file.is_symlink() and "alice" in real.read_text()
    assert sorted(path.name for path in real.parent.iterdir()) == ["keys-1.toml"]
    keys.file.unlink()
    keys.file.symlink_to("nowhere")
    done = keys.run("new", "bob", "--keys-file", keys.file)
    assert done.returncode == 1 and "a link that leads nowhere" in done.stderr


def without_rights(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the program as one who may not pass over the rights of files; root is made so."""
    drop = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []
    return subprocess.run([*drop, BINARY, *words], env=environment(), capture_output=True, text=True,
                          timeout=30 * SLOWNESS)


def test_a_folder_that_is_not_to_be_written(keys: Keys) -> None:
    keys.made("new", "alice")
    before = keys.file.read_text()
    keys.file.parent.chmod(0o555)
    try:
        for words in (("new", "bob"), ("disable", "alice"), ("rotate", "alice")):
            done = without_rights("key", *words, "--config", keys.config)
            assert done.returncode == 1, done
            assert done.stderr == f"error: {keys.file} cannot be written: Permission denied\n"
            assert done.stdout == ""
    finally:
        keys.file.parent.chmod(0o755)
    assert keys.file.read_text() == before


def test_commands_at_the_same_time_lose_nothing(keys: Keys) -> None:
    names = [f"user-{number}" for number in range(20)]
    with ThreadPoolExecutor(len(names)) as pool:
        done = list(pool.map(lambda name: keys.run("new", name), names))
    assert [one.returncode for one in done] == [0] * len(names), [one.stderr for one in done]
    assert sorted(keys.names()) == sorted(names)
    listed = sorted(path.name for path in keys.file.parent.iterdir())
    assert listed == ["bellwether.toml", "keys.toml"], "no lock and no draft stays"


def test_a_kill_at_any_moment_loses_nothing(keys: Keys) -> None:
    """The file is whole after each, and has every key that was told; the next command goes on."""
    chance = random.Random(1)
    told: set[str] = set()
    killed = 0
    for number in range(60):
        process = subprocess.Popen([BINARY, "key", "new", f"user-{number}", "--config", keys.config],
                                   env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=chance.uniform(0, 0.02 * SLOWNESS))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        if process.wait() == 0:
            told.add(f"user-{number}")
        assert not keys.file.exists() or told <= set(keys.names())
    assert killed > 0
    assert keys.run("new", "last").returncode == 0
    assert told | {"last"} <= set(keys.names())
    assert sorted(path.name for path in keys.file.parent.iterdir()) == ["bellwether.toml", "keys.toml"]

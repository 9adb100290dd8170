"""The reload matrix: each key that a config may hold, changed alone while the host runs. What is in
effect then is what a host has that was started with it."""

import copy
import hashlib
import json
import re
from typing import Any

import pytest

from integration.config_keys import (
    SCHEMA, Config, Files, Place, base_config, change, config_text, places)
from integration.conftest import StartHost
from integration.host import PLUGINS, SANITIZED, Host, wait_for
from integration.http_client import Connection, Reply
from integration.redis_server import Redis
from upstream.tls import Authority

PLACES = list(places())
AT_ONCE = [place for place in PLACES if not place.needs_restart and place.name != "admin.listen"]
AT_RESTART = [place for place in PLACES if place.needs_restart]

# What a setting is called by that has no name of its own before or after.
CALLED_BY = {"name", "model", "provider", "id"}
SHOWN_AS = {"default_to": "routes", "price_files": "prices", "include": "routes",
            "keys_file": "keys"}
# What is in effect with it was so before.
NO_CHANGE = {"provider.sha256"}
# Of a file of SQLite, of Redis, or of any.
LEDGERS = {"prefix": "redis", "password": "redis", "ca_file": "redis", "linger": "sqlite",
           "sync": "sqlite", "keep_usage": "sqlite"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Files:
    folder = tmp_path_factory.mktemp("named")
    sha256 = hashlib.sha256((PLUGINS / "openai.so").read_bytes()).hexdigest()
    made = Files(folder, authority.ca_file, authority.certificate, authority.key, sha256)
    made.write()
    return made


@pytest.fixture(scope="module")
def running(start_host: StartHost) -> Host:
    """The one host that all the changes come to."""
    return start_host(config_text(base_config()))


def ask_reload(host: Host, config: Config) -> Reply:
    host.config.write_text(config_text(config))
    return host.admin("POST", "/admin/reload", {})


def reload(host: Host, config: Config) -> dict[str, Any]:
    reply = ask_reload(host, config)
    told = reply.json()
    assert reply.status == 200, (told.get("error"), told.get("diagnostics"))
    return told


def shown(host: Host) -> dict[str, Any]:
    """The config in effect, but for where its file is."""
    text = host.admin("GET", "/admin/config").body().decode()
    own = json.dumps(json.loads(text)["file"])
    return json.loads(text.replace(own, '"(the config)"'))


def started_with(config: Config, running: Host) -> dict[str, Any]:
    """What a host shows that is started with it."""
    fresh = Host(config_text(config), running.config.parent / "fresh",
                 {"XDG_STATE_HOME": str(running.config.parent / "state")})
    try:
        return shown(fresh)
    finally:
        fresh.stop()


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """The values by their whole names, so that two configs that differ can be told apart."""
    if isinstance(value, (dict, list)) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: one for step, inner in pairs
                for key, one in flat(inner, f"{name}.{step}").items()}
    return {name: value}


def differences(one: Any, other: Any) -> dict[str, tuple[Any, Any]]:
    first, second = flat(one), flat(other)
    return {name: (first.get(name), second.get(name)) for name in {**first, **second}
            if (name in first, first.get(name)) != (name in second, second.get(name))}


def names_the(place: Place, told: dict[str, Any]) -> bool:
    """Whether the changes that were told are this key's: what only follows from it, as the retries
    of a provider that says nothing else, has its name as well."""
    top, key = str(place.steps[0]), place.key
    tops = "|".join({top, SHOWN_AS.get(top, top)})
    wanted = tops if key in CALLED_BY or key in SHOWN_AS else key
    names = [one["setting"] for one in told["changes"]]
    return any(re.match(rf"({tops})\b", name) and re.search(rf"\b({wanted})\b", name)
               for name in names) \
        and all(re.match(rf"({tops})\b", name) or name.endswith(f".{key}") for name in names)


@pytest.mark.parametrize("place", AT_ONCE, ids=lambda place: place.name)
def test_a_key_changed_alone_is_as_if_the_host_had_been_started_with_it(
        running: Host, files: Files, place: Place) -> None:
    """And changed back, all is as it was."""
    if SANITIZED and place.key == "isolate":
        pytest.skip("a sanitizer cannot run in an isolated process")
    base, changed = change(place, files)
    reload(running, base)
    before = shown(running)
    told = reload(running, changed)
    now = shown(running)
    assert told["outcome"] == ("unchanged" if place.named in NO_CHANGE else "applied"), told
    assert told["needs_restart"] == []
    assert not differences(now, started_with(changed, running))
    back = reload(running, base)
    assert back["outcome"] == told["outcome"] and not differences(shown(running), before)
    assert place.named in NO_CHANGE or names_the(place, told), told["changes"]


def test_every_key_that_was_shown_changed_has_been_told_of(running: Host, files: Files) -> None:
    """All keys of the top level at once: what is told are just these."""
    reload(running, base_config())
    changed = base_config()
    for place in PLACES:
        if len(place.steps) == 1:
            changed[place.key] = change(place, files)[1][place.key]
    told = reload(running, changed)
    assert not differences(shown(running), started_with(changed, running))
    parts = {re.match(r"\w+", one["setting"])[0] for one in told["changes"]}
    keys = {place.key for place in PLACES if len(place.steps) == 1}
    assert {SHOWN_AS.get(key, key) for key in keys} <= parts <= keys


def test_a_change_is_told_in_one_line(running: Host, files: Files) -> None:
    """Also one of a list: the log and terminals have it so."""
    reload(running, base_config())
    changed = base_config()
    changed["server"].update(cors_origins=["https://app.example", "https://other.example"],
                             hosts=["bellwether"])
    changed["keys"][0]["models"] = ["qwen-*", "plain"]
    texts = [one["text"] for one in reload(running, changed)["changes"]]
    assert len(texts) == 3 and not [text for text in texts if "\n" in text], texts


@pytest.mark.parametrize("section", ["keys", "prices", "budgets", "limits", "webhooks"])
def test_the_first_of_a_list_is_added_and_the_last_removed(running: Host, section: str) -> None:
    """From none to one and back. Nothing else is told than that this one was added, or removed."""
    some, none = base_config(), base_config()
    del none[section]
    if section == "keys":
        some["keys"] = some["keys"][:1]
    reload(running, none)
    before = shown(running)
    added = reload(running, some)
    assert not differences(shown(running), started_with(some, running))
    removed = reload(running, none)
    assert not differences(shown(running), before)
    name = next(iter(some[section])) if section == "webhooks" else \
        some[section][0].get("name") or some[section][0]["model"]
    part = f"{section}.{name}" if section == "webhooks" else f"{section}[{name}]"
    assert [one["text"] for one in added["changes"]] == [f"{part}: added"]
    assert [one["text"] for one in removed["changes"]] == [f"{part}: removed"]


def test_the_admin_listener_can_be_turned_off(start_host: StartHost) -> None:
    """The answer to the reload that does so still comes over it, and then nobody is there."""
    host = start_host(config_text(base_config()))
    changed = base_config()
    changed["admin"]["listen"] = "off"
    told = reload(host, changed)
    assert told["outcome"] == "applied"
    assert [one["setting"] for one in told["changes"]] == ["admin.listen"]
    port = int(host.admin_url.rsplit(":", 1)[1])

    def refuses() -> bool:
        try:
            Connection(port).close()
        except ConnectionRefusedError:
            return True
        return False

    wait_for(refuses, "the admin listener is gone")
    assert host.get("/health").status == 200


@pytest.mark.parametrize("place", AT_RESTART, ids=lambda place: place.name)
def test_a_key_that_needs_a_restart_is_named_and_left(
        start_host: StartHost, files: Files, request: pytest.FixtureRequest, place: Place) -> None:
    """Alone it makes no new generation; beside another change, the other is taken and it is not."""
    base, changed = change(place, files)
    kind = LEDGERS.get(place.key) if place.section == "ledger" else None
    if kind == "sqlite":
        base["ledger"]["url"] = changed["ledger"]["url"] = f"sqlite:{files.folder}/{place.key}.db"
    elif kind == "redis":
        redis: Redis = request.getfixturevalue("redis")
        base["ledger"]["url"] = redis.url
        changed["ledger"]["url"] = redis.url
        if place.key == "ca_file":
            changed["ledger"]["url"] = redis.url.replace("redis://", "rediss://")
    host = start_host(config_text(base))
    before = shown(host)
    told = reload(host, changed)
    assert (told["outcome"], told["generation"]) == ("unchanged", 1), told
    assert place.name in told["needs_restart"], told
    assert not differences(shown(host), before)
    both = copy.deepcopy(changed)
    both["server"]["heartbeat"] = "7s"
    told = reload(host, both)
    assert (told["outcome"], told["generation"]) == ("applied", 2), told
    assert place.name in told["needs_restart"], told
    before["server"]["heartbeat"] = "7s"
    assert not differences(shown(host), before)


def test_what_needs_a_restart_is_what_the_schema_says() -> None:
    """The threads and the ledger; everything else is taken at once."""
    assert {place.name for place in AT_RESTART} == {
        "server.workers", *(f"ledger.{key}" for key in SCHEMA["definitions"]["ledger"]["properties"]
                            if key != "on_failure")}

"""Whom a budget is for, who shares one with whom, and what a reset leaves of it."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Iterator

import pytest

from integration.client_keys import ClientKey, new_key
from integration.conftest import StartHost, route
from integration.counting import (
    MAX_TOKENS, NEVER_FITS, ask, body_of, budget, counted, prompt_bound, rules_config, send, standings,
    wait_until_counted)
from integration.fake_clock import FakeClock, needs_fake_clock, next_time
from integration.host import Host, run_cli, wait_for
from integration.http_client import Connection
from upstream import qwen
from upstream.scenarios import answers
from upstream.scenarios.gate import Gate
from upstream.simulator import Simulator
from upstream.tls import Authority

# Names of one length, so that all calls are held for as much: a call uses that to the token, and
# the order of things cannot matter.
TEAMS = {"ann": "research", "amy": "research", "bob": "sales", "eve": ""}
MODELS = ["qwen-max", "qwen-mid", "qwen-tip"]
EVERY = set(itertools.product(TEAMS, MODELS))


def body(caller: str, model: str) -> bytes:
    return body_of(model, user=f"{caller}@example.com")


EACH = prompt_bound(body("ann", "qwen-max")) + MAX_TOKENS
SERVED = answers.chat(["word "], used=qwen.usage(EACH - MAX_TOKENS, MAX_TOKENS))


@pytest.fixture(scope="module")
def keys() -> dict[str, ClientKey]:
    return {name: new_key(name, *(("--team", team) if team else ())) for name, team in
            TEAMS.items()}


@pytest.fixture
def served(upstream: Simulator) -> Iterator[Simulator]:
    """Each of the models is."""
    with ExitStack() as stack:
        for model in MODELS:
            stack.enter_context(upstream.playing(model, SERVED))
        yield upstream


def room_for(calls: int) -> int:
    """And for a bit less than one more."""
    return calls * EACH + EACH - 1


def call(host: Host, caller: str, model: str, key: ClientKey | None = None) -> bool:
    """True: served. False: the budget has no room."""
    with host.connect() as connection:
        reply = connection.post("/v1/chat/completions", body(caller, model), key and key.bearer)
        if reply.status == 200:
            assert reply.json()
            return True
        assert (reply.status, reply.error()["code"]) == (429, "budget_exceeded")
        return False


# ---- whom it is for -----------------------------------------------------------------------------


def of(callers: str, models: str = "max mid tip") -> set[tuple[str, str]]:
    return set(itertools.product(callers.split(), (f"qwen-{model}" for model in models.split())))


@pytest.mark.parametrize(("match", "expected"), [
    ('key = "a*"', of("ann amy")),
    ('key = "a?y"', of("amy")),
    ('key = ["bob", "?nn"]', of("ann bob")),
    ('team = "res*"', of("ann amy")),
    ('team = "*"', EVERY),
    ('team = "?*"', of("ann amy bob")),
    ('team = ["research", "?ales"]', of("ann amy bob")),
    ('user = "*e@example.*"', of("eve")),
    ('model = "qwen-m*"', of("ann amy bob eve", "max mid")),
    ('model = ["*-tip", "qwen-ma?"]', of("ann amy bob eve", "max tip")),
    ('key = "a*", model = "*-mid"', of("ann amy", "mid")),
    ('key = "*n*", team = "sales"', set()),
    ('team = "*s*", key = "?[no]*", user = "*"', set()),
])
def test_a_budget_is_for_whom_it_names(start_host: StartHost, served: Simulator,
                                       authority: Authority, keys: dict[str, ClientKey],
                                       match: str, expected: set[tuple[str, str]]) -> None:
    """Room for two calls: the first two that it is for are served, the others refused, and those
    that it is not for are all served and not counted."""
    host = start_host(rules_config(budget(room_for(2), match=f"{{ {match} }}"), served, authority)
                      + "".join(key.toml for key in keys.values()))
    asked = list(itertools.product(TEAMS, MODELS))
    refused = {(name, model) for name, model in asked if not call(host, name, model, keys[name])}
    in_order = [each for each in asked if each in expected]
    assert refused == set(in_order[2:])
    wait_until_counted(host, min(len(in_order), 2) * EACH)


def test_a_budget_for_a_model_counts_its_other_names(start_host: StartHost, served: Simulator,
                                                     authority: Authority) -> None:
    """By the name that stands for it, and not by a name that only looks alike."""
    host = start_host(rules_config(budget(room_for(1), match='{ model = "qwen-max" }'), served,
                                   authority)
                      + '\n[[routes]]\nmodel = "the-best"\nalias = "qwen-max"\n'
                      + route("qwen-max-*", '[{ provider = "holysheep", model = "qwen-max" }]'))
    asked = ("qwen-max-of-all", "the-best", "qwen-max", "the-best", "qwen-max-of-all")
    assert [call(host, "eve", model) for model in asked] == [True, True, False, False, True]


# What a request says of its user, in its header and its body, and whether that is ann.
USERS = [
    ({"X-OpenWebUI-User-Id": "ann"}, {"user": "bob", "safety_identifier": "bob"}, True),
    ({"x-openwebui-user-id": "bob"}, {"user": "ann", "safety_identifier": "ann"}, False),
    ({"x-openwebui-user-id": "x" * 257}, {"user": "ann"}, True),
    ({"x-openwebui-user-id": ""}, {"safety_identifier": "ann"}, True),
    ({"x-other-user-id": "ann"}, {}, False),
    ({}, {"safety_identifier": "ann", "user": "bob"}, True),
    ({}, {"user": "ann", "safety_identifier": "x" * 257}, True),
    ({}, {"prompt_cache_key": "ann"}, False),
]


def test_a_user_goes_by_a_header_and_by_safety_identifier(start_host: StartHost,
                                                          upstream: Simulator,
                                                          authority: Authority) -> None:
    """The trusted header beats the body, and is for this host only."""
    config = rules_config(budget(10 * EACH, each='"user"'), upstream, authority)
    host = start_host(config.replace("[server]\n",
                                     '[server]\nuser_header = "x-openwebui-user-id"\n'))
    model = upstream.serve(SERVED)
    headers = {"x-openwebui-user-id": "ann"}
    assert host.post("/v1/chat/completions", body_of(model), headers).json()
    assert "x-openwebui-user-id" not in upstream.request(model).headers
    for headers, members, is_ann in USERS:
        body = body_of("qwen-max", max_tokens=NEVER_FITS, **members)
        refused = host.post("/v1/chat/completions", body, headers)
        assert refused.status == 429 and refused.body()
        left = int(standings(refused)["everyone"]["remaining"])
        assert (left < 10 * EACH) == is_ann, (headers, members)


def test_many_budgets_do_not_make_a_large_head(start_host: StartHost, served: Simulator,
                                               authority: Authority) -> None:
    """Proxies and clients refuse a head of more than some KiB; the tightest budgets are told of."""
    loose = "".join(budget(1000 * EACH, name=f"a-budget-with-a-long-name-for-department-{number}")
                    for number in range(300))
    host = start_host(rules_config(loose + budget(2 * EACH, name="tight"), served, authority))
    served_head = ask(host, "qwen-max", max_tokens=MAX_TOKENS)
    refused_head = ask(host, "qwen-max", max_tokens=NEVER_FITS)
    assert (served_head.status, refused_head.status) == (200, 429)
    for reply in (served_head, refused_head):
        reply.body()
        told = standings(reply)
        assert "tight" in told and len(told) == 8
        assert sum(len(name) + len(text) + 4 for name, text in reply.header_list) < 4096


# ---- one for each -------------------------------------------------------------------------------

CALLS_OF_EACH = 10


@pytest.mark.parametrize(("each", "room_of"), [
    ("key", {"ann": "ann", "amy": "amy", "bob": "bob", "eve": "eve"}),
    ("team", {"ann": "research", "amy": "research", "bob": "sales", "eve": ""}),
    ("user", {name: f"{name}@example.com" for name in TEAMS}),
    ("model", dict.fromkeys(TEAMS, "qwen-max")),
])
def test_each_one_has_a_room_of_its_own(start_host: StartHost, served: Simulator,
                                        authority: Authority, keys: dict[str, ClientKey], each: str,
                                        room_of: dict[str, str]) -> None:
    """Ten calls of each key at once, and room for three: who shares a room gets three together,
    whoever comes first."""
    host = start_host(rules_config(budget(room_for(3), each=f'"{each}"'), served, authority)
                      + "".join(key.toml for key in keys.values()))
    names = list(TEAMS) * CALLS_OF_EACH
    with ThreadPoolExecutor(len(names)) as threads:
        outcomes = list(threads.map(lambda name: call(host, name, "qwen-max", keys[name]), names))
    got: dict[str, int] = dict.fromkeys(room_of.values(), 0)
    for name, was_served in zip(names, outcomes):
        got[room_of[name]] += was_served
    assert got == dict.fromkeys(room_of.values(), 3)
    wait_until_counted(host, 3 * EACH * len(got))
    (report,) = host.admin("GET", "/admin/budgets?name=everyone").json()["budgets"]
    assert {top["value"]: top["used"] for top in report["top"]} == dict.fromkeys(got, 3 * EACH)


def test_each_of_those_it_is_for(start_host: StartHost, served: Simulator, authority: Authority,
                                 keys: dict[str, ClientKey]) -> None:
    """Two budgets at once: a room for each key of a team, and one for all; the narrower counts."""
    rules = (budget(room_for(2), name="researcher", each='"key"', match='{ team = "research" }')
             + budget(room_for(5)))
    host = start_host(rules_config(rules, served, authority)
                      + "".join(key.toml for key in keys.values()))
    got = {name: sum(call(host, name, "qwen-max", keys[name]) for _ in range(4)) for name in TEAMS}
    assert got == {"ann": 2, "amy": 2, "bob": 1, "eve": 0}
    wait_until_counted(host, 4 * EACH, name="researcher")
    wait_until_counted(host, 5 * EACH)


# ---- a reset while calls are in flight ----------------------------------------------------------


@pytest.fixture(params=["memory", "sqlite", "redis"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        return request.getfixturevalue("redis").url
    return f"sqlite:{tmp_path}/ledger.db" if request.param == "sqlite" else "memory:"


def reset(host: Host, name: str = "everyone") -> None:
    done = run_cli("budget", "reset", name, "--yes", "--admin", host.admin_url)
    assert done.returncode == 0, done.stderr


def reset_at_once(host: Host) -> None:
    assert host.admin("POST", "/admin/budgets/reset", {"name": "everyone"}).status == 200


def begin(host: Host, upstream: Simulator, model: str) -> Connection:
    """A stream that has begun at its upstream."""
    others = len(upstream.requests(model))
    connection = host.connect()
    send(connection, body_of(model, stream=True))
    upstream.journal.wait(model, lambda entries: len(entries) > others
                          and all(entry.chunks_sent > 0 for entry in entries))
    return connection


def finish(gate: Gate, *streams: Connection) -> None:
    gate.open()
    for stream in streams:
        assert stream.read_reply().chunks()
        stream.close()


def test_a_reset_leaves_what_is_held(start_host: StartHost, upstream: Simulator,
                                     authority: Authority, ledger: str) -> None:
    """Calls in flight are counted when they end, from 0 on; other budgets are left alone."""
    gate = Gate(upstream)
    quick = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    slow = upstream.serve(gate.within(["some ", "words "], qwen.usage(30, 12)))
    held = 2 * (prompt_bound(body_of(slow, stream=True)) + MAX_TOKENS)
    host = start_host(rules_config(budget(100_000, per="month") + budget(100_000, name="other"),
                                   upstream, authority, ledger))
    ask(host, quick).body()
    streams = [begin(host, upstream, slow) for _ in range(2)]
    wait_until_counted(host, 120, held)
    reset(host)
    assert counted(host) == (0, held)
    ask(host, quick).body()
    wait_until_counted(host, 120, held)
    reset(host)
    finish(gate, *streams)
    wait_until_counted(host, 84)
    wait_until_counted(host, 120 + 120 + 84, name="other")
    reset(host)
    assert counted(host) == (0, 0)


def test_resets_under_load_never_give_anything_away(start_host: StartHost, upstream: Simulator,
                                                    authority: Authority, ledger: str) -> None:
    """Again and again while calls come and go: nothing falls below 0, nothing stays held, and what
    no reset took away is counted once."""
    model = upstream.serve(answers.chat(used=qwen.usage(7, 3)))
    host = start_host(rules_config(budget(10 ** 9) + budget(10 ** 9, name="other"), upstream,
                                   authority, ledger))

    over = threading.Event()

    def ask_often() -> int:
        with host.connect() as connection:
            for calls in itertools.count(1):
                assert connection.post("/v1/chat/completions", body_of(model)).json()
                if over.is_set():
                    return calls

    with ThreadPoolExecutor(8) as threads:
        callers = [threads.submit(ask_often) for _ in range(8)]
        try:
            for resets in range(1, 21):
                upstream.journal.wait(model, lambda entries: len(entries) >= 5 * resets)
                reset_at_once(host)
                assert counted(host)[0] <= counted(host, "other")[0]
        finally:
            over.set()
        used = 10 * sum(caller.result() for caller in callers)
    wait_until_counted(host, used, name="other")
    assert counted(host)[1] == 0
    reset(host)
    ask(host, model).body()
    wait_until_counted(host, 10)


@needs_fake_clock
def test_what_is_held_over_midnight_counts_in_its_own_day(
        start_host: StartHost, upstream: Simulator, authority: Authority, tmp_path: Path) -> None:
    """Also where the new day was reset in between: neither takes from it nor adds to it."""
    midnight = next_time(hour=0)
    clock = FakeClock(tmp_path)
    clock.set(midnight - timedelta(seconds=40))
    host = start_host(rules_config(budget(100_000, per="day"), upstream, authority),
                      env=clock.environment)
    quick = upstream.serve(answers.chat(used=qwen.usage(100, 20)))
    old, new = Gate(upstream), Gate(upstream)
    slow = upstream.serve(old.within(["old "], qwen.usage(5, 1)),
                          new.within(["new "], qwen.usage(30, 12)))
    held = prompt_bound(body_of(slow, stream=True)) + MAX_TOKENS
    ask(host, quick).body()
    yesterdays = begin(host, upstream, slow)
    wait_until_counted(host, 120, held)
    clock.set(midnight + timedelta(seconds=2))
    assert counted(host) == (0, 0)
    ask(host, quick).body()
    todays = begin(host, upstream, slow)
    wait_until_counted(host, 120, held)
    reset(host)
    finish(old, yesterdays)
    wait_for(lambda: host.admin("GET", "/admin/usage").json()["total"]["calls"] == 3,
             "yesterday's call is settled")
    assert counted(host) == (0, held)
    finish(new, todays)
    wait_until_counted(host, 42)

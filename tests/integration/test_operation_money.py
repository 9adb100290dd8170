"""What images and speech cost: pieces are held for before they are made, and counted once after."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import StartHost
from integration.counting import budget, standings
from integration.dialects import (
    COUNT, IMAGES, MESSAGES, SPEECH, ask, config, fails, images, message, sound, wait, whole_message)
from integration.host import SLOWNESS, Host, wait_for
from integration.http_client import Truncated
from integration.metrics_page import scrape

PRICE = """
[[prices]]
provider = "{provider}"
model = "*"
input = "0 USD"
output = "0 USD"
units = {{ image = "0.04 USD", character = "0.000015 USD" }}
"""
PRICES = "".join(PRICE.format(provider=name) for name in ("first", "other", "echo"))
IMAGE = 40_000  # in millionths of a dollar


def priced(more: str = "", ledger: str = "memory:", limit: str = "1 USD", **members: str) -> str:
    return config(PRICES + f'\n[ledger]\nurl = "{ledger}"\n{more}'
                  + budget(limit, mode='"hard"'), **members)


def wait_until_spent(host: Host, expected: int) -> None:
    """In millionths of a dollar, or in tokens; and nothing is held."""
    def is_spent() -> bool:
        (one,) = host.admin("GET", "/admin/budgets?name=everyone").json()["budgets"]
        return (one["used"], one["held"]) == (expected, 0)

    try:
        wait_for(is_spent, f"{expected} spent", seconds=5)
    except AssertionError as failure:
        told = host.admin("GET", "/admin/budgets?name=everyone").json()["budgets"]
        raise AssertionError(f"{failure}; there is {told}") from None


def most(**units: int) -> dict[str, Any]:
    return {"most": {"input": 0, "output": 0, **units}}


def used(**units: int) -> dict[str, Any]:
    return {"usage": {"input": 1, "output": 0, **units}}


@pytest.fixture
def host(start_host: StartHost) -> Host:
    return start_host(priced())


# ---- what a call costs ----------------------------------------------------------------------------


def test_images_cost_what_was_told(host: Host) -> None:
    reply = ask(host, IMAGES, [used(image=2), images(2)], n=3, **most(image=3),
                headers={"x-request-id": "told"})
    assert reply.status == 200, reply.body()
    assert reply.headers["x-bellwether-cost"] == "0.080000"
    assert "usage" not in reply.json()
    assert host.access_line("told")["cost_micro_usd"] == 2 * IMAGE
    wait_until_spent(host, 2 * IMAGE)


def test_images_of_which_nothing_was_told_cost_what_was_held(host: Host) -> None:
    reply = ask(host, IMAGES, [images(3)], n=3, **most(image=3),
                headers={"x-request-id": "untold"})
    assert reply.headers["x-bellwether-cost"] == "0.120000"
    line = host.access_line("untold")
    assert (line["cost_micro_usd"], line["usage_source"]) == (3 * IMAGE, "estimate")
    wait_until_spent(host, 3 * IMAGE)


def test_more_than_was_held_is_not_believed(host: Host) -> None:
    reply = ask(host, IMAGES, [used(image=1000), images()], **most(image=1))
    assert reply.headers["x-bellwether-cost"] == "0.040000"
    wait_until_spent(host, IMAGE)


def test_speech_costs_its_characters(host: Host) -> None:
    """Which only the log can tell: the head has gone before."""
    reply = ask(host, SPEECH, [sound("abc"), used(character=1000)], **most(character=1000),
                input="x" * 1000, headers={"x-request-id": "spoken"})
    assert "x-bellwether-cost" not in reply.headers
    reply.body()
    assert host.access_line("spoken")["cost_micro_usd"] == 15_000
    wait_until_spent(host, 15_000)


@pytest.mark.parametrize("path, play", [(IMAGES, [fails(raw="")]), (SPEECH, [fails()])])
def test_what_was_refused_costs_nothing(host: Host, path: str, play: list) -> None:
    assert ask(host, path, [], fail_open=play[0], **most(image=2, character=10)).status == 502
    wait_until_spent(host, 0)


def test_broken_speech_costs_what_was_held(host: Host) -> None:
    """Its text has been spoken, for all that anyone knows."""
    with pytest.raises(Truncated):
        ask(host, SPEECH, [sound("half"), fails()], **most(character=1000)).body()
    wait_until_spent(host, 15_000)


def test_a_client_that_leaves_pays_what_is_told_at_the_close(host: Host) -> None:
    with host.connect() as connection:
        reply = ask(host, SPEECH, [sound("half"), wait(60_000)], connection=connection,
                    late={"input": 1, "output": 0, "character": 400}, **most(character=1000))
        next(reply.pieces())
    wait_until_spent(host, 6_000)


def test_or_what_was_held(host: Host) -> None:
    with host.connect() as connection:
        reply = ask(host, SPEECH, [sound("half"), wait(60_000)], connection=connection,
                    **most(character=1000))
        next(reply.pieces())
    wait_until_spent(host, 15_000)


def test_to_count_tokens_is_free(start_host: StartHost) -> None:
    """As it is everywhere, even where no message would fit."""
    host = start_host(config('\n[ledger]\nurl = "memory:"\n' + budget(1, mode='"hard"')))
    assert ask(host, COUNT, [{"reply": {"input_tokens": 14}}]).json() == {"input_tokens": 14}
    assert ask(host, MESSAGES, [message()]).status == 429
    wait_until_spent(host, 0)


# ---- what is held ---------------------------------------------------------------------------------


def test_images_are_held_for_before_they_are_made(start_host: StartHost) -> None:
    """A budget for three: four are not even begun."""
    host = start_host(priced(limit="0.12 USD"))
    refused = ask(host, IMAGES, [images(4)], n=4, **most(image=4))
    assert refused.status == 429
    assert refused.error()["code"] == "budget_exceeded"
    assert scrape(host).sum("bellwether_requests_total", provider="first") == 0
    assert ask(host, IMAGES, [used(image=3), images(3)], n=3, **most(image=3)).status == 200
    assert ask(host, IMAGES, [images()], **most(image=1)).status == 429
    wait_until_spent(host, 3 * IMAGE)


def test_many_at_once_never_overspend(start_host: StartHost) -> None:
    """Ten images for thirty callers; each makes one, and takes its time."""
    host = start_host(priced(limit="0.40 USD"))

    def call(number: int) -> int:
        reply = ask(host, IMAGES, [wait(200), used(image=1), images()], **most(image=1))
        reply.body()
        return reply.status

    with ThreadPoolExecutor(30) as callers:
        statuses = list(callers.map(call, range(30)))
    assert sorted(set(statuses)) == [200, 429]
    assert statuses.count(200) == 10
    wait_until_spent(host, 10 * IMAGE)


def test_the_next_target_pays_for_itself(host: Host) -> None:
    reply = ask(host, IMAGES, [fails(attempt=0), used(image=1), images()], "twice",
                **most(image=1))
    assert reply.headers["x-bellwether-cost"] == "0.040000"
    assert reply.headers["x-bellwether-provider"] == "other"


def test_what_remains_is_told(host: Host) -> None:
    ask(host, IMAGES, [used(image=2), images(2)], **most(image=2)).body()
    wait_until_spent(host, 2 * IMAGE)
    reply = ask(host, SPEECH, [sound("abc")], **most(character=1))
    assert standings(reply)["everyone"]["limit"].startswith("1")


# ---- a ledger on disk -----------------------------------------------------------------------------


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def test_rows_of_a_ledger(start_host: StartHost, tmp_path: Path) -> None:
    """And nothing goes out to a client before its hold is on disk, not even bytes."""
    file = tmp_path / "ledger.db"
    host = start_host(priced(ledger=f"sqlite:{file}"))
    asked = {"speech": (SPEECH, [sound("abc"), wait(300), sound("def")], most(character=100)),
             "images": (IMAGES, [used(image=2), images(2)], most(image=3)),
             "messages": (MESSAGES, [{"usage": {"input": 11, "output": 7}}, message()], {})}
    for name, (path, play, bounds) in asked.items():
        reply = ask(host, path, play, headers={"x-request-id": name}, **bounds)
        assert reply.status == 200, reply.body()
        pieces = reply.pieces()
        assert next(pieces)
        if name == "speech":
            assert rows(file, "SELECT count(*) FROM holds") == [(1,)]
        b"".join(pieces)

    def told() -> dict[str, Any]:
        return {name: more for name, *more in
                rows(file, "SELECT request_id, cost_micro_usd, usage_source, status FROM usage")}

    wait_for(lambda: len(told()) == len(asked), "three rows")
    assert told() == {"speech": [1_500, "estimate", 200], "images": [2 * IMAGE, "provider", 200],
                      "messages": [0, "provider", 200]}


def test_bytes_that_are_all_there_before_their_hold_is(start_host: StartHost,
                                                       tmp_path: Path) -> None:
    host = start_host(priced(ledger=f'sqlite:{tmp_path}/ledger.db"\nlinger = "200ms'))
    for times in (1, 16):
        reply = ask(host, SPEECH, [sound("a", size=1 << 16, times=times)], **most(character=9))
        assert len(reply.body()) == times << 16


def test_the_row_of_a_client_that_left(start_host: StartHost, tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    host = start_host(priced(ledger=f"sqlite:{file}"))
    with host.connect() as connection:
        reply = ask(host, SPEECH, [sound("half"), wait(60_000)], connection=connection,
                    headers={"x-request-id": "left"}, **most(character=1000),
                    late={"input": 1, "output": 0, "character": 400})
        next(reply.pieces())
    query = "SELECT cost_micro_usd, status FROM usage WHERE request_id = 'left'"
    wait_for(lambda: rows(file, query) == [(6_000, 499)], "the row")


def test_a_stream_of_messages_waits_for_its_hold_too(start_host: StartHost,
                                                     tmp_path: Path) -> None:
    host = start_host(priced(ledger=f"sqlite:{tmp_path}/ledger.db"))
    began = time.monotonic()
    text = ask(host, MESSAGES, whole_message("Hel", "lo"), stream=True).body()
    assert text.count(b"event: ") == 7 and time.monotonic() - began < 5 * SLOWNESS

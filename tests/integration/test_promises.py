"""The promise of the whole, tested from outside: nothing is served for less than it takes, nobody
gets another's answer, and no upstream takes what it did not give.

A client that ends its calls in every way, and an upstream that answers them in every manner, honest
or not; both by a seed. The upstream's own journal is the truth. Promised is, for each call:

- EXACT (TOTAL: but for how it is divided): an honest upstream's figures count as they are, in
  whatever shape and place they come, if they came at all: the client reads to the end, or leaves
  after the last word, or its route drains.
- CUT: a call that ended before its figures came, whoever ended it, counts at least its prompt's
  hold and what its client has read.
- SEEN: figures below what was delivered are not believed. UNSAID: without any, a prompt counts at
  least its hold. What its client has read counts for every call, whatever becomes of it.
- BOUNDED: absurd figures count no more than all that the call can take: its hold, else its model's
  context for the prompt and for each choice. Whoever comes next is served.
- BYTES: a whole answer with status 200 that makes no sense counts at most its bytes.
- NOTHING: a refusal (429, 500, 503) counts nothing.
- STOPPED: a stream that runs far past what its output was held for is stopped; what was delivered
  counts.
- ANY: what nobody can know counts no more than all that the call can take.

Of all calls together: what is counted is the sum of what the log's lines and the ledger's rows say;
nothing is held at the end; a budget is passed by no more than one call's bound for each call that
ran at the same time, and not at all by upstreams that keep to what they were asked for. A host that
is killed amid all this keeps that promise: what was answered is counted.

A failure names its seed. BELLWETHER_TEST_SEED=N runs that seed alone; BELLWETHER_TEST_SEEDS=N runs
so many, to search for faults."""

import os
import random
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, Iterator

import pytest

from integration.conftest import StartHost
from integration.counting import budget, prompt_bound
from integration.host import SLOWNESS, Host
from integration.plans import Plan, as_completion, falls_back, greedy, make_plan
from integration.promises import (
    AT_ONCE, AccessLog, Call, broken_promises, promises_config, run, settle)
from integration.strange_client import Ending
from upstream.liar import Liar
from upstream.manners import MANNERS, Manner, Promise

ONE = os.environ.get("BELLWETHER_TEST_SEED")
SEEDS = [ONE] if ONE else [
    str(number) for number in range(1, int(os.environ.get("BELLWETHER_TEST_SEEDS", "1")) + 1)]
NO_LIMIT = 10 ** 15
HONEST = next(manner for manner in MANNERS if manner.name == "usage at the end")
KILLS = 3 if SLOWNESS == 1 else 1


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    with Liar() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def host(start_host: StartHost, liar: Liar) -> Host:
    """Nothing is ever refused here, and everything is counted, for all and for each."""
    rules = budget(NO_LIMIT) + budget(NO_LIMIT, name="each", each='"user"')
    return start_host(promises_config(liar, rules))


@pytest.fixture(scope="module")
def log(host: Host) -> AccessLog:
    return AccessLog(host)


def plans_for(manner: Manner, seed: str) -> list[Plan]:
    """Each ending once, twice where both forms are asked for; those that send ahead in pairs, but
    where the second call must wait."""
    streams = {"stream": [True], "plain": [False], "both": [True, False]}[manner.forms]
    plans = [make_plan(f"{seed}.{number}", manner, ending, stream)
             for stream in streams for ending in Ending
             for number in range(2 if ending is Ending.PIPELINES else 1)
             if (stream or not ending.only_streams)
             and not (manner.meddles and ending is Ending.PIPELINES)]
    random.Random(seed).shuffle(plans)
    return plans[:max(len(plans) // SLOWNESS, 6)]


def report(calls: list[Call], seed: str) -> None:
    """Fails with each promise that was broken, and says how to see it again."""
    broken = Counter[str]()
    examples = []
    for call in calls:
        for words in broken_promises(call):
            broken[words] += 1
            if broken[words] <= 3:
                examples.append(f"- {words}\n    {call}")
    test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
    kinds = "\n".join(f"{count} times: {words}" for words, count in broken.most_common())
    assert not broken, (
        f"{broken.total()} broken promises of {len(calls)} calls; again:\n"
        f"BELLWETHER_TEST_SEED={seed} pytest '{test}'\n{kinds}\n" + "\n".join(examples))


def keep_promises(host: Host, liar: Liar, log: AccessLog, manner: Manner, seed: str) -> None:
    calls = run(host, liar, plans_for(manner, seed), 1 if manner.meddles else AT_ONCE)
    after = run(host, liar, [make_plan(f"{seed} after {manner.name}", HONEST, Ending.READS, stream)
                             for stream in (True, False)], at_once=1)
    settle(host, log, calls + after)
    unsent = [call for call in calls + after
              if call.truth.arrivals == 0 and not call.leaves]
    assert not unsent, f"never came to the upstream: {unsent[0]}"
    report(calls + after, seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("manner", [pytest.param(manner, id=manner.name) for manner in MANNERS])
def test_however_a_call_ends(host: Host, liar: Liar, log: AccessLog, manner: Manner,
                             seed: str) -> None:
    """One manner of the upstream with every ending of the client; whoever comes after is served.
    What an upstream sends on an idle connection may cross the next request on a busy machine, and
    nobody can tell it from its answer then (docs/limits.md): such a manner has three tries."""
    tries = 3 if manner.meddles else 1
    for number in range(1, tries + 1):
        try:
            # Marks are made of the seed: another try must not meet those of the one before.
            return keep_promises(host, liar, log, manner, seed if number == 1 else f"{seed}+{number}")
        except AssertionError:
            if number == tries:
                raise


@pytest.fixture(scope="module")
def narrow(start_host: StartHost, liar: Liar) -> Host:
    return start_host(promises_config(liar, budget(100_000, each='"user"')))


ABSURD = [manner for manner in MANNERS if manner.promise is Promise.BOUNDED]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("manner", [pytest.param(manner, id=manner.name) for manner in ABSURD])
def test_absurd_figures_lock_nobody_out(narrow: Host, liar: Liar, manner: Manner,
                                        seed: str) -> None:
    """Who shares a budget with them is served."""
    user = f"{seed} {manner.name}"
    stream = manner.forms != "plain"
    members = {"user": user, "max_tokens": 1200}
    run(narrow, liar, [make_plan(user, manner, Ending.READS, stream, **members)], at_once=1)
    (after,) = run(narrow, liar, [make_plan(user, HONEST, Ending.READS, stream, **members)])
    assert after.sight.status == 200, after


# ---- all manners together, on one budget --------------------------------------------------------

TIGHT = 150_000
ROUND = 40  # calls, before it is looked whether the budget is full


def mixed(seed: str, manners: list[Manner], count: int) -> list[Plan]:
    chance = random.Random(seed)
    plans = []
    for number in range(count):
        manner = chance.choice(manners)
        stream = {"stream": True, "plain": False}.get(manner.forms, chance.random() < 0.6)
        endings = [ending for ending in Ending if stream or not ending.only_streams]
        ending = Ending.READS if chance.random() < 0.3 else chance.choice(endings)
        plans.append(make_plan(f"{seed}.{number}", manner, ending, stream))
    return plans


def usage_rows(file: Path) -> dict[str, int]:
    """What each call counts as in the ledger's file, by its name."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT request_id, coalesce(input_tokens, 0) + "
                                "coalesce(output_tokens, 0) FROM usage").fetchall()
        (held,) = database.execute("SELECT count(*) FROM holds").fetchone()
    assert held == 0, f"{held} holds are left"
    assert len(dict(rows)) == len(rows), "a call has two rows"
    return dict(rows)


def is_over_budget(call: Call) -> bool:
    return call.sight.status == 429 and b"budget_exceeded" in call.sight.body


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("store", ["memory", "sqlite", "redis"])
def test_no_budget_is_passed_by_more_than_what_runs(
        start_host: StartHost, liar: Liar, tmp_path: Path, request: pytest.FixtureRequest,
        store: str, seed: str) -> None:
    """All manners but the absurd ones, until nothing fits any more."""
    file = tmp_path / "ledger.db"
    ledgers = {"memory": lambda: "memory:", "sqlite": lambda: f"sqlite:{file}",
               "redis": lambda: request.getfixturevalue("redis").url}
    host = start_host(promises_config(liar, budget(TIGHT), ledgers[store]()))
    manners = [manner for manner in MANNERS
               if manner.promise is not Promise.BOUNDED and not manner.meddles]
    log = AccessLog(host)
    calls: list[Call] = []
    for at in range(20):
        calls += run(host, liar, mixed(f"{seed} {store} {at}", manners, ROUND))
        if sum(map(is_over_budget, calls[-ROUND:])) > ROUND // 2:
            break
    settle(host, log, calls)
    host.stop()
    one = max(call.plan.prompt_most + call.plan.output_most for call in calls)
    assert sum(map(is_over_budget, calls)) > 0, "the budget was never full"
    assert log.total() <= TIGHT + AT_ONCE * one, "more is counted than may be"
    served = sum(call.served for call in calls)
    assert served <= TIGHT + AT_ONCE * one, "more was served than may be"
    if store == "sqlite":
        counts = {name: count.total for name, count in log.counts.items() if count.total}
        assert {name: total for name, total in usage_rows(file).items() if total} == counts
    passed = [call for call in calls if not is_over_budget(call)]
    report(passed, seed)


# ---- a hold is an upper bound -------------------------------------------------------------------

HARD = 50_000
GREEDY = 40  # calls; all of them together never fit
WAYS: dict[str, dict[str, Any]] = {
    "max_tokens": {"max_tokens": 3000},
    "max_completion_tokens": {"max_completion_tokens": 3000},
    "max_output_tokens": {"max_tokens": 5, "max_output_tokens": 3000},
    "max_new_tokens": {"max_tokens": 5, "max_new_tokens": 3000},
    "both limits": {"max_tokens": 5, "max_completion_tokens": 3000},
    "thinking_budget": {"max_tokens": 5, "thinking_budget": 3000},
    "reasoning.max_tokens": {"max_tokens": 5, "reasoning": {"max_tokens": 3000}},
    "nothing": {"temperature": 1},
    "n of 100": {"max_tokens": 40, "n": 100},
    "n of 200": {"max_tokens": 20, "n": 200},
    "n of 20000": {"max_tokens": 1, "n": 20_000},
    "n and a thinking_budget": {"max_tokens": 5, "n": 10, "thinking_budget": 400},
}
OLDER_WAYS: dict[str, dict[str, Any]] = {  # of /v1/completions
    "best_of": {"max_tokens": 40, "best_of": 100},
    "best_of beyond n": {"max_tokens": 20, "n": 2, "best_of": 200},
    "several prompts": {"max_tokens": 1000, "prompts": 3},
    "several prompts and n": {"max_tokens": 5, "prompts": 3, "n": 200},
}


@pytest.fixture(scope="module")
def hard(start_host: StartHost, liar: Liar) -> Host:
    return start_host(promises_config(liar, budget(HARD, each='"user"')))


@pytest.fixture(scope="module")
def hard_log(hard: Host) -> AccessLog:
    return AccessLog(hard)


def take_all(hard: Host, log: AccessLog, liar: Liar, plans: list[Plan]) -> None:
    calls = run(hard, liar, [greedy(plan) for plan in plans], at_once=20)
    settle(hard, log, calls)
    used = sum(call.count.total for call in calls)
    served = sum(call.served for call in calls)
    assert served == used <= HARD, f"{served} served, {used} counted, of {HARD}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("way", WAYS)
def test_a_hold_is_all_that_may_come(hard: Host, hard_log: AccessLog, liar: Liar, way: str,
                                     stream: bool, seed: str) -> None:
    """Whatever says how much there may be: calls that run at the same time, and take all of it,
    stay within the budget to the token."""
    user = f"{seed} {way} {stream}"
    take_all(hard, hard_log, liar, [make_plan(f"{user} {number}", HONEST, Ending.READS, stream,
                                              user=user, **WAYS[way]) for number in range(GREEDY)])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("way", OLDER_WAYS)
def test_a_hold_of_a_completion_is_all_that_may_come(hard: Host, hard_log: AccessLog, liar: Liar,
                                                     way: str, seed: str) -> None:
    user = f"{seed} {way}"
    take_all(hard, hard_log, liar, [
        as_completion(make_plan(f"{user} {number}", HONEST, Ending.READS, False, user=user,
                                **OLDER_WAYS[way])) for number in range(GREEDY)])


# ---- one upstream after the other ---------------------------------------------------------------

VAIN = [manner for manner in MANNERS if manner.promise is Promise.CUT]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_attempt_in_vain_counts_beside_the_next(start_host: StartHost, liar: Liar,
                                                   tmp_path: Path, seed: str) -> None:
    """An answer that was cut before anything of it was delivered is paid for; so is that of the
    next target, to which the call fell back."""
    file = tmp_path / "ledger.db"
    config = promises_config(liar, budget(NO_LIMIT), f"sqlite:{file}")
    config = config.replace('to = "calm"', 'to = ["calm", "other"]')
    config = config.replace('to = "hasty"', 'to = ["hasty", "other"]')
    host = start_host(config + f'''
[providers.other]
plugin = "openai"
base_url = "{liar.base_url}"
required = false
''')
    plans = [falls_back(make_plan(seed, manner, Ending.READS, stream)) for manner in VAIN
             for stream in (True, False) if manner.forms != ("plain" if stream else "stream")]
    calls = run(host, liar, plans)
    host.stop()
    rows = usage_rows(file)
    twice = [call for call in calls if call.truth.arrivals == 2]
    assert len(twice) > 10
    wrong = [f"{call}; counts {rows.get(call.plan.mark)}" for call in twice
             if rows.get(call.plan.mark, 0) < prompt_bound(call.plan.body) + call.served]
    assert not wrong, (f"seed {seed}: {len(wrong)} of {len(twice)} count too little:\n"
                       + "\n".join(wrong[:12]))


# ---- a host that is killed ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_amid_all_this_loses_no_answer(liar: Liar, tmp_path: Path, seed: str) -> None:
    """Whoever has read something of an answer has it counted, at no less, or at the hold of what was
    still under way at a kill; nothing is held for ever, and nothing counts twice."""
    file = tmp_path / "ledger.db"
    config = promises_config(liar, budget(NO_LIMIT), f"sqlite:{file}")
    manners = [manner for manner in MANNERS
               if manner.promise is not Promise.BOUNDED and not manner.meddles]
    chance = random.Random(seed)
    calls: list[Call] = []
    for at in range(KILLS):
        host = Host(config, tmp_path / str(at))
        killer = threading.Timer(chance.uniform(0.2, 1.0) * SLOWNESS, host.process.kill)
        killer.start()
        calls += run(host, liar, mixed(f"{seed} kill {at}", manners, 150))
        killer.join()
        host.process.wait()
        host.process.stdout.close()
    Host(config, tmp_path / "last").stop()
    rows = usage_rows(file)
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        used = dict(database.execute("SELECT rule, used FROM counters"))
        (cost,) = database.execute("SELECT sum(cost_micro_usd) FROM usage").fetchone()
    assert used == {"everyone": sum(rows.values()), "money": cost}, "budgets and rows differ"
    answered = sum(call.read > 0 for call in calls)
    print(f"{len(calls)} calls, {answered} with something of an answer, {len(rows)} rows")
    assert answered > 0
    lost = [f"{call}; counts {rows.get(call.plan.mark)}" for call in calls
            if rows.get(call.plan.mark, 0) < min(call.read, call.plan.hold)]
    assert not lost, f"seed {seed}: {len(lost)} of {len(calls)}:\n" + "\n".join(lost[:12])

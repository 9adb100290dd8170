"""Makes the calls of a plan with a host, and says which of its promises were broken."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Iterator

from integration.conftest import server
from integration.counting import budget, limit, prompt_bound
from integration.host import SLOWNESS, Host, milliseconds, wait_for
from integration.plans import CONTEXT, DEFAULT_MAX_TOKENS, Plan
from integration.strange_client import Ending, Request, Sight, StrangeClient
from upstream.liar import MARK, Liar, Truth
from upstream.manners import Promise

AT_ONCE = 8  # calls that run at the same time
INPUT_PRICE = 1  # dollars for a million tokens, so millionths of a dollar for one
OUTPUT_PRICE = 3
HANGS = 8  # seconds that no call takes, however it is answered


# ---- the host -----------------------------------------------------------------------------------


def promises_config(upstream: Liar, rules: str, ledger: str = "memory:") -> str:
    """Models are named after their host's patience, and after what becomes of a call whose client
    hangs up."""
    def provider(name: str, **timeouts: int) -> str:
        written = ", ".join(f'{key} = "{milliseconds(count)}"' for key, count in timeouts.items())
        return (f'\n[providers.{name}]\nplugin = "openai"\nbase_url = "{upstream.base_url}"\n'
                f"required = false\ntimeouts = {{ {written} }}\n"
                f'\n[[prices]]\nprovider = "{name}"\nmodel = "*"\n'
                f'input = "{INPUT_PRICE} USD"\noutput = "{OUTPUT_PRICE} USD"\n')

    routes = "".join(
        f'\n[[routes]]\nmodel = "{name}-{then}-*"\nto = "{name}"\non_disconnect = "{then}"\n'
        for name in ("calm", "hasty") for then in ("cancel", "drain"))
    return (server(default_context=str(CONTEXT), default_max_tokens=str(DEFAULT_MAX_TOKENS))
            + provider("calm", first_byte=20000, idle=20000, total=30000)
            + provider("hasty", first_byte=150, idle=150, total=3000)
            + routes + f'\n[ledger]\nurl = "{ledger}"\n' + rules
            + limit("at-once", concurrent="1000")
            + budget("1000000 USD", name="money", mode='"shadow"'))


@dataclass(frozen=True)
class Count:
    """What a call counts as. Unknown is nothing."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cost: int = 0  # millionths of a dollar
    source: str = "none"

    @property
    def total(self) -> int:
        return self.input + self.output

    @property
    def price(self) -> int:
        return self.input * INPUT_PRICE + self.output * OUTPUT_PRICE


class AccessLog:
    """What the host's log says of each call, by its name. Reads what has been added."""

    def __init__(self, host: Host) -> None:
        self._file = host.stderr
        self._at = 0
        self.counts: dict[str, Count] = {}

    def read(self) -> dict[str, Count]:
        with self._file.open("rb") as log:
            log.seek(self._at)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._at += len(line)
                if b'"level":"access"' in line:
                    self._add(json.loads(line))
        return self.counts

    def _add(self, entry: dict[str, Any]) -> None:
        name = entry["id"]
        assert name not in self.counts, f"{name} has two lines"
        figures = [entry.get(key, 0) for key in ("input_tokens", "output_tokens",
                                                 "cached_input_tokens", "cost_micro_usd")]
        source = entry.get("usage_source", "none")
        self.counts[name] = Count(*figures, source) if source != "none" else Count()

    def total(self, unit: str = "tokens") -> int:
        counts = self.counts.values()
        return sum(count.total if unit == "tokens" else count.cost for count in counts)


# ---- calling ------------------------------------------------------------------------------------


@dataclass
class Call:
    """One call that is over, as its client, its upstream and its host have it."""

    plan: Plan
    sight: Sight
    truth: Truth
    count: Count = field(default_factory=Count)

    @property
    def read(self) -> int:
        """The tokens that its client has read: this upstream makes one of each word."""
        return self.sight.text().count(" ")

    @property
    def leaves(self) -> bool:
        """Whether its answer may end before it is whole, through its client's doing."""
        return self.plan.ending.leaves or self.plan.ending in (Ending.HALF_CLOSES, Ending.HURRIES)

    @property
    def saw_the_end(self) -> bool:
        """Whether its client left after the last word, of a stream with a single choice."""
        one = "n" not in json.loads(self.plan.body)
        finished = one and b'"finish_reason":"stop"' in self.sight.body
        return self.plan.ending.only_streams and (finished or b"[DONE]" in self.sight.body)

    @property
    def served(self) -> int:
        """The least that it took."""
        if self.truth.arrivals == 0:
            return 0
        if self.truth.reported:
            return sum(self.truth.reported)
        return self.read

    def __str__(self) -> str:
        plan = self.plan
        return (f"{plan.mark}: {plan.manner.name}; client {plan.ending.value}, "
                f"{self.sight.seconds:.3f} s; "
                f"{'drain' if plan.drains else 'cancel'}; {self.count}; "
                f"hold {plan.hold}, at most {plan.prompt_most} and {plan.output_most}, read "
                f"{self.read}, status {self.sight.status}; {self.truth.arrivals} arrivals, "
                f"generated {self.truth.generated}, reported {self.truth.reported}; "
                f"its connection served {', '.join(self.truth.before) or 'nothing'} before; "
                f"{plan.body[:150].decode()}")


def run(host: Host, upstream: Liar, plans: list[Plan], at_once: int = AT_ONCE) -> list[Call]:
    """Makes the calls, some at a time; those that send ahead go in pairs."""
    for plan in plans:
        upstream.expect(plan.part)
    pipelined = [plan for plan in plans if plan.ending is Ending.PIPELINES]
    groups = [[plan] for plan in plans if plan.ending is not Ending.PIPELINES]
    groups += [pipelined[at:at + 2] for at in range(0, len(pipelined), 2)]
    shares = [groups[at::at_once] for at in range(at_once)]

    def call(share: list[list[Plan]]) -> list[Call]:
        client = StrangeClient(host.port)
        calls = []
        for group in share:
            sights = client.ask([_request(plan, upstream) for plan in group], group[0].ending)
            for plan in group:
                if plan.manner.meddles and upstream.truth(plan.mark).arrivals > 0:
                    upstream.wait_until_over(plan.mark, 2)
                    time.sleep(0.001)  # until the system has handed it on
            calls += [Call(plan, sight, upstream.truth(plan.mark))
                      for plan, sight in zip(group, sights)]
        client.close()
        return calls

    with ThreadPoolExecutor(at_once) as threads:
        return [one for share in threads.map(call, shares) for one in share]


def _request(plan: Plan, upstream: Liar) -> Request:
    return Request(plan.path, plan.body, plan.mark, plan.part.words,
                   lambda: upstream.wait_for_arrival(plan.mark, 0.3 * SLOWNESS))


def settle(host: Host, log: AccessLog, calls: list[Call]) -> None:
    """Waits until nothing runs any more, and notes what each call counts as."""
    def rules(kind: str) -> list[dict[str, Any]]:
        return host.admin("GET", "/admin/budgets").json()[kind]

    wait_for(lambda: all(rule["held"] == 0 for rule in rules("budgets") + rules("limits")),
             "nothing is held", 15)
    names = {call.plan.mark for call in calls if call.truth.arrivals > 0}
    wait_for(lambda: names <= log.read().keys(), "each call has a line in the log", 15)
    wait_for(lambda: all(rule["used"] == log.total(rule["unit"]) for rule in rules("budgets")),
             "budgets have used what the log's lines say", 5)
    for call in calls:
        call.count = log.counts.get(call.plan.mark, Count())


# ---- the promises -------------------------------------------------------------------------------


def broken_promises(call: Call) -> Iterator[str]:
    """What is wrong with a call, in words; nothing, if all is as promised."""
    marks = {mark.decode() for mark in MARK.findall(bytes(call.sight.raw))}
    if marks - {call.plan.mark}:
        yield f"has another's answer: {marks}"
    if call.sight.seconds > HANGS * SLOWNESS:
        yield "hangs"
    if call.truth.arrivals == 0:
        if call.count.total and not call.leaves:
            yield "counts, and was never sent"
        return
    if call.sight.status == 200 and call.count.source == "none":
        yield "was answered, and has no row"
    if call.count.cost != call.count.price:
        yield "costs other than its tokens"
    if call.count.cached > call.count.input:
        yield "more of its prompt was cached than there is"
    if call.count.input > call.plan.prompt_most or call.count.output > call.plan.output_most:
        yield "counts beyond all that it can take"
    by_total = call.plan.manner.promise is Promise.TOTAL
    if (call.count.total if by_total else call.count.output) < call.read:
        yield "counts less than its client has read"
    yield from _OF[call.plan.manner.promise](call)


def _exact(call: Call) -> Iterator[str]:
    plan, truth, count = call.plan, call.truth, call.count
    if not call.leaves:
        if call.sight.status != 200:
            yield "an honest call was not served"
        elif call.sight.text() != truth.text:
            yield "its client has not read what was sent"
    told = truth.reported is not None
    exact = told and (count.input, count.output) == truth.reported
    if told and plan.manner.promise is Promise.TOTAL:
        exact = count.total == sum(truth.reported)
    if exact:
        return
    drained = plan.drains and plan.ending is not Ending.HURRIES
    if not call.leaves or drained or call.saw_the_end:
        yield "does not count as what was reported"
    else:
        yield from _cut(call)


def _cut(call: Call) -> Iterator[str]:
    least = prompt_bound(call.plan.body)
    if call.truth.prompt_told:
        least = call.plan.part.prompt
    if call.count.input < least:
        yield "counts its prompt for less than its hold"


def _bytes(call: Call) -> Iterator[str]:
    if not call.leaves and call.count.total > call.truth.body_bytes:
        yield "counts more than the bytes of its answer"


def _nothing(call: Call) -> Iterator[str]:
    if not call.leaves and call.count.total:
        yield "was refused, and counts"


def _stopped(call: Call) -> Iterator[str]:
    if call.read > call.plan.passed:
        yield f"its client has read more than {call.plan.passed}"
    if call.count.output > 2 * call.plan.passed:  # what is seen of short words is taken for more
        yield f"counts more than {2 * call.plan.passed}"


def _only_this(_: Call) -> Iterator[str]:
    return iter(())


_OF = {Promise.EXACT: _exact, Promise.TOTAL: _exact, Promise.SEEN: _only_this,
       Promise.UNSAID: _cut, Promise.CUT: _cut, Promise.BOUNDED: _only_this, Promise.BYTES: _bytes,
       Promise.NOTHING: _nothing, Promise.STOPPED: _stopped, Promise.ANY: _only_this}

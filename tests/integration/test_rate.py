"""The rate that a limit lets through, measured for ten seconds in which four times as much comes."""

import itertools
import json

from integration.conftest import StartHost
from integration.counting import body_of, limit, rules_config
from integration.host import SLOWNESS, Host
from integration.open_loop import Answer, OpenLoop
from integration.redis_server import Redis
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

RATE = 100 // SLOWNESS  # a second
BURST = RATE
SETTLING_SECONDS = 0.5
SECONDS = 10.0
OVERLOAD = 4
TOLERANCE = 0.01

RULE = limit(requests=f'"{RATE}/s"', burst_requests=str(BURST))


class Overload:
    """Measured from a refusal to a refusal: at both moments nothing was left of the burst, so what
    is admitted in between is what the rate gave, no more than one call off. The first refusals are
    let pass: the burst, just before them, may be on its way to the upstream still."""

    def __init__(self, hosts: list[Host], upstream: Simulator) -> None:
        self._burst_over_at: float | None = None
        self._refusals: list[Answer] = []  # since then
        model = upstream.serve(answers.chat(["word "]))
        clients = OpenLoop(hosts, body_of(model), OVERLOAD * RATE)
        self._answers = clients.run_until(self._is_over, most=int(2 * SECONDS * OVERLOAD * RATE))
        self._journal = upstream.requests(model)
        self._arrived = {entry.header("x-request-id"): entry.at for entry in self._journal}

    def _is_over(self, answer: Answer) -> bool:
        if answer.status != 429:
            return False
        self._burst_over_at = self._burst_over_at or answer.came
        if answer.sent >= self._burst_over_at + SETTLING_SECONDS:
            self._refusals.append(answer)
        return bool(self._refusals) and answer.sent >= self._refusals[0].came + SECONDS

    def check(self) -> None:
        self._check_answers()
        self._check_window(self._refusals[0], self._refusals[-1])

    def _overflow(self) -> float:
        """What the rate gave in vain, at most: the burst was full, for a busy machine let none of
        the clients ask for so long."""
        return sum(max(0.0, RATE * (later.came - earlier.sent) - BURST)
                   for earlier, later in itertools.pairwise(self._refusals))

    def _check_window(self, first: Answer, last: Answer) -> None:
        shortest, longest = last.sent - first.came, last.came - first.sent
        # A call was admitted after its client had sent it, and before its upstream had it.
        admitted = [(answer.sent, self._arrived[answer.id]) for answer in self._answers
                    if answer.status == 200]
        surely = sum(first.came <= sent and arrived <= last.sent for sent, arrived in admitted)
        perhaps = sum(first.sent <= arrived and sent <= last.came for sent, arrived in admitted)
        print(f"{surely} to {perhaps} of {len(self._answers)} were admitted in {shortest:.3f} to "
              f"{longest:.3f} s; the rate gives {RATE * shortest:.1f} to {RATE * longest:.1f}, "
              f"{self._overflow():.1f} in vain")
        assert perhaps >= RATE * shortest * (1 - TOLERANCE) - self._overflow()
        assert surely <= RATE * longest * (1 + TOLERANCE)
        since = min(answer.sent for answer in self._answers)
        assert len(admitted) <= BURST + RATE * (max(self._arrived.values()) - since) * (
            1 + TOLERANCE)

    def _check_answers(self) -> None:
        """The load was what it should be; all who were refused, by the limit; who was admitted, and
        nobody else, was at the upstream, once."""
        sent = [answer.sent for answer in self._answers]
        assert len(sent) >= (max(sent) - min(sent)) * OVERLOAD * RATE * 0.9
        served = {answer.id for answer in self._answers if answer.status == 200}
        refused = [answer for answer in self._answers if answer.id not in served]
        assert {json.loads(answer.body)["error"]["code"] for answer in refused} == {
            "rate_limit_exceeded"}
        assert served == set(self._arrived) and len(served) == len(self._journal)


def test_a_host_admits_its_rate_to_a_percent(start_host: StartHost, upstream: Simulator,
                                             authority: Authority) -> None:
    Overload([start_host(rules_config(RULE, upstream, authority))], upstream).check()


def test_four_hosts_admit_one_rate_to_a_percent(start_host: StartHost, upstream: Simulator,
                                                authority: Authority, redis: Redis) -> None:
    """Together, each with a quarter of the load."""
    config = rules_config(RULE, upstream, authority, redis.url, workers=1)
    Overload([start_host(config) for _ in range(4)], upstream).check()

"""Calls by a seed, each with a way to be asked, a way to be answered, and an end."""

import json
import random
import re
import string
from dataclasses import dataclass, replace
from typing import Any

from integration.counting import prompt_bound
from integration.strange_client import Ending
from upstream.liar import WORDS, Exchange, Part
from upstream.manners import Manner, Promise
from upstream.manners.honest import answer

CONTEXT = 20_000  # of each model, as the config has it
DEFAULT_MAX_TOKENS = 1_500
PASSED_BYTES = 4_096  # of text, that a stream may have sent before it is looked at,
PASSED_BYTES_A_TOKEN = 16  # and for each token that it was held for
USERS = ("ann", "bob", "eve")


@dataclass(frozen=True)
class Plan:
    """One call, at both of its ends."""

    part: Part
    manner: Manner
    ending: Ending
    drains: bool  # its route goes on when its client hangs up
    body: bytes
    path: str = "/v1/chat/completions"

    @property
    def mark(self) -> str:
        return self.part.mark

    @property
    def output_hold(self) -> int:
        return most_output(json.loads(self.body))

    @property
    def hold(self) -> int:
        return prompt_bound(self.body) + self.output_hold

    @property
    def prompt_most(self) -> int:
        """What the prompt counts at most, whatever its upstream says. A hold is for a token a byte
        at most, and for a template."""
        return max(len(self.body) + 64, CONTEXT)

    @property
    def output_most(self) -> int:
        """What the answer counts at most, all choices together."""
        return max(self.output_hold, CONTEXT * choices_of(json.loads(self.body)))

    @property
    def passed(self) -> int:
        """How many tokens of a stream may be delivered before it is stopped."""
        words_bytes_min = 4
        return (PASSED_BYTES + PASSED_BYTES_A_TOKEN * self.output_hold) // words_bytes_min


def choices_of(asked: dict[str, Any]) -> int:
    prompts = len(asked["prompt"]) if isinstance(asked.get("prompt"), list) else 1
    return max(asked.get("n") or 1, asked.get("best_of") or 1) * prompts


def most_output(asked: dict[str, Any]) -> int:
    """The most that an upstream may generate for a request, if it knows every member."""
    limits = [asked[name] for name in ("max_tokens", "max_completion_tokens", "max_output_tokens",
                                       "max_new_tokens") if asked.get(name)]
    thinking = [asked.get("thinking_budget") or 0,
                (asked.get("reasoning") or {}).get("max_tokens") or 0]
    return (max(limits, default=DEFAULT_MAX_TOKENS) + max(thinking)) * choices_of(asked)


def make_plan(seed: str, manner: Manner, ending: Ending, stream: bool, **members: Any) -> Plan:
    """The call that this seed stands for; members go into its request."""
    chance = random.Random(f"{seed} {manner.name} {ending.value} {stream}")
    mark = "mark" + "".join(chance.choices(string.ascii_lowercase[:-1], k=8))
    drains = chance.random() < 0.4
    model = f"{'hasty' if manner.impatient else 'calm'}-{'drain' if drains else 'cancel'}"
    model += "-" + (mark if manner.alone else re.sub(r"\W+", "-", manner.name))
    prompt = " ".join([mark, *chance.choices(WORDS, k=chance.randrange(3, 300))])
    payload = {"model": model, "user": chance.choice(USERS), "stream": stream,
               **(members if members.keys() - {"user"} else _members(chance, manner)), **members,
               "messages": [{"role": "user", "content": prompt}]}
    body = json.dumps(payload).encode()
    part = Part(mark=mark, manner=manner.name,
                prompt=chance.randint(len(body) // 8, prompt_bound(body)),
                words=chance.randrange(4, 60), hidden=chance.choice([0, 0, 7, 500]),
                lingers=0.05 if ending is Ending.AT_FINISH else 0, play=manner.play)
    return Plan(part, manner, ending, drains, body)


def falls_back(plan: Plan) -> Plan:
    """The same call, whose second arrival finds an honest upstream."""
    def play(exchange: Exchange) -> None:
        first = exchange.truth.arrivals == 1
        (plan.part.play if first else answer)(exchange)

    return replace(plan, part=replace(plan.part, play=play))


def as_completion(plan: Plan) -> Plan:
    """The same call in the older dialect, with three prompts if its members say so."""
    asked = json.loads(plan.body)
    prompt = asked.pop("messages")[0]["content"]
    asked["prompt"] = [prompt, "two", "three"] if asked.pop("prompts", 1) == 3 else prompt
    return replace(plan, body=json.dumps(asked).encode(), path="/v1/completions")


def greedy(plan: Plan) -> Plan:
    """The same call, of an honest upstream that takes all it may, and shows little of it."""
    words = min(3, plan.output_hold)
    part = replace(plan.part, prompt=prompt_bound(plan.body), words=words,
                   hidden=plan.output_hold - words)
    return replace(plan, part=part)


def _members(chance: random.Random, manner: Manner) -> dict[str, Any]:
    """The ways to say how much there may be; none of them leaves too little."""
    if manner.promise is Promise.STOPPED:
        return {"max_tokens": 64}
    limits = [{"max_tokens": 1200}, {"max_completion_tokens": 1200}, {},
              {"max_tokens": 1100, "max_output_tokens": 1400},
              {"max_tokens": 1100, "max_new_tokens": 1400},
              {"max_tokens": 1100, "thinking_budget": 600},
              {"max_tokens": 1100, "reasoning": {"max_tokens": 600}}]
    members = dict(chance.choice(limits))
    if chance.random() < 0.2:
        members["n"] = chance.choice([2, 3, 4])
    if chance.random() < 0.5:
        members["stream_options"] = {"include_usage": chance.random() < 0.7}
    return members

"""What vendors tell of their limits: believed where nothing is left, and no reason to wait where
something is."""

from datetime import UTC, datetime, timedelta

import openai
import pytest

from plugins.asking import ask
from plugins.columns import PLUGINS
from plugins.conftest import StandOf
from plugins.rows import MESSAGES, Answered
from plugins.stands import Stand
from upstream.exchange import Exchange, Headers, Scenario
from upstream.qwen import dump
from upstream.vendors import content

CALLS = 12


def telling(stand: Stand, headers: Headers) -> Scenario:
    """A good answer with these headers."""
    vendor = stand.vendor

    async def play(exchange: Exchange) -> None:
        request = exchange.request
        await exchange.reply(dump(vendor.reply(request, content.PLAIN)), 200,
                             {**vendor.headers(request), **headers}, vendor.json_type)

    return play


def answers(stand: Stand, model: str) -> None:
    Answered(content.PLAIN).check(stand, model, ask("plain", stand, {
        "model": model, "messages": MESSAGES}))


@pytest.mark.parametrize("way", ["plain", "stream"])
@pytest.mark.parametrize("name", [plugin.name for plugin in PLUGINS])
def test_what_is_left_is_used(stand_of: StandOf, name: str, way: str) -> None:
    """A call that the host holds back is refused here, so that it would be seen."""
    stand = stand_of(name)
    model = stand.serve([stand.vendor.says(content.PLAIN)])
    for _ in range(CALLS):
        got = ask(way, stand, {"model": model, "messages": MESSAGES})
        Answered(content.PLAIN, usage=way == "plain").check(stand, model, got)
    assert len(stand.vendor.requests(model)) == CALLS


KINDS = ("requests", "tokens", "input-tokens", "output-tokens")


def spent(kind: str, seconds: float) -> Headers:
    """Of Anthropic: nothing is left until then."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return {f"anthropic-ratelimit-{kind}-limit": "50",
            f"anthropic-ratelimit-{kind}-remaining": "0",
            f"anthropic-ratelimit-{kind}-reset": at.strftime("%Y-%m-%dT%H:%M:%SZ")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_that_is_over_holds_nothing_back(stand_of: StandOf, kind: str) -> None:
    stand = stand_of("anthropic")
    model = stand.serve([telling(stand, spent(kind, -5))])
    for _ in range(3):
        answers(stand, model)


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_of_one_model_holds_no_other_back(stand_of: StandOf, kind: str) -> None:
    stand = stand_of("anthropic")
    model = stand.serve([telling(stand, spent(kind, 40))])
    answers(stand, model)
    answers(stand, stand.serve([stand.vendor.says(content.PLAIN)]))
    with pytest.raises(openai.RateLimitError) as caught:
        answers_again(stand, model)
    assert 0 < int(caught.value.response.headers["retry-after"]) <= 41
    assert len(stand.vendor.requests(model)) == 1, "which the vendor is not asked for"


def answers_again(stand: Stand, model: str) -> None:
    stand.plain.chat.completions.create(model=model, messages=MESSAGES)

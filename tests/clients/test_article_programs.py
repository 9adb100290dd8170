"""Four programs as users write them, against a host with budgets and limits: a batch under a cap on
how many run at once, one that stops at its budget, one that backs off, one that prints a long
story. Each needs nothing but the official package."""

import asyncio
import random
import re
import time
from datetime import datetime

import openai
import pytest

from integration.conftest import StartHost
from integration.counting import budget, limit, rules_config
from integration.host import SLOWNESS, Host, wait_for
from upstream import errors, qwen
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

SYSTEM = {"role": "system", "content": "You are a helpful AI assistant."}
STORY = 2000


@pytest.fixture(scope="module")
def shared(start_host: StartHost, upstream: Simulator, authority: Authority) -> Host:
    """A month's tokens for all, which begin anew on the 25th in Bangkok; a day's for each user; a
    rate for each user; and at most 50 calls at once."""
    return start_host(rules_config(
        budget("10 Mtok", name="month", per="month", reset='{ day = 25, zone = "Asia/Bangkok" }')
        + budget(5000, name="user-day", per="day", each='"user"',
                 match='{ user = "ann" }')
        + limit("rate", requests='"2/s"', each='"user"', match='{ user = "hasty" }')
        + limit("together", concurrent="50", on_limit='"queue:30s"'),
        upstream, authority))


# ---- a batch ------------------------------------------------------------------------------------


async def run_batch(url: str, model: str, prompts: list[str], at_once: int) -> list[dict]:
    """Each result has its tokens and its latency; one that failed says why."""
    room = asyncio.Semaphore(at_once)
    async with openai.AsyncOpenAI(api_key="x", base_url=f"{url}/v1", timeout=30.0 * SLOWNESS,
                                  max_retries=3) as client:

        async def chat(prompt: str) -> dict:
            async with room:
                began = time.perf_counter()
                try:
                    reply = await client.chat.completions.create(
                        model=model, messages=[SYSTEM, {"role": "user", "content": prompt}],
                        temperature=0.7, max_tokens=1000)
                except openai.APIError as error:
                    return {"prompt": prompt, "error": str(error)}
                return {"prompt": prompt, "content": reply.choices[0].message.content,
                        "tokens": reply.usage.total_tokens,
                        "latency_ms": (time.perf_counter() - began) * 1000}

        return await asyncio.gather(*(chat(prompt) for prompt in prompts))


def test_a_batch_of_thirty_at_fifty_way(shared: Host, upstream: Simulator) -> None:
    """One that the provider refuses sinks no other, and the month's budget has paid for the rest."""
    model = upstream.serve(faults.error(errors.MODERATION),
                           timing.late(0.1, answers.chat(used=qwen.usage(40, 60))))
    prompts = [f"Explain transformer architecture, part {number}" for number in range(30)]
    results = asyncio.run(run_batch(shared.url, model, prompts, at_once=50))
    done = [result for result in results if "error" not in result]
    assert [result["prompt"] for result in results] == prompts
    assert len(done) == 29
    assert {result["tokens"] for result in done} == {100}
    average_ms = sum(result["latency_ms"] for result in done) / len(done)
    assert 100 <= average_ms < 10_000 * SLOWNESS


# ---- a budget -----------------------------------------------------------------------------------


def test_a_program_stops_at_its_budget(shared: Host, upstream: Simulator) -> None:
    """It learns at once, without a retry, how much is left and when the budget begins anew."""
    model = upstream.serve(answers.chat(used=qwen.usage(1000, 500)))
    served = 0
    with openai.OpenAI(api_key="x", base_url=f"{shared.url}/v1", max_retries=3) as client:
        while True:
            try:
                client.chat.completions.create(
                    model=model, messages=[{"role": "user", "content": "Continue"}],
                    max_tokens=900, user="ann")
                served += 1
            except openai.RateLimitError as caught:
                error = caught
                break
    assert error.request.headers["x-stainless-retry-count"] == "0", "it was tried again"
    assert served == len(upstream.requests(model)) == 3
    assert error.code == "budget_exceeded" and error.type == "insufficient_quota"
    found = re.search(r"(\d+) tokens of (\d+) tokens are left; it resets at (\S+)", str(error))
    assert (int(found[1]), int(found[2])) == (500, 5000)
    assert datetime.fromisoformat(found[3]).timestamp() > time.time()


# ---- back-off -----------------------------------------------------------------------------------


def with_back_off(call, attempts: int = 5, first: float = 2.0, longest: float = 60.0):
    """Tries again after what the host says, else twice as long each time."""
    for attempt in range(attempts):
        try:
            return call()
        except openai.RateLimitError as error:
            if attempt + 1 == attempts or error.response.headers.get("x-should-retry") == "false":
                raise
            said_ms = error.response.headers.get("retry-after-ms")
            wait = float(said_ms) / 1000 if said_ms else min(first * 2 ** attempt, longest)
            time.sleep(wait + random.uniform(0, 0.02))


def test_a_program_backs_off_and_gets_through(shared: Host, upstream: Simulator) -> None:
    """Five calls at once, of which two fit a second."""
    model = upstream.serve(answers.chat())
    began = time.perf_counter()
    with openai.OpenAI(api_key="x", base_url=f"{shared.url}/v1", max_retries=0) as client:
        for _ in range(5):
            reply = with_back_off(lambda: client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "Hello"}], user="hasty"))
            assert reply.choices[0].message.content == "Hello "
    assert time.perf_counter() - began >= 1.4
    assert len(upstream.requests(model)) == 5


def test_the_packages_own_retries_get_through(shared: Host, upstream: Simulator) -> None:
    """It obeys `retry-after-ms`, and nobody has to write a loop."""
    model = upstream.serve(answers.chat())
    with openai.OpenAI(api_key="x", base_url=f"{shared.url}/v1", max_retries=5) as client:
        for _ in range(4):
            client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "Hello"}], user="hasty")
    assert len(upstream.requests(model)) == 4


# ---- a long story -------------------------------------------------------------------------------


def test_a_long_story_is_printed_as_it_comes(shared: Host, upstream: Simulator) -> None:
    """Two thousand tokens, and at the end what they were counted with."""
    model = upstream.serve(answers.chat([f"word{number} " for number in range(STORY)],
                                        used=qwen.usage(12, STORY)))
    with openai.OpenAI(api_key="x", base_url=f"{shared.url}/v1", timeout=60.0) as client:
        left_before = month_left(client)
        stream = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Write a long story..."}],
            stream=True, stream_options={"include_usage": True}, max_tokens=STORY)
        story, used = [], None
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                story.append(chunk.choices[0].delta.content)
            used = chunk.usage or used
        assert len(story) == STORY
        assert used.completion_tokens == STORY
        wait_for(lambda: month_left(client) < left_before - STORY - 12,
                 "the story is paid for")


def month_left(client: openai.OpenAI) -> int:
    """What remains of the month, as each answer's head says. To ask costs what the answer does."""
    reply = client.chat.completions.with_raw_response.create(
        model="qwen-max", messages=[{"role": "user", "content": "?"}], max_tokens=1)
    name, *members = reply.headers["x-bellwether-budget"].split("; ")
    assert name == "month", name
    return int(dict(member.split("=", 1) for member in members)["remaining"])

"""Programs as users write them: one chat, many at once, a long stream, a look at the models."""

import asyncio
import time

import openai

from integration.host import Host
from upstream import errors
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator

SYSTEM = {"role": "system", "content": "คุณคือผู้ช่วย AI ที่เชี่ยวชาญ"}


def test_one_chat(client: openai.OpenAI) -> None:
    """A system and a user message, a temperature, a limit; content, tokens and time."""
    began = time.perf_counter()
    reply = client.chat.completions.create(
        model="qwen-max", temperature=0.7, max_tokens=1000,
        messages=[SYSTEM, {"role": "user", "content": "อธิบายสถาปัตยกรรม MoE ของ Qwen2.5-Max"}])
    latency_ms = (time.perf_counter() - began) * 1000
    assert reply.choices[0].message.content == "อธิบายสถาปัตยกรรม MoE ของ Qwen2.5-Max "
    assert reply.usage.total_tokens > 0 and latency_ms > 0


class Batch:
    """Many prompts at once, at most so many in flight; one failure never sinks the rest."""

    def __init__(self, url: str, model: str, max_concurrent: int = 50) -> None:
        self.client = openai.AsyncOpenAI(api_key="x", base_url=f"{url}/v1", timeout=30.0,
                                         max_retries=0)
        self.model = model
        self.semaphore = asyncio.Semaphore(max_concurrent)

    async def chat(self, prompt: str) -> dict:
        async with self.semaphore:
            began = time.perf_counter()
            try:
                reply = await self.client.chat.completions.create(
                    model=self.model, temperature=0.7, max_tokens=1000, stream=False,
                    messages=[{"role": "system", "content": "You are a helpful AI assistant."},
                              {"role": "user", "content": prompt}])
            except openai.APIError as error:
                return {"error": str(error)}
            return {"content": reply.choices[0].message.content,
                    "tokens": reply.usage.total_tokens,
                    "latency_ms": (time.perf_counter() - began) * 1000}

    async def run(self, prompts: list[str]) -> list[dict]:
        async with self.client:
            return await asyncio.gather(*(self.chat(prompt) for prompt in prompts))


PROMPTS = ["Explain transformer architecture", "What is attention mechanism?",
           "How does RLHF work?"] * 10


def test_thirty_at_once(host: Host, upstream: Simulator) -> None:
    """All succeed, each with its own answer, and they really run side by side: with a fifth of a
    second each, one after the other they would take six seconds."""
    model = upstream.serve(timing.late(0.2, answers.chat()))
    results = asyncio.run(Batch(host.url, model).run(PROMPTS))
    done = [result for result in results if "error" not in result]
    assert len(done) == len(PROMPTS)
    assert [result["content"] for result in done] == [f"{prompt} " for prompt in PROMPTS]
    assert all(result["tokens"] == 22 + len(prompt.split())
               for result, prompt in zip(done, PROMPTS))
    average_ms = sum(result["latency_ms"] for result in done) / len(done)
    assert 200 <= average_ms < 3000
    arrived = [request.at for request in upstream.requests(model)]
    finished = [request.finished_at for request in upstream.ended(model, len(PROMPTS))]
    assert max(arrived) < min(finished)


def test_one_failure_sinks_no_other(host: Host, upstream: Simulator) -> None:
    """Three of thirty meet an upstream that fails; a call that the host may send again on a fresh
    connection can make it two."""
    failing = [faults.error(errors.INTERNAL), faults.hang_up(), faults.error(errors.MODERATION)]
    model = upstream.serve(*failing, answers.chat())
    results = asyncio.run(Batch(host.url, model).run(PROMPTS))
    assert len(results) == len(PROMPTS)
    assert 2 <= sum("error" in result for result in results) <= 3


def test_a_long_stream(client: openai.OpenAI, upstream: Simulator) -> None:
    """Two thousand tokens, printed as they come."""
    words = [f"token{number} " for number in range(2000)]
    with upstream.playing("qwen-plus", answers.chat(words)):
        stream = client.chat.completions.create(
            model="qwen-plus", messages=[{"role": "user", "content": "Write a long story..."}],
            stream=True, max_tokens=2000)
        story = []
        for chunk in stream:
            if chunk.choices[0].delta.content:
                story.append(chunk.choices[0].delta.content)
    assert story == words


def test_the_models_filtered_by_name(client: openai.OpenAI) -> None:
    """The list that a user looks through for the right name."""
    models = client.models.list()
    names = [model.id for model in models.data if "qwen" in model.id.lower()]
    assert {"qwen-max", "qwen-plus", "qwen-turbo"} <= set(names)

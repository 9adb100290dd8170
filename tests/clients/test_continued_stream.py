"""The Python package, and a stream of which two upstreams have given one half each."""

from typing import Iterator

import openai
import pytest

from integration.conftest import StartHost, provider, route, second, server  # noqa: F401
from upstream import qwen
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority

PROMPT = [{"role": "user", "content": "Count"}]


@pytest.fixture(scope="module")
def continued(start_host: StartHost, upstream: Simulator, second: Simulator,  # noqa: F811
              authority: Authority) -> Iterator[openai.OpenAI]:
    host = start_host(
        server(retry="budget_floor = 0") + provider("first", upstream, authority)
        + provider("second", second, authority) + route("qwen-*", '["first", "second"]')
        + "continue_stream = true\n")
    with openai.OpenAI(api_key="client-key", base_url=f"{host.url}/v1", max_retries=0) as made:
        yield made


def test_the_helper_adds_both_halves_up(continued: openai.OpenAI, upstream: Simulator,
                                        second: Simulator) -> None:  # noqa: F811
    model = upstream.serve(faults.cut(["one ", "two "]))
    second.script(model, answers.chat(["three ", "four"], used=qwen.usage(30, 2)))
    with continued.chat.completions.stream(
            model=model, messages=PROMPT, stream_options={"include_usage": True}) as stream:
        done = [event for event in stream if event.type == "content.done"]
        final = stream.get_final_completion()
    assert done[0].content == final.choices[0].message.content == "one two three four"
    assert final.choices[0].message.role == "assistant"
    assert final.choices[0].finish_reason == "stop"
    assert final.usage.total_tokens == final.usage.prompt_tokens + final.usage.completion_tokens
    assert final.usage.completion_tokens > 2

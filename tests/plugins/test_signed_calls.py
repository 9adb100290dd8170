"""Gemini's models of the third generation sign their calls, and refuse to be told what came of one
without its signature: it has to come back, through clients that know nothing of it."""

from typing import Any

import pytest

from plugins.asking import Outcome, ask
from plugins.conftest import StandOf
from plugins.rows import MESSAGES, TOOLS, Answered
from plugins.test_table import results_of
from upstream.vendors import content

THIRD = "gemini-3-pro"
def bare(got: Outcome) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [
        {"id": call.id, "type": "function", "function": {
            "name": call.function.name, "arguments": call.function.arguments}}
        for call in got.message.tool_calls]}


SAID = {"as the package has it": lambda got: got.message,
        "with nothing but what OpenAI's format has": bare}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID.keys())
@pytest.mark.parametrize("way", ["plain", "helper"])
@pytest.mark.parametrize("name", ["gemini", "vertex"])
def test_a_signature_comes_back(stand_of: StandOf, name: str, way: str, said: Any) -> None:
    """Over two steps, the first of which has two calls."""
    stand = stand_of(name)
    vendor = stand.vendor
    steps = [content.PARALLEL, content.TOOL, content.PLAIN]
    model = vendor.serve(*map(vendor.says, steps), prefix=THIRD)
    messages = list(MESSAGES)
    before = len(stand.refused)
    for _ in steps[:-1]:
        got = ask(way, stand, {"model": model, "messages": messages, "tools": TOOLS})
        assert got.failure is None, got.failure
        messages += [said(got), *results_of(got)]
    last = ask(way, stand, {"model": model, "messages": messages, "tools": TOOLS})
    assert not stand.refused[before:]
    Answered(content.PLAIN, usage=way == "plain").check(stand, model, last)
    read = stand.read(vendor.requests(model)[-1])
    assert [call[1:] for call in read.calls] == [
        (call.name, call.arguments) for step in steps for call in step.calls]

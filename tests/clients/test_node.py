"""The official Node package, unmodified: cases.mjs holds its side, one process a case."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from integration.conftest import StartHost, route, server
from integration.host import SLOWNESS, Host
from upstream import errors
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator

FOLDER = Path(__file__).resolve().parent
WORDS = ["สวัสดี", "ครับ ", "你好"]


def run(case: str, host: Host, model: str, **env: str) -> dict[str, Any]:
    """What the case prints; it must succeed."""
    done = subprocess.run(
        ["node", "cases.mjs", case], cwd=FOLDER, capture_output=True, text=True,
        timeout=30 * SLOWNESS,
        env={**os.environ, "BELLWETHER_URL": host.url, "MODEL": model, **env})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_chat(host: Host, upstream: Simulator) -> None:
    """Content, reason and tokens are where the package expects them."""
    assert run("chat", host, upstream.serve(answers.chat())) == {
        "content": "Hello there ", "finish": "stop", "tokens": 24}


def test_stream(host: Host, upstream: Simulator) -> None:
    """The loop that everyone writes: it reads `choices[0]` of every chunk."""
    assert run("stream", host, upstream.serve(answers.chat(WORDS))) == {"content": "".join(WORDS)}


STRICT: dict[str, tuple[Scenario, int]] = {
    "usual": (answers.chat(WORDS), 25),
    "thinking": (answers.thinking(["hm"], WORDS), 26),
    "terminator with a space": (answers.framed(WORDS, done=b"data: [DONE] \n\n"), 39),
    "empty events": (answers.framed(WORDS, before=b"event: ping\n\ndata:\n\ndata: "), 39),
    "unfolded": (answers.json_where_sse_was_asked("".join(WORDS)), 39),
    "usage on the finish chunk": (answers.usage_on_finish(WORDS), 25),
}


@pytest.mark.parametrize(("scenario", "tokens"), STRICT.values(), ids=STRICT.keys())
def test_stream_helper(host: Host, upstream: Simulator, scenario: Scenario, tokens: int) -> None:
    """`.stream()` is strict: a missing role or reason, an unknown event, a space after the
    terminator make it throw."""
    assert run("helper", host, upstream.serve(scenario)) == {
        "content": "".join(WORDS), "finish": "stop", "tokens": tokens}


@pytest.mark.parametrize("case", ["tools", "streamedTools"])
def test_tools(host: Host, upstream: Simulator, case: str) -> None:
    """Whole and streamed: each call once, with its name and its arguments as text."""
    assert run(case, host, upstream.serve(answers.tool_calls())) == {
        "finish": "tool_calls",
        "calls": [["function", name, arguments] for name, arguments in answers.WEATHER]}


def test_completion(host: Host, upstream: Simulator) -> None:
    """The older endpoint, streamed."""
    assert run("completion", host, upstream.serve(answers.text())) == {"content": "as asked"}


def test_embedding(host: Host, upstream: Simulator) -> None:
    """In base64, though the upstream gives numbers only."""
    model = upstream.serve(answers.embeddings())
    assert run("embedding", host, model) == {"embedding": [0.25, -0.5, 1.0]}


@pytest.mark.parametrize("case", ["stream", "helper"])
def test_comments_are_passed_over(beating: Host, upstream: Simulator, case: str) -> None:
    """A slow stream, with keep-alive comments before its first chunk and between the others."""
    model = upstream.serve(timing.slow(0.25 * SLOWNESS, WORDS))
    assert run(case, beating, model)["content"] == "".join(WORDS)


@pytest.mark.parametrize("model", ["qwen-max", "team/echo v1"])
def test_one_model(beating: Host, model: str) -> None:
    """The package writes the name into a path, and what is no part of a path as %XX."""
    assert run("oneModel", beating, model) == {"id": model}


def test_models(host: Host) -> None:
    """The package reads the list as pages; there is one."""
    names = run("models", host, "")["names"]
    assert {"qwen-max", "qwen-plus", "qwen-turbo"} <= set(names)


REFUSALS: dict[str, tuple[Scenario, str, int, str]] = {
    "key": (faults.error(errors.INVALID_KEY), "AuthenticationError", 401, "invalid_api_key"),
    "model": (faults.error(errors.NO_SUCH_MODEL), "NotFoundError", 404, "model_not_found"),
    "rate": (faults.error(errors.RATE), "RateLimitError", 429, "limit_requests"),
    "parameter": (faults.error(errors.INVALID_PARAMETER), "BadRequestError", 400,
                  "invalid_parameter_error"),
    "internal": (faults.error(errors.INTERNAL), "InternalServerError", 500, "internal_error"),
    "200 with an error": (faults.error_with_status_200(errors.MODERATION), "BadRequestError", 400,
                          "content_filter"),
}


@pytest.mark.parametrize(("fault", "kind", "status", "code"), REFUSALS.values(),
                         ids=REFUSALS.keys())
def test_a_fault_is_its_exception(host: Host, upstream: Simulator, fault: Scenario, kind: str,
                                  status: int, code: str) -> None:
    """The class by status, and OpenAI's code within."""
    error = run("refused", host, upstream.serve(fault))
    assert (error["kind"], error["status"], error["code"]) == (kind, status, code), error
    assert error["type"] and error["message"].startswith(f"{status} ")


def test_a_body_that_is_too_large(start_host: StartHost) -> None:
    """The refusal comes while the package still sends: it must read a 413, not a broken line."""
    host = start_host(server(max_body='"1MiB"') + '\n[providers.echo]\n' + route("echo", '"echo"'))
    refusals = run("tooLarge", host, "echo")["refusals"]
    assert [(error["kind"], error["status"], error["code"]) for error in refusals] == [
        ("APIError", 413, "request_too_large")] * 5


@pytest.mark.parametrize("fault", [
    faults.cut(WORDS), faults.error_frame(WORDS, errors.OVERLOADED), timing.silent_after(WORDS)],
    ids=["cut", "flat error", "silence"])
def test_a_broken_stream_throws(host: Host, upstream: Simulator, fault: Scenario) -> None:
    """After what came before: a part never passes for the whole."""
    error = run("broken", host, upstream.serve(fault))
    assert error["kind"] == "APIError" and error["code"] and error["type"]
    assert error["content"] == "".join(WORDS)


def test_no_credit_is_asked_for_once(host: Host, upstream: Simulator) -> None:
    """With the package's own retries; those of a rate limit are seen beside it."""
    model = upstream.serve(faults.error(errors.BILL_OVERDUE))
    assert run("refused", host, model, MAX_RETRIES="2")["code"] == "insufficient_quota"
    assert len(upstream.requests(model)) == 1
    limited = upstream.serve(faults.error(errors.RATE, {"retry-after-ms": "20"}))
    assert run("refused", host, limited, MAX_RETRIES="2")["code"] == "limit_requests"
    assert len(upstream.requests(limited)) == 3


def test_an_abort_is_seen_upstream(host: Host, upstream: Simulator) -> None:
    """`AbortController` ends what is being paid for at once: the best of three tries."""
    delays = []
    for _ in range(3):
        model = upstream.serve(timing.steady(0.05))
        aborted = run("abort", host, model)["at"]
        delays.append(upstream.ended(model)[0].disconnected_at - aborted)
    assert min(delays) < 0.1 * SLOWNESS

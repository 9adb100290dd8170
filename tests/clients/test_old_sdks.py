"""Old versions of the Python package, as programs pin them; `./bw test` installs them below
build/sdks. The programs are in sdks/; before version 1 the package had another face."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from integration.host import ROOT, SLOWNESS, Host, environment
from upstream import errors
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator

PROGRAMS = Path(__file__).resolve().parent / "sdks"
WORDS = ["สวัสดี", "ครับ ", "你好"]
VECTOR = [0.25, -0.5, 1.0]  # of the simulated upstream

# Before version 1 a wrong model had no class of its own.
REFUSALS: dict[str, tuple[Scenario, str, str, int, str]] = {
    "key": (faults.error(errors.INVALID_KEY), "AuthenticationError", "AuthenticationError", 401,
            "invalid_api_key"),
    "model": (faults.error(errors.NO_SUCH_MODEL), "InvalidRequestError", "NotFoundError", 404,
              "model_not_found"),
    "parameter": (faults.error(errors.INVALID_PARAMETER), "InvalidRequestError", "BadRequestError",
                  400, "invalid_parameter_error"),
    "rate": (faults.error(errors.RATE), "RateLimitError", "RateLimitError", 429, "limit_requests"),
    "internal": (faults.error(errors.INTERNAL), "APIError", "InternalServerError", 500,
                 "internal_error"),
}


class Told:
    """What the cases of one version said."""

    def __init__(self, version: str, said: dict[str, Any]) -> None:
        self.before_1 = version.startswith("0.")
        self._said = said

    def __getitem__(self, name: str) -> Any:
        said = self._said[name]
        if isinstance(said, dict):
            assert "unexpected" not in said, said["unexpected"]
        return said


@pytest.fixture(scope="module", params=sorted(path.stem for path in PROGRAMS.glob("*.txt")))
def told(request: pytest.FixtureRequest, beating: Host, upstream: Simulator) -> Told:
    packages = ROOT / "build/sdks" / request.param
    assert packages.is_dir(), f"{packages} is not there; ./bw test installs it"
    cases = {
        "chat": ("chat", upstream.serve(answers.chat())),
        "stream": ("stream", upstream.serve(answers.chat(WORDS))),
        "slow stream": ("stream", upstream.serve(timing.slow(0.25 * SLOWNESS, WORDS))),
        "echo": ("chat", "echo"),
        "streamed echo": ("stream", "echo"),
        "completion": ("completion", upstream.serve(answers.text())),
        "embedding": ("embedding", upstream.serve(answers.embeddings())),
        "floats": ("floats", upstream.serve(answers.embeddings())),
        "echoed embedding": ("embedding", "echo"),
        "echoed floats": ("floats", "echo"),
        "models": ("models", ""),
        "one model": ("one_model", "qwen-max"),
        "no route": ("refused", "gpt-4"),
        "broken": ("broken", upstream.serve(faults.error_frame(WORDS, errors.OVERLOADED))),
        "cut": ("broken", upstream.serve(faults.cut(WORDS))),
        **{name: ("refused", upstream.serve(fault)) for name, (fault, *_) in REFUSALS.items()},
    }
    # Without site packages: nothing but what this version was installed with.
    done = subprocess.run(
        [sys.executable, "-S", PROGRAMS / "run.py", f"{beating.url}/v1"], input=json.dumps(cases),
        capture_output=True, text=True, timeout=60 * SLOWNESS,
        env=environment({"PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}))
    assert done.returncode == 0, done.stderr
    return Told(request.param, json.loads(done.stdout))


def test_chat(told: Told) -> None:
    assert told["chat"] == {"content": "Hello there ", "finish": "stop", "tokens": 24}
    assert told["echo"]["content"] == "echo: Hello there"


def test_stream(told: Told) -> None:
    assert told["stream"] == {"content": "".join(WORDS)}
    assert told["streamed echo"] == {"content": "echo: Hello there"}


def test_comments_are_passed_over(told: Told) -> None:
    """A slow stream, with keep-alive comments before its first chunk and between the others."""
    assert told["slow stream"] == {"content": "".join(WORDS)}


def test_completion(told: Told) -> None:
    assert told["completion"] == {"content": "as asked"}


def test_embeddings(told: Told) -> None:
    """Unless told otherwise the package asks for base64, where it has numpy to decode it."""
    assert told["embedding"] == told["floats"] == VECTOR
    assert len(told["echoed embedding"]) == 8
    assert told["echoed embedding"] == pytest.approx(told["echoed floats"], rel=1e-6)


def test_models(told: Told) -> None:
    assert {"echo", "qwen-max", "qwen-plus", "qwen-turbo"} <= set(told["models"])
    assert told["one model"] == "qwen-max"


def test_no_route(told: Told) -> None:
    """Refused by the host itself."""
    kind = "InvalidRequestError" if told.before_1 else "NotFoundError"
    assert told["no route"] == {"kind": kind, "status": 404, "code": "model_not_found", "said": ""}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_fault_is_its_exception(told: Told, name: str) -> None:
    _, before, since, status, code = REFUSALS[name]
    assert told[name] == {"kind": before if told.before_1 else since, "status": status,
                          "code": code, "said": ""}


@pytest.mark.parametrize("name", ["broken", "cut"])
def test_a_broken_stream_raises(told: Told, name: str) -> None:
    """After what came before: a part never passes for the whole."""
    error = told[name]
    assert (error["kind"], error["said"]) == ("APIError", "".join(WORDS))

"""The Python package's exceptions: each fault arrives as the class that programs catch."""

import time

import openai
import pytest

from integration.conftest import StartHost, standard_config
from integration.host import SLOWNESS
from upstream import errors
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults, timing
from upstream.simulator import Simulator
from upstream.tls import Authority

PROMPT = [{"role": "user", "content": "Hello"}]
OUTAGE = openai.InternalServerError

FAULTS: dict[str, tuple[Scenario, type[openai.APIStatusError], int, str | None]] = {
    "key": (faults.error(errors.INVALID_KEY), openai.AuthenticationError, 401, "invalid_api_key"),
    "permission": (faults.error(errors.ACCESS_DENIED), openai.PermissionDeniedError, 403, None),
    "model": (faults.error(errors.NO_SUCH_MODEL), openai.NotFoundError, 404, "model_not_found"),
    "rate": (faults.error(errors.RATE), openai.RateLimitError, 429, "limit_requests"),
    "bill": (faults.error(errors.BILL_OVERDUE), openai.RateLimitError, 429, "insufficient_quota"),
    "parameter": (faults.error(errors.INVALID_PARAMETER), openai.BadRequestError, 400,
                  "invalid_parameter_error"),
    "too long": (faults.error(errors.CONTEXT_OVERFLOW), openai.BadRequestError, 400,
                 "context_length_exceeded"),
    "moderation": (faults.error(errors.MODERATION), openai.BadRequestError, 400, "content_filter"),
    "internal": (faults.error(errors.INTERNAL), OUTAGE, 500, "internal_error"),
    "hung up": (faults.hang_up(), OUTAGE, 502, None),
    "too late": (timing.late(timing.FOREVER, answers.chat()), OUTAGE, 504, "first_byte_timeout"),
    "200 with an error": (faults.error_with_status_200(errors.MODERATION), openai.BadRequestError,
                          400, "content_filter"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("fault", "kind", "status", "code"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_its_exception(client: openai.OpenAI, upstream: Simulator, fault: Scenario,
                                  kind: type[openai.APIStatusError], status: int, code: str | None,
                                  stream: bool) -> None:
    """The class, the status, the code, the type and the id of the request, all from the host."""
    model = upstream.serve(fault)
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model=model, messages=PROMPT, stream=stream)
    error = caught.value
    assert type(error) is kind and error.status_code == status
    assert error.type and error.request_id
    assert code is None or error.code == code
    assert isinstance(error.body, dict) and error.body["message"] in str(error)


def test_an_unknown_model(client: openai.OpenAI) -> None:
    """A model of another vendor, as in many a program that changed only its base URL."""
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-4", messages=PROMPT)
    assert caught.value.code == "model_not_found" and "gpt-4" in str(caught.value)


def test_a_wrong_key(start_host: StartHost, upstream: Simulator, authority: Authority) -> None:
    """The host's key, not the client's: its message says whose it is, and names no variable."""
    host = start_host(standard_config(upstream, authority), {"HOLYSHEEP_API_KEY": "hs-expired"})
    client = openai.OpenAI(api_key="x", base_url=f"{host.url}/v1", max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="holysheep refused its API key") as caught:
        client.chat.completions.create(model="qwen-max", messages=PROMPT)
    assert "hs-expired" not in str(caught.value)
    assert "HOLYSHEEP_API_KEY" not in str(caught.value)


BROKEN: dict[str, Scenario] = {
    "cut": faults.cut(["so ", "far"]),
    "ended early": faults.ended_early(["so ", "far"]),
    "error": faults.error_frame(["so ", "far"], errors.INTERNAL),
    "flat error": faults.error_frame(["so ", "far"], errors.OVERLOADED),
    "malformed": faults.malformed_chunk(["so ", "far"]),
    "silence": timing.silent_after(["so ", "far"]),
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_stream_raises(client: openai.OpenAI, upstream: Simulator,
                                fault: Scenario) -> None:
    """The package takes a stream that just ends for a whole one, so the host must say that it is
    not. What came before is there."""
    model = upstream.serve(fault)
    said = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in client.chat.completions.create(model=model, messages=PROMPT, stream=True):
            said.append(chunk.choices[0].delta.content or "")
    assert "".join(said) == "so far"
    assert caught.value.code and caught.value.type


def test_the_client_may_have_less_time_than_the_host(client: openai.OpenAI,
                                                     upstream: Simulator) -> None:
    """Its own time-out ends the call, and the upstream's work with it."""
    model = upstream.serve(timing.late(timing.FOREVER, answers.chat()))
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.15).chat.completions.create(model=model, messages=PROMPT)
    assert upstream.ended(model)[0].disconnected_at is not None


def test_leaving_a_stream_is_seen_upstream(client: openai.OpenAI, upstream: Simulator) -> None:
    """Leaving the loop early ends what is being paid for, at once: the best of three tries."""
    delays = []
    for _ in range(3):
        model = upstream.serve(timing.steady(0.05))
        with client.chat.completions.create(model=model, messages=PROMPT, stream=True) as stream:
            for _ in zip(range(3), stream):
                pass
            left = time.monotonic()
        delays.append(upstream.ended(model)[0].disconnected_at - left)
    assert min(delays) < 0.1 * SLOWNESS


# ---- the package's own retries -------------------------------------------------------------------


@pytest.fixture
def retrying(client: openai.OpenAI) -> openai.OpenAI:
    """With the retries that the package makes unless told otherwise."""
    return client.with_options(max_retries=openai.DEFAULT_MAX_RETRIES)


@pytest.mark.parametrize("fault", [
    errors.INVALID_PARAMETER, errors.MODERATION, errors.INVALID_KEY, errors.NO_SUCH_MODEL,
    errors.BILL_OVERDUE, errors.OUT_OF_CREDIT, errors.ARREARAGE], ids=lambda fault: fault.code)
def test_what_is_not_worth_a_retry_is_asked_once(retrying: openai.OpenAI, upstream: Simulator,
                                                 fault: errors.QwenError) -> None:
    """Neither by the package nor by the host: one request upstream, no more."""
    model = upstream.serve(faults.error(fault))
    with pytest.raises(openai.APIStatusError):
        retrying.chat.completions.create(model=model, messages=PROMPT)
    assert len(upstream.requests(model)) == 1


def test_a_rate_limit_is_waited_for(retrying: openai.OpenAI, upstream: Simulator) -> None:
    """The package waits as long as the upstream asked for, handed on by the host."""
    fault = faults.error(errors.RATE, {"retry-after-ms": "120"})
    model = upstream.serve(fault, fault, answers.chat(["at last"]))
    reply = retrying.chat.completions.create(model=model, messages=PROMPT)
    assert reply.choices[0].message.content == "at last"
    times = [request.at for request in upstream.requests(model)]
    assert len(times) == 3
    for wait in (times[1] - times[0], times[2] - times[1]):
        assert 0.12 <= wait < 0.4 * SLOWNESS

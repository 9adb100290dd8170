"""Upstream refusals: each becomes one status, type and code, in OpenAI's envelope."""

import pytest

from integration.conftest import StartHost, standard_config
from integration.host import Host
from integration.http_client import check_error
from upstream import errors
from upstream.errors import QwenError
from upstream.exchange import Scenario
from upstream.scenarios import answers, faults
from upstream.simulator import Simulator
from upstream.tls import Authority

INVALID = "invalid_request_error"

# Scenario, then the status, type and code that the client must see; None: any code or none.
REFUSALS: dict[str, tuple[QwenError, int, str, str | None]] = {
    "wrong key": (errors.INVALID_KEY, 401, INVALID, "invalid_api_key"),
    "wrong key, flat": (errors.INVALID_KEY.as_flat("InvalidApiKey"), 401, INVALID,
                        "invalid_api_key"),
    "access denied": (errors.ACCESS_DENIED, 403, INVALID, None),
    "bad parameter": (errors.INVALID_PARAMETER, 400, INVALID, "invalid_parameter_error"),
    "bad parameter, flat": (errors.INVALID_PARAMETER.as_flat("InvalidParameter"), 400, INVALID,
                            "InvalidParameter"),
    "prompt too long": (errors.CONTEXT_OVERFLOW, 400, INVALID, "context_length_exceeded"),
    "prompt too long, flat": (errors.CONTEXT_OVERFLOW.as_flat("InvalidParameter"), 400, INVALID,
                              "context_length_exceeded"),
    "moderation": (errors.MODERATION, 400, INVALID, "content_filter"),
    "moderation, flat": (errors.MODERATION.as_flat("DataInspectionFailed"), 400, INVALID,
                         "content_filter"),
    "unpaid": (errors.ARREARAGE, 429, "insufficient_quota", "insufficient_quota"),
    "free tier spent": (errors.FREE_TIER_SPENT, 429, "insufficient_quota", "insufficient_quota"),
    "bill overdue": (errors.BILL_OVERDUE, 429, "insufficient_quota", "insufficient_quota"),
    "out of credit": (errors.OUT_OF_CREDIT, 429, "insufficient_quota", "insufficient_quota"),
    "unknown model": (errors.NO_SUCH_MODEL, 404, INVALID, "model_not_found"),
    "unknown model, flat": (errors.NO_SUCH_MODEL.as_flat("ModelNotFound"), 404, INVALID,
                            "model_not_found"),
    "too many requests": (errors.RATE, 429, "rate_limit_error", "limit_requests"),
    "too many requests, flat": (errors.RATE.as_flat("Throttling.RateQuota"), 429,
                                "rate_limit_error", "Throttling.RateQuota"),
    "too steep": (errors.BURST, 429, "rate_limit_error", "limit_burst_rate"),
    "internal": (errors.INTERNAL, 500, "server_error", "internal_error"),
    "overloaded": (errors.OVERLOADED, 503, "server_error", "ModelServingError"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("fault", "status", "type", "code"), REFUSALS.values(),
                         ids=REFUSALS.keys())
def test_refusals_of_the_upstream(host: Host, upstream: Simulator, fault: QwenError, status: int,
                                  type: str, code: str | None, stream: bool) -> None:
    """Programs test for OpenAI's codes, whatever the vendor calls the fault and in whatever shape.
    A stream that never began is refused like a whole reply, with a status."""
    reply = host.chat(upstream.serve(faults.error(fault)), stream=stream)
    error = reply.error()
    assert (reply.status, error["type"]) == (status, type), error
    assert code is None or error["code"] == code, error
    assert reply.headers["x-bellwether-provider"] == "holysheep"


SHAPES: dict[str, tuple[Scenario, int]] = {
    "a string": (faults.status(403, b'{"error":"Client not allowed","message":"no"}'), 403),
    "no error member": (faults.status(500, b'{"detail":"boom"}'), 500),
    "a numeric code": (faults.status(503, b'{"error":{"message":"busy","code":503}}'), 503),
    "an array": (faults.status(500, b'[{"error":{"code":500,"message":"x","status":"S"}}]'), 500),
    "an empty body": (faults.status(500, b""), 500),
    "an HTML page": (faults.html(502), 502),
    "an HTML page, 503": (faults.html(503), 503),
    "text": (faults.status(500, b"upstream connect error", content_type="text/plain"), 500),
    "cut JSON": (faults.status(500, b'{"error":{"mess'), 500),
    "bytes that are not UTF-8": (faults.status(500, b'{"error":{"message":"\xff\xfe"}}'), 500),
}


@pytest.mark.parametrize(("scenario", "status"), SHAPES.values(), ids=SHAPES.keys())
def test_errors_of_any_shape_become_the_envelope(
        host: Host, upstream: Simulator, scenario: Scenario, status: int) -> None:
    """Proxies and relays answer in shapes of their own; the client always sees the same one."""
    reply = host.chat(upstream.serve(scenario))
    error = reply.error()
    assert reply.status == status, error
    assert "<html>" not in error["message"]


def test_a_refused_key_is_told_of_and_not_shown(start_host: StartHost, upstream: Simulator,
                                                authority: Authority) -> None:
    """A client needs neither the key's content, not even where the upstream repeats it, nor the
    variable that holds it."""
    key = "hs-wrong-8c1f2e77aa"
    host = start_host(standard_config(upstream, authority), {"HOLYSHEEP_API_KEY": key})
    reply = host.chat("qwen-max")
    body = reply.body().decode()
    assert reply.status == 401
    assert "holysheep refused its API key" in body and "invalid_api_key" in body
    assert "HOLYSHEEP_API_KEY" not in body
    assert key not in body + str(reply.header_list) + host.log()


def test_a_key_that_the_upstream_repeats_is_masked(start_host: StartHost, second: Simulator,
                                                   authority: Authority) -> None:
    """`Incorrect API key provided: sk-...` is a common courtesy of upstreams."""
    key = "test-key"
    host = start_host(standard_config(second, authority), {"HOLYSHEEP_API_KEY": key})
    fault = QwenError(401, "invalid_api_key", f"Incorrect API key provided: {key}.")
    for stream in (False, True):
        reply = host.chat(second.serve(faults.error(fault)), stream=stream)
        assert reply.status == 401
        assert key not in reply.body().decode()
    frame = faults.error_frame(["so ", "far"], fault)
    assert key not in host.chat(second.serve(frame), stream=True).body().decode()
    assert key not in host.log()


def test_no_credit_is_not_worth_a_retry(host: Host, upstream: Simulator) -> None:
    """Official clients retry every 429 unless they are told not to."""
    reply = host.chat(upstream.serve(faults.error(errors.BILL_OVERDUE)))
    assert reply.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(("given", "seconds", "milliseconds"), [
    ({"retry-after": "7"}, "7", "7000"),
    ({"retry-after": "1.5"}, "2", "1500"),
    ({"retry-after-ms": "250"}, "1", "250"),
], ids=["seconds", "fraction", "milliseconds"])
def test_the_wait_that_the_upstream_asks_for_is_handed_on(
        host: Host, upstream: Simulator, given: dict[str, str], seconds: str,
        milliseconds: str) -> None:
    """Official clients read `retry-after-ms` first and `retry-after` else."""
    reply = host.chat(upstream.serve(faults.error(errors.RATE, given)))
    assert reply.status == 429
    assert reply.headers["retry-after"] == seconds
    assert reply.headers["retry-after-ms"] == milliseconds
    assert reply.headers.get("x-should-retry") != "false"


def test_tokens_per_minute_is_a_rate_and_not_a_bill(host: Host, upstream: Simulator) -> None:
    """Qwen's `insufficient_quota` means too fast; at OpenAI it means unpaid. Only the first is
    worth a retry, so clients must not be told otherwise."""
    reply = host.chat(upstream.serve(faults.error(errors.TOKENS_PER_MINUTE)))
    error = reply.error()
    assert reply.status == 429 and error["type"] == "rate_limit_error"
    assert reply.headers.get("x-should-retry") != "false"


def test_an_error_with_status_200_is_an_error(host: Host, upstream: Simulator) -> None:
    """No official client raises on such a reply; its caller would read `choices` of nothing."""
    for fault, status in ((errors.MODERATION, 400), (errors.INTERNAL, 502),
                          (errors.ARREARAGE, 429)):
        for stream in (False, True):
            model = upstream.serve(faults.error_with_status_200(fault))
            reply = host.chat(model, stream=stream)
            reply.error()
            assert reply.status == status, (fault, stream)


def test_an_error_as_the_first_event_has_a_status(host: Host, upstream: Simulator) -> None:
    """As long as nothing was delivered the client can still be answered properly."""
    for fault, status in ((errors.MODERATION, 400), (errors.RATE, 429),
                          (errors.MODERATION.as_flat("DataInspectionFailed"), 400)):
        reply = host.chat(upstream.serve(faults.error_as_first_event(fault)), stream=True)
        reply.error()
        assert reply.status == status, fault


def test_a_refused_call_leaves_the_connection_usable(host: Host, upstream: Simulator) -> None:
    """Errors are answers like others: the next call follows on the same line."""
    bad = upstream.serve(faults.error(errors.INTERNAL))
    good = upstream.serve(answers.chat())
    with host.connect() as connection:
        for _ in range(3):
            check_error(connection.chat(bad).json())
            content = connection.chat(good, "fine").json()["choices"][0]["message"]["content"]
            assert content == "fine "

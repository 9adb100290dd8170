"""Answers with a status that says no, each that docs/errors.md knows of."""

from email.utils import formatdate

from integration.fault_matrix.fault import both
from integration.fault_matrix.outcome import (
    Cells, for_good, refused, told, tried_again, tried_elsewhere)
from upstream import errors
from upstream.errors import QwenError
from upstream.exchange import Scenario
from upstream.scenarios import faults, wire

QUOTA = for_good(429, "insufficient_quota insufficient_quota")
KEY = refused(401, "invalid_request_error invalid_api_key")
NO_MODEL = refused(404, "invalid_request_error model_not_found")
TOO_LONG = refused(400, "invalid_request_error context_length_exceeded")
ODD = refused(502, "server_error odd_request")


def odd(status: int) -> Scenario:
    """A refusal whose words say nothing that its status does not."""
    return faults.error(QwenError(status, "odd_request", "No."))


def rate(code: str, retry_after_ms: int = 1000) -> Cells:
    return tried_again(refused(429, f"rate_limit_error {code}", retry_after_ms=retry_after_ms))


def dated(seconds: int) -> Scenario:
    """The wait as a date, so many seconds after the answer's own."""
    at = 1_800_000_000
    return faults.error(errors.RATE, {"date": formatdate(at, usegmt=True),
                                      "retry-after": formatdate(at + seconds, usegmt=True)})


WORDS = b'{"error":{"message":"No'
IN_THE_BODY = QwenError(429, "limit_requests", "Too fast. Please try again in 0.7s.",
                        "limit_requests")
OPENAI_QUOTA = QwenError(429, "insufficient_quota", "You exceeded your current quota.",
                         "insufficient_quota")

CLIENTS_OWN = [
    both("400-parameter", "says 400: a parameter is wrong",
         told(refused(400, "invalid_request_error invalid_parameter_error")),
         faults.error(errors.INVALID_PARAMETER)),
    both("400-too-long", "says 400: the prompt is too long", tried_elsewhere(TOO_LONG),
         faults.error(errors.CONTEXT_OVERFLOW)),
    both("400-moderation", "says 400: moderation refuses the prompt",
         told(refused(400, "invalid_request_error content_filter")),
         faults.error(errors.MODERATION)),
    both("413", "says 413: the request is too large", tried_elsewhere(TOO_LONG), odd(413)),
    both("422", "says 422: the request makes no sense",
         told(refused(422, "invalid_request_error odd_request")), odd(422)),
]

ACCOUNT = [
    both("400-arrearage", "says 400: the account is in arrears", tried_elsewhere(QUOTA),
         faults.error(errors.ARREARAGE)),
    both("401", "says 401: the host's key is wrong", tried_elsewhere(KEY),
         faults.error(errors.INVALID_KEY)),
    both("402", "says 402: the day's credit is used up", tried_elsewhere(QUOTA),
         faults.error(errors.OUT_OF_CREDIT)),
    both("403-denied", "says 403: the key may not do this",
         tried_elsewhere(refused(403, "invalid_request_error invalid_api_key")),
         faults.error(errors.ACCESS_DENIED)),
    both("403-free-tier", "says 403: what is free is used up", tried_elsewhere(QUOTA),
         faults.error(errors.FREE_TIER_SPENT)),
    both("404", "says 404: there is no such model", tried_elsewhere(NO_MODEL),
         faults.error(errors.NO_SUCH_MODEL)),
    both("410", "says 410: the model is gone", tried_elsewhere(NO_MODEL), odd(410)),
    both("429-overdue", "says 429: the bill is overdue", tried_elsewhere(QUOTA),
         faults.error(errors.BILL_OVERDUE)),
    both("429-openai-quota", "is OpenAI, and says 429 `insufficient_quota`: there is no credit",
         tried_elsewhere(QUOTA), faults.error(OPENAI_QUOTA), plugin="openai"),
]

RATE = [
    both("429-seconds", "says 429, and `retry-after: 1`", rate("limit_requests"),
         faults.error(errors.RATE, {"retry-after": "1"})),
    both("429-milliseconds", "says 429, and `retry-after-ms: 300`", rate("limit_requests", 300),
         faults.error(errors.RATE, {"retry-after-ms": "300"})),
    both("429-date", "says 429, and a date in `retry-after`", rate("limit_requests"), dated(1)),
    both("429-in-the-body", "says 429, and how long to wait in its words only",
         rate("limit_requests", 700), faults.error(IN_THE_BODY)),
    both("429-no-hint", "says 429, and nothing of how long", rate("limit_requests"),
         faults.error(errors.RATE)),
    both("429-burst", "says 429: the rate has grown too fast", rate("limit_burst_rate"),
         faults.error(errors.BURST)),
    both("429-tokens", "is Qwen, and says 429 `insufficient_quota`: too many tokens a minute",
         rate("insufficient_quota"), faults.error(errors.TOKENS_PER_MINUTE)),
]

FAILURES = [
    both("405", "says 405: this method is not for this path", tried_elsewhere(ODD), odd(405)),
    both("408", "says 408: the request took too long", tried_again(ODD), odd(408)),
    both("409", "says 409: there is a conflict", tried_elsewhere(ODD), odd(409)),
    both("500", "says 500", tried_again(refused(500, "server_error internal_error")),
         faults.error(errors.INTERNAL)),
    both("500-html", "says 500 with a page of HTML",
         tried_again(refused(500, "server_error upstream_error")), faults.html(500)),
    both("501", "says 501: it cannot do this",
         tried_elsewhere(refused(400, "invalid_request_error odd_request")), odd(501)),
    both("502-html", "says 502 with the page of a proxy in between",
         tried_again(refused(502, "server_error upstream_error")), faults.html(502)),
    both("503", "says 503", tried_again(refused(503, "server_error ModelServingError")),
         faults.error(errors.OVERLOADED)),
    both("503-seconds", "says 503, and `retry-after: 1`",
         tried_again(refused(503, "server_error ModelServingError", retry_after_ms=1000)),
         faults.error(errors.OVERLOADED, {"retry-after": "1"})),
    both("504", "says 504", tried_again(refused(504, "server_error odd_request")), odd(504)),
    both("401-silence", "says 401, and never ends its words",
         tried_elsewhere(refused(401, "invalid_request_error invalid_api_key")),
         wire.refusal_without_end(401, WORDS, filler=False)),
    both("429-silence", "says 429, and never ends its words", rate("rate_limit_exceeded"),
         wire.refusal_without_end(429, WORDS, filler=False)),
    both("500-endless", "says 500, and then more than anybody reads",
         tried_again(refused(500, "server_error upstream_error")),
         wire.refusal_without_end(500, WORDS, filler=True)),
    both("529", "says 529: it is overloaded", tried_again(refused(529, "server_error odd_request")),
         odd(529)),
]

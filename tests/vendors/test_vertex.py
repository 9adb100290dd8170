"""The simulated Vertex AI and Google's token endpoint take what is documented, and refuse the rest
as they do."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from upstream.qwen import dump
from upstream.tls import Authority
from upstream.vendors import content, google_tokens, rsa, vertex
from upstream.vendors.google_tokens import AUDIENCE, EMAIL, GRANT, SCOPE, GoogleTokens
from upstream.vendors.vertex import Vertex
from vendors.client import Answer, Client, changed

ASKED: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello there"}]}]}
MODEL = "gemini-2.5-flash"


@pytest.fixture(scope="module")
def tokens(authority: Authority,
           tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleTokens]:
    with GoogleTokens(authority, tmp_path_factory.mktemp("account")) as started:
        yield started


@pytest.fixture(scope="module")
def upstream(authority: Authority, tokens: GoogleTokens) -> Iterator[Vertex]:
    with Vertex(authority, tokens) as started:
        yield started


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def assertion(tokens: GoogleTokens, algorithm: str = "RS256", **claims: Any) -> str:
    now = int(time.time())
    told = changed({"iss": EMAIL, "scope": SCOPE, "aud": AUDIENCE, "iat": now, "exp": now + 3600},
                   **claims)
    signed = f"{encoded(dump({'alg': algorithm, 'typ': 'JWT'}))}.{encoded(dump(told))}"
    return f"{signed}.{encoded(rsa.sign(tokens.key_file, signed.encode()))}"


def exchange(client: Client, tokens: GoogleTokens, **members: str) -> Answer:
    form = {"grant_type": GRANT, "assertion": "", **members}
    return client.send("POST", tokens.token_url,
                       {"content-type": "application/x-www-form-urlencoded"},
                       urlencode(form).encode())


@pytest.fixture
def bearer(client: Client, tokens: GoogleTokens) -> dict[str, str]:
    told = exchange(client, tokens, assertion=assertion(tokens)).json
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3599)
    return {"authorization": f"Bearer {told['access_token']}"}


def ask(client: Client, upstream: Vertex, bearer: dict[str, str], body: Any = ASKED,
        model: str = MODEL, method: str = "generateContent") -> Answer:
    return client.post(f"{upstream.origin}{upstream.path(model, method)}", body, bearer)


@pytest.mark.parametrize(("claims", "error", "said"), [
    ({"iss": "other@x.test"}, "invalid_grant", "account not found"),
    ({"aud": "https://x.test/token"}, "invalid_grant", "audience"),
    ({"exp": 1}, "invalid_grant", "short-lived"), ({"iat": 1}, "invalid_grant", "short-lived"),
    ({"iat": None}, "invalid_grant", "short-lived"),
    ({"scope": "openid"}, "invalid_scope", "scope"),
    ({"algorithm": "HS256"}, "invalid_grant", "Bad Request")])
def test_a_wrong_assertion(client: Client, tokens: GoogleTokens, claims: dict[str, Any], error: str,
                           said: str) -> None:
    answer = exchange(client, tokens, assertion=assertion(tokens, **claims))
    assert (answer.status, answer.json["error"]) == (400, error)
    assert said in answer.json["error_description"]


def test_a_signature_of_something_else(client: Client, tokens: GoogleTokens) -> None:
    head, _, signature = assertion(tokens).split(".")
    other = assertion(tokens, sub="someone").split(".")[1]
    answer = exchange(client, tokens, assertion=f"{head}.{other}.{signature}")
    assert answer.json["error_description"] == "Invalid JWT Signature."
    assert exchange(client, tokens).json["error"] == "invalid_request"
    assert exchange(client, tokens, grant_type="password").json["error"] == "unsupported_grant_type"


def test_the_accounts_own_address_will_do(client: Client, tokens: GoogleTokens) -> None:
    told = assertion(tokens, aud=tokens.token_url)
    assert exchange(client, tokens, assertion=told).status == 200


def test_an_endpoint_that_fails(client: Client, tokens: GoogleTokens) -> None:
    tokens.failing = google_tokens.UNAVAILABLE
    assert exchange(client, tokens, assertion=assertion(tokens)).status == 500
    tokens.failing = None


def test_a_reply_and_a_stream(client: Client, upstream: Vertex, bearer: dict[str, str]) -> None:
    told = ask(client, upstream, bearer).json
    assert told["candidates"][0]["content"]["parts"] == [{"text": "Hello there "}]
    model = upstream.serve(upstream.says(content.PLAIN))
    answer = ask(client, upstream, bearer, model=model, method="streamGenerateContent?alt=sse")
    said = [part["text"] for payload in answer.sse
            for part in payload["candidates"][0]["content"]["parts"]]
    assert "".join(said) == content.PLAIN.text


def test_arguments_in_pieces(client: Client, upstream: Vertex, bearer: dict[str, str]) -> None:
    model = upstream.serve(upstream.says(content.TOOL))
    config = {"functionCallingConfig": {"streamFunctionCallArguments": True}}
    answer = ask(client, upstream, bearer, {**ASKED, "toolConfig": config}, model,
                 "streamGenerateContent?alt=sse")
    calls = [part["functionCall"] for payload in answer.sse
             for part in payload["candidates"][0]["content"]["parts"] if "functionCall" in part]
    assert calls[0] == {"name": "get_weather", "willContinue": True} and calls[-1] == {}
    pieces = [argument for call in calls for argument in call.get("partialArgs", [])]
    city = "".join(piece["stringValue"] for piece in pieces if piece["jsonPath"] == "$.city")
    assert city == content.WEATHER.arguments["city"]
    assert [piece["numberValue"] for piece in pieces if piece["jsonPath"] == "$.days"] == [3]


def test_tokens_end(client: Client, upstream: Vertex, tokens: GoogleTokens,
                    bearer: dict[str, str]) -> None:
    assert ask(client, upstream, bearer).status == 200
    tokens.revoke()
    answer = ask(client, upstream, bearer)
    assert (answer.status, answer.json["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert answer.json["error"]["details"][0]["reason"] == "ACCESS_TOKEN_EXPIRED"
    none = ask(client, upstream, {})
    assert none.json["error"]["details"][0]["reason"] == "CREDENTIALS_MISSING"


@pytest.mark.parametrize(("change", "status"), [
    (("us-central1", "mars-north1"), 404), ((MODEL, "gemini-0"), 404),
    ((google_tokens.PROJECT, "other"), 403), (("publishers/google", "publishers/other"), 404)])
def test_a_wrong_address(client: Client, upstream: Vertex, bearer: dict[str, str],
                         change: tuple[str, str], status: int) -> None:
    url = f"{upstream.origin}{upstream.path(MODEL).replace(*change)}"
    answer = client.post(url, ASKED, bearer)
    assert (answer.status, answer.json["error"]["code"]) == (status, status)


def test_a_role_is_needed(client: Client, upstream: Vertex, bearer: dict[str, str]) -> None:
    answer = ask(client, upstream, bearer, {"contents": [{"parts": [{"text": "a"}]}]})
    assert answer.status == 400


def test_limits_and_breaks(client: Client, upstream: Vertex, bearer: dict[str, str]) -> None:
    model = upstream.serve(upstream.refuses(vertex.RATE),
                           upstream.breaks(content.PLAIN, vertex.RATE))
    refused = ask(client, upstream, bearer, model=model)
    assert (refused.status, refused.json["error"].get("details")) == (429, None)
    broken = ask(client, upstream, bearer, model=model, method="streamGenerateContent?alt=sse")
    assert json.loads(broken.body[broken.body.rindex(b'{\n  "error"'):])["error"]["code"] == 429

"""The token endpoint of Microsoft Entra ID, for client credentials. Formats: the pages of the
Microsoft identity platform, and refusals as users report them."""

import time
from urllib.parse import parse_qsl

from upstream.exchange import Exchange, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.tls import Authority
from upstream.vendors.vendor import Fault, Refusal, Vendor, new_id, path_of

TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT = "66666666-7777-4888-8999-aaaaaaaaaaaa"
CLIENT_SECRET = "entra~secret+with/marks"
SCOPE = "https://cognitiveservices.azure.com/.default"
NEWER_SCOPE = "https://ai.azure.com/.default"  # of Azure OpenAI's API without versions


def refused(status: int, error: str, number: int, said: str) -> Fault:
    return Fault(status, error, f"AADSTS{number}: {said}", more={"error_codes": [number]})


NO_TENANT = refused(400, "invalid_request", 90002, f"Tenant '{TENANT}' not found.")
NO_GRANT = refused(400, "invalid_request", 900144,
                   "The request body must contain the following parameter: 'grant_type'.")
WRONG_GRANT = refused(400, "unsupported_grant_type", 70003,
                      "The app requested an unsupported grant type.")
NO_CLIENT = refused(400, "unauthorized_client", 700016,
                    "The application was not found in the directory.")
NO_SECRET = refused(401, "invalid_client", 7000218, "The request body must contain the following "
                    "parameter: 'client_assertion' or 'client_secret'.")
WRONG_SECRET = refused(401, "invalid_client", 7000215, "Invalid client secret provided.")
WRONG_SCOPE = refused(400, "invalid_scope", 1002012, "The provided value for scope is not valid. "
                      "Client credential flows must have a scope value with /.default suffixed to "
                      "the resource identifier.")
NO_RESOURCE = refused(400, "invalid_resource", 500011, "The resource principal was not found.")


class Entra(Vendor):
    """Tokens live for `lifetime` seconds; `failing` is played as long as it is set."""

    NO_SUCH_ROUTE = Fault(404, "not_found", "Not found")

    def __init__(self, authority: Authority | None, lifetime: int = 3599) -> None:
        super().__init__(authority)
        self.lifetime = lifetime
        self.failing: Fault | None = None
        self._tokens: dict[str, tuple[float, str]] = {}

    @property
    def token_url(self) -> str:
        return f"{self.origin}/{TENANT}/oauth2/v2.0/token"

    def issued(self, token: str, *scopes: str) -> bool:
        """And still good, for one of these."""
        until, scope = self._tokens.get(token, (0.0, ""))
        return until > time.monotonic() and scope in scopes

    def revoke(self) -> None:
        """All that were issued."""
        self._tokens.clear()

    def check(self, request: Received) -> Scenario:
        tenant, _, rest = path_of(request).lstrip("/").partition("/")
        if (request.method, rest) == ("GET", "v2.0/.well-known/openid-configuration"):
            return _answers(self._described(tenant))
        if (request.method, rest) != ("POST", "oauth2/v2.0/token"):
            raise Refusal(self.NO_SUCH_ROUTE)
        if self.failing:
            raise Refusal(self.failing)
        if tenant != TENANT:
            raise Refusal(NO_TENANT)
        kind = request.header("content-type") or ""
        form = dict(parse_qsl(request.body.decode())) if "x-www-form-urlencoded" in kind else {}
        _check(form)
        token = f"eyJ0eXAi.{new_id('entra')}.c2ln"
        self._tokens[token] = time.monotonic() + self.lifetime, form["scope"]
        return _answers({"token_type": "Bearer", "expires_in": self.lifetime,
                         "ext_expires_in": self.lifetime, "access_token": token})

    def _described(self, tenant: str) -> Json:
        """What SDKs ask for before the token."""
        at = f"{self.origin}/{tenant}"
        return {"token_endpoint": f"{at}/oauth2/v2.0/token", "issuer": f"{at}/v2.0",
                "authorization_endpoint": f"{at}/oauth2/v2.0/authorize"}

    def fault(self, request: Received, fault: Fault) -> Json:
        trace, correlation = "0b5e0000-0000-4000-8000-000000000000", new_id("7c00-")
        told = (f"{fault.message} Trace ID: {trace} Correlation ID: {correlation} "
                "Timestamp: 2026-11-29 12:00:00Z")
        return {"error": fault.code, "error_description": told, **fault.more,
                "timestamp": "2026-11-29 12:00:00Z", "trace_id": trace,
                "correlation_id": correlation}


def _check(form: dict[str, str]) -> None:
    if "grant_type" not in form:
        raise Refusal(NO_GRANT)
    if form["grant_type"] != "client_credentials":
        raise Refusal(WRONG_GRANT)
    if form.get("client_id") != CLIENT:
        raise Refusal(NO_CLIENT)
    if "client_secret" not in form:
        raise Refusal(NO_SECRET)
    if form["client_secret"] != CLIENT_SECRET:
        raise Refusal(WRONG_SECRET)
    if not form.get("scope", "").endswith("/.default"):
        raise Refusal(WRONG_SCOPE)
    if form["scope"] not in (SCOPE, NEWER_SCOPE):
        raise Refusal(NO_RESOURCE)


def _answers(body: Json) -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(dump(body), headers={"cache-control": "no-store, no-cache"})

    return play

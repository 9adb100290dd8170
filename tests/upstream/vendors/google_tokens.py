"""Google's token endpoint for service accounts: a signed assertion for an access token. Formats:
the pages on OAuth for server to server applications, google-auth (2.63.0), and refusals as users
report them."""

import json
import time
from pathlib import Path
from urllib.parse import parse_qsl

from upstream.exchange import Exchange, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.tls import Authority
from upstream.vendors import rsa
from upstream.vendors.vendor import Fault, Refusal, Vendor, new_id, path_of

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
PROJECT = "vendor-test-project"
EMAIL = f"gateway@{PROJECT}.iam.gserviceaccount.com"
KEY_ID = "0123456789abcdef0123456789abcdef01234567"


def refused(error: str, said: str, status: int = 400) -> Fault:
    return Fault(status, error, said)


WRONG_GRANT = refused("unsupported_grant_type", "Invalid grant_type: ")
NO_ASSERTION = refused("invalid_request", "Missing required parameter: assertion")
MALFORMED = refused("invalid_grant", "Bad Request")
WRONG_SIGNATURE = refused("invalid_grant", "Invalid JWT Signature.")
NO_ACCOUNT = refused("invalid_grant", "Invalid grant: account not found")
WRONG_AUDIENCE = refused("invalid_grant", "Invalid JWT: Failed audience check.")  # not verified
UNTIMELY = refused("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) "
                   "and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
WRONG_SCOPE = refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
UNAVAILABLE = refused("internal_failure", "Backend Error", 500)


class GoogleTokens(Vendor):
    """Knows one service account. Tokens live for `lifetime` seconds; `failing` is played as long as
    it is set."""

    def __init__(self, authority: Authority | None, folder: Path, lifetime: int = 3599) -> None:
        super().__init__(authority)
        folder.mkdir(parents=True, exist_ok=True)
        self.key_file = folder / "account.key"
        self.lifetime = lifetime
        self.failing: Fault | None = None
        self._key = rsa.create_key(self.key_file)
        self._tokens: dict[str, float] = {}

    @property
    def token_url(self) -> str:
        return f"{self.origin}/token"

    def account(self) -> Json:
        """The file that Google gives out for a service account."""
        certificates = "https://www.googleapis.com/oauth2/v1/certs"
        return {"type": "service_account", "project_id": PROJECT, "private_key_id": KEY_ID,
                "private_key": self._key.private_pem, "client_email": EMAIL,
                "client_id": "100000000000000000000",
                "auth_uri": "https://accounts.google.com/o/oauth2/auth",
                "token_uri": self.token_url, "auth_provider_x509_cert_url": certificates,
                "client_x509_cert_url": certificates, "universe_domain": "googleapis.com"}

    def write_account(self, file: Path) -> Path:
        file.write_text(json.dumps(self.account(), indent=2))
        return file

    def issued(self, token: str) -> bool:
        return self._tokens.get(token, 0) > time.monotonic()

    def revoke(self) -> None:
        self._tokens.clear()

    def check(self, request: Received) -> Scenario:
        if (request.method, path_of(request)) != ("POST", "/token"):
            raise Refusal(self.NO_SUCH_ROUTE)
        if self.failing:
            raise Refusal(self.failing)
        kind = request.header("content-type") or ""
        form = dict(parse_qsl(request.body.decode())) if "x-www-form-urlencoded" in kind else {}
        if form.get("grant_type") != GRANT:
            raise Refusal(WRONG_GRANT)
        if not form.get("assertion"):
            raise Refusal(NO_ASSERTION)
        self._check_assertion(form["assertion"])
        token = new_id("ya29.c.vendor-")
        self._tokens[token] = time.monotonic() + self.lifetime
        told = dump({"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"})

        async def play(exchange: Exchange) -> None:
            await exchange.reply(told, content_type="application/json; charset=UTF-8")

        return play

    def _check_assertion(self, assertion: str) -> None:
        parts = assertion.split(".")
        head, claims = (rsa.part(parts[0]), rsa.part(parts[1])) if len(parts) == 3 else (None, None)
        if not head or not claims or head.get("alg") != "RS256":
            raise Refusal(MALFORMED)
        if claims.get("iss") != EMAIL:
            raise Refusal(NO_ACCOUNT)
        signature = rsa.bare(parts[2]) or b""
        named = head.get("kid", KEY_ID) == KEY_ID
        if not named or not self._key.verifies(f"{parts[0]}.{parts[1]}".encode(), signature):
            raise Refusal(WRONG_SIGNATURE)
        # Google's own is what its SDKs say whatever the account's file has; here both will do.
        if claims.get("aud") not in (AUDIENCE, self.token_url):
            raise Refusal(WRONG_AUDIENCE)
        issued, expires, now = claims.get("iat"), claims.get("exp"), time.time()
        if not isinstance(issued, int) or not isinstance(expires, int):
            raise Refusal(UNTIMELY)
        if issued > now + 300 or expires < now or expires - issued > 3600:
            raise Refusal(UNTIMELY)
        if SCOPE not in str(claims.get("scope", "")).split():
            raise Refusal(WRONG_SCOPE)

    def fault(self, request: Received, fault: Fault) -> Json:
        return {"error": fault.code, "error_description": fault.message}

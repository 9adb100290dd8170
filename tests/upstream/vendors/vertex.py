"""Gemini of Vertex AI, with the access tokens of a service account. Formats: its reference, the
Python SDK (3.6.1), and answers as users report them."""

import re

from upstream.exchange import Exchange, Scenario
from upstream.journal import Received
from upstream.qwen import dump
from upstream.tls import Authority
from upstream.vendors.google import METHODS, NO_ROUTE, RPC, GenerateContent, fault, reason
from upstream.vendors.google_tokens import PROJECT, GoogleTokens
from upstream.vendors.vendor import Fault, Refusal, path_of

LOCATION = "us-central1"
SERVICE = "aiplatform.googleapis.com"
CALL = re.compile(r"/v1(?:beta1)?/projects/([^/]+)/locations/([^/]+)/publishers/google/models/"
                  r"([^/:]+(?::[^/:]+)*):([A-Za-z]+)").fullmatch

LIST = "/v1beta1/publishers/google/models"

NO_TOKEN = fault(401, "UNAUTHENTICATED", "Request is missing required authentication credential. "
                 "Expected OAuth 2 access token, login cookie or other valid authentication "
                 "credential.", reason("CREDENTIALS_MISSING", SERVICE))
WRONG_TOKEN = fault(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. "
                    "Expected OAuth 2 access token, login cookie or other valid authentication "
                    "credential.", reason("ACCESS_TOKEN_EXPIRED", SERVICE))
PERMISSION = fault(403, "PERMISSION_DENIED", "Permission 'aiplatform.endpoints.predict' denied on "
                   "resource (or it may not exist).",
                   {"@type": f"{RPC}.ErrorInfo", "reason": "IAM_PERMISSION_DENIED",
                    "domain": SERVICE,
                    "metadata": {"permission": "aiplatform.endpoints.predict"}})
# Without a delay: the capacity is shared, and nobody knows.
RATE = fault(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.")


class Vertex(GenerateContent):
    models = ("gemini-2.5-flash", "gemini-3-pro-preview")
    vertex = True

    def __init__(self, authority: Authority | None, tokens: GoogleTokens) -> None:
        super().__init__(authority)
        self._tokens = tokens

    def path(self, model: str, method: str = "generateContent") -> str:
        return (f"/v1/projects/{PROJECT}/locations/{LOCATION}/publishers/google/models/"
                f"{model}:{method}")

    def check(self, request: Received) -> Scenario:
        bearer = request.header("authorization") or ""
        if not bearer.startswith("Bearer "):
            raise Refusal(NO_TOKEN)
        if not self._tokens.issued(bearer.removeprefix("Bearer ")):
            raise Refusal(WRONG_TOKEN)
        if (request.method, path_of(request)) == ("GET", LIST):
            return self._list()
        found = CALL(path_of(request))
        if not found or request.method != "POST" or found[4] not in METHODS:
            raise Refusal(NO_ROUTE)
        if found[1] != PROJECT:
            raise Refusal(PERMISSION)
        if found[2] not in (LOCATION, "global"):
            raise Refusal(NO_ROUTE)
        return self.says(self.check_body(request, found[3]))

    def _list(self) -> Scenario:
        listed = [{"name": f"publishers/google/models/{model}", "versionId": "default",
                   "launchStage": "GA"} for model in self.models]

        async def play(exchange: Exchange) -> None:
            await exchange.reply(dump({"publisherModels": listed}), content_type=self.json_type)

        return play

    def no_model(self, model: str) -> Fault:
        return fault(404, "NOT_FOUND", f"Publisher Model `projects/{PROJECT}/locations/{LOCATION}/"
                     f"publishers/google/models/{model}` was not found or your project does not "
                     "have access to it.")

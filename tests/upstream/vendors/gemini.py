"""The Gemini API, with keys. Formats: its reference and its page on errors, the Python SDK (3.6.1),
and answers as users report them."""

import re
from typing import Self

from upstream.exchange import Exchange, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.tls import Authority
from upstream.vendors.gemini_files import GRANULARITY, UPLOAD, Files, Uploads, take
from upstream.vendors.google import (
    METHODS, NO_ROUTE, RPC, GenerateContent, fault, invalid, reason)
from upstream.vendors.google_request import parts
from upstream.vendors.vendor import KEY, Fault, Refusal, path_of, query_of

SERVICE = "generativelanguage.googleapis.com"
CALL = re.compile(r"/v1(?:beta)?/models/([^/:]+(?::[^/:]+)*):([A-Za-z]+)").fullmatch
FILES = "/v1beta/files/"
LIST = ("/v1beta/models", "/v1/models")
FILE = re.compile(r"/v1(?:beta)?/files/([^/]+)").fullmatch

NO_KEY = fault(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers "
               "without established identity). Please use API Key or other form of API consumer "
               "identity to call this API.")
WRONG_KEY = invalid("API key not valid. Please pass a valid API key.",
                    reason("API_KEY_INVALID", SERVICE),
                    {"@type": f"{RPC}.LocalizedMessage", "locale": "en-US",
                     "message": "API key not valid. Please pass a valid API key."})
PERMISSION = fault(403, "PERMISSION_DENIED", "The API is not enabled for the project of this key.",
                   reason("SERVICE_DISABLED", SERVICE))
NO_FILE = fault(403, "PERMISSION_DENIED", "You do not have permission to access the File or it may "
                "not exist.")
LOCATION = fault(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")


def rate(quota: str, metric: str, delay: str) -> Fault:
    """There is no header to wait by: the delay is in the body, at times in the message alone."""
    violation = {"quotaMetric": f"{SERVICE}/{metric}", "quotaId": quota,
                 "quotaDimensions": {"location": "global", "model": "gemini-2.5-flash"},
                 "quotaValue": "20"}
    links = [{"description": "Quotas", "url": "https://ai.google.dev/gemini-api/docs/rate-limits"}]
    return fault(429, "RESOURCE_EXHAUSTED",
                 f"You exceeded your current quota. Please retry in {delay}.",
                 {"@type": f"{RPC}.Help", "links": links},
                 {"@type": f"{RPC}.QuotaFailure", "violations": [violation]},
                 {"@type": f"{RPC}.RetryInfo", "retryDelay": f"{delay.split('.')[0]}s"})


RATE = rate("GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
            "generate_content_free_tier_requests", "7.434392449s")
PER_DAY = rate("GenerateRequestsPerDayPerProjectPerModel-FreeTier",
               "generate_content_free_tier_requests", "36.429760048s")


class Gemini(GenerateContent):
    """A file is `polls` times told to be in process before it is there. Uploads go to an origin of
    their own, though the API's own has been the same so far: the URL is for it to say. They are
    taken here, too, as the SDK sends them to the address that it was given."""

    models = ("gemini-2.5-flash", "gemini-3-pro-preview")

    def __init__(self, authority: Authority | None, polls: int = 0,
                 granularity: int = GRANULARITY) -> None:
        super().__init__(authority)
        self.files = Files(polls, granularity)
        self.uploads = Uploads(authority, self.files)

    def __enter__(self) -> Self:
        super().__enter__()
        self.uploads.__enter__()
        self.uploads.api_origin = self.origin
        return self

    def __exit__(self, *raised: object) -> None:
        self.uploads.__exit__()
        super().__exit__()

    def check(self, request: Received) -> Scenario:
        path = path_of(request)
        uploads = path in (UPLOAD, "/upload/v1/files")
        if uploads and "upload_id" in query_of(request):
            return take(self.files, request, self.origin)
        _check_key(request)
        if uploads and request.method == "POST":
            return self._start(request)
        if file := FILE(path):
            return self._file(request, file[1])
        if request.method == "GET" and path in LIST:
            return self._list()
        found = CALL(path)
        if not found or request.method != "POST" or found[2] not in METHODS:
            raise Refusal(NO_ROUTE)
        return self.says(self.check_body(request, found[1]))

    def no_model(self, model: str) -> Fault:
        return fault(404, "NOT_FOUND", f"models/{model} is not found for API version v1beta, or is "
                     "not supported for generateContent. Call ListModels to see the list of "
                     "available models and their supported methods.")

    def check_files(self, body: Json) -> None:
        for content in body["contents"]:
            for told in parts(content, "fileData"):
                uri = told["fileUri"]
                _, of_its_own, name = uri.rpartition(FILES)
                if not of_its_own and uri.startswith("https://"):
                    continue  # fetched from there, since January 2026
                upload = self.files.find(name)
                if not upload:
                    raise Refusal(NO_FILE)
                if upload.polls:  # words not verified
                    raise Refusal(fault(400, "FAILED_PRECONDITION",
                                        f"The File {name} is not in an ACTIVE state and usage is "
                                        "not allowed."))

    def _list(self) -> Scenario:
        listed = [{"name": f"models/{model}", "displayName": model, "inputTokenLimit": 1048576,
                   "outputTokenLimit": 65536, "supportedGenerationMethods": ["generateContent"]}
                  for model in self.models]

        async def play(exchange: Exchange) -> None:
            await exchange.reply(dump({"models": listed}), content_type=self.json_type)

        return play

    def _start(self, request: Received) -> Scenario:
        if request.header("x-goog-upload-protocol") != "resumable" \
                or request.header("x-goog-upload-command") != "start":
            raise Refusal(invalid("The protocol of the upload is not known."))  # not verified
        key, _ = self.files.start(request)
        url = f"{self.uploads.origin}{UPLOAD}?upload_id={key}&upload_protocol=resumable"

        async def play(exchange: Exchange) -> None:
            await exchange.reply(b"", 200, {
                "x-goog-upload-status": "active", "x-goog-upload-url": url,
                "x-goog-upload-control-url": url,
                "x-goog-upload-chunk-granularity": str(self.files.granularity)})

        return play

    def _file(self, request: Received, name: str) -> Scenario:
        upload = self.files.find(name)
        if not upload:
            raise Refusal(NO_FILE)
        if request.method == "DELETE":
            upload.final = False
            told: Json = {}
        else:
            told = self.files.described(upload, self.origin)
            upload.polls -= 1 if upload.polls else 0

        async def play(exchange: Exchange) -> None:
            await exchange.reply(dump(told), content_type=self.json_type)

        return play


def _check_key(request: Received) -> None:
    key = request.header("x-goog-api-key") or query_of(request).get("key")
    if not key:
        raise Refusal(NO_KEY)
    if key != KEY:
        raise Refusal(WRONG_KEY)

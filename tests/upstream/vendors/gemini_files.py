"""Files of the Gemini API: uploads that can be resumed, and the files that they make. Formats: the
API's page on files, the Python SDK (3.6.1), and Google's page on such uploads."""

import base64
import hashlib
from dataclasses import dataclass, field

from upstream.exchange import Exchange, Scenario
from upstream.journal import Received
from upstream.qwen import Json, dump
from upstream.tls import Authority
from upstream.vendors.google import NO_ROUTE, invalid
from upstream.vendors.vendor import (
    Fault, Refusal, Vendor, new_id, parsed, path_of, query_of)

AT = "2026-11-29T12:00:00.000000Z"
UPLOAD = "/upload/v1beta/files"
# What pieces that are not the last one are multiples of; as users report it, and by no page.
GRANULARITY = 8 * 1024 * 1024


@dataclass
class Upload:
    size: int
    kind: str
    shown: str
    name: str = field(default_factory=lambda: new_id("file"))
    data: bytearray = field(default_factory=bytearray)
    final: bool = False
    polls: int = 0  # how often it is still told to be in process


class Files:
    def __init__(self, polls: int, granularity: int) -> None:
        self.uploads: dict[str, Upload] = {}
        self.granularity = granularity
        self._polls = polls

    def start(self, request: Received) -> tuple[str, Upload]:
        body = parsed(request.body or b"{}", invalid("Invalid JSON payload received."))
        told = body.get("file", {})
        size = request.header("x-goog-upload-header-content-length") or ""
        kind = request.header("x-goog-upload-header-content-type") or ""
        if not size.isdigit() or not kind:
            raise Refusal(invalid("The length and the type of the file are missing."))
        shown = told.get("displayName", told.get("display_name", ""))
        upload, key = Upload(int(size), kind, shown, polls=self._polls), new_id("upload")
        self.uploads[key] = upload
        return key, upload

    def find(self, name: str) -> Upload | None:
        return next((upload for upload in self.uploads.values()
                     if upload.final and upload.name == name), None)

    def described(self, upload: Upload, origin: str) -> Json:
        digest = hashlib.sha256(upload.data).hexdigest().encode()
        state = "PROCESSING" if upload.polls else "ACTIVE"
        shown = {"displayName": upload.shown} if upload.shown else {}
        return {"name": f"files/{upload.name}", **shown, "mimeType": upload.kind,
                "sizeBytes": str(upload.size), "createTime": AT, "updateTime": AT,
                "expirationTime": "2026-12-01T12:00:00.000000Z",
                "sha256Hash": base64.b64encode(digest).decode(),
                "uri": f"{origin}/v1beta/files/{upload.name}", "state": state, "source": "UPLOADED"}


def take(files: Files, request: Received, origin: str) -> Scenario:
    """A piece of an upload. The URL alone admits to it: there is no key."""
    upload = files.uploads.get(query_of(request).get("upload_id", ""))
    if not upload or upload.final:
        raise Refusal(NO_ROUTE)
    command = [word.strip() for word in (request.header("x-goog-upload-command") or "").split(",")]
    if command == ["query"]:
        return _told("active", {"x-goog-upload-size-received": str(len(upload.data))})
    if command == ["cancel"]:
        files.uploads.pop(query_of(request)["upload_id"])
        return _told("cancelled")
    if command not in (["upload"], ["upload", "finalize"], ["finalize"]):
        raise Refusal(invalid("Unknown upload command."))
    if "upload" in command:
        if request.header("x-goog-upload-offset") != str(len(upload.data)):
            raise Refusal(invalid("The offset is not where the upload is."))
        upload.data += request.body
    if "finalize" not in command:
        if len(request.body) % files.granularity:  # words not verified
            raise Refusal(invalid("A piece has to be a multiple of the granularity."))
        return _told("active")
    if len(upload.data) != upload.size:
        raise Refusal(invalid("The upload is not as long as it was said to be."))
    upload.final = True
    return _told("final", body=dump({"file": files.described(upload, origin)}))


def _told(status: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Scenario:
    async def play(exchange: Exchange) -> None:
        await exchange.reply(body, 200, {"x-goog-upload-status": status, **(headers or {})},
                             "application/json; charset=UTF-8")

    return play


class Uploads(Vendor):
    """The place that uploads go to, at an origin of its own."""

    NO_SUCH_ROUTE = NO_ROUTE

    def __init__(self, authority: Authority | None, files: Files) -> None:
        super().__init__(authority)
        self._files = files
        self.api_origin = ""

    def check(self, request: Received) -> Scenario:
        if request.method not in ("POST", "PUT") or path_of(request) != UPLOAD:
            raise Refusal(NO_ROUTE)
        return take(self._files, request, self.api_origin)

    def fault(self, request: Received, fault: Fault) -> Json:
        return {"error": {"code": fault.status, "message": fault.message, "status": fault.code}}

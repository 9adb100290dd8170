"""AWS's Signature Version 4, from its description: the side that verifies. Not of the query string,
and not of signed chunks."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from posixpath import normpath
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
STAMP = "%Y%m%dT%H%M%SZ"
AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=([^/]+)/(\d{{8}})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})")


@dataclass(frozen=True)
class Signed:
    """What an Authorization header says."""

    key_id: str
    day: str
    region: str
    service: str
    names: list[str]
    signature: str

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def read(authorization: str) -> Signed | None:
    found = AUTHORIZATION.fullmatch(authorization)
    if not found:
        return None
    key_id, day, region, service, names, signature = found.groups()
    return Signed(key_id, day, region, service, names.split(";"), signature)


def _encoded(text: str, safe: str = "") -> str:
    return quote(text, safe=f"-_.~{safe}")


def canonical_path(path: str) -> str:
    """Of every service but S3: without dots and double slashes, and encoded once more."""
    if not path:
        return "/"
    straight = normpath(path)
    straight = straight.replace("//", "/") if straight.startswith("//") else straight
    if path.endswith("/") and straight != "/":
        straight += "/"
    return _encoded(straight, "/")


def canonical_query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(f"{name}={value}" for name, value in sorted(
        (_encoded(unquote(name)), _encoded(unquote(value))) for name, _, value in pairs))


def canonical_request(method: str, target: str, headers: list[tuple[str, str]], names: list[str],
                      body: bytes) -> str:
    """`headers` as they came, their names in lower case; `names` are those that were signed."""
    path, _, query = target.partition("?")
    lines = []
    for name in names:
        values = [re.sub(" +", " ", value.strip()) for key, value in headers if key == name]
        lines.append(f"{name}:{','.join(values)}\n")
    return "\n".join([method, canonical_path(path), canonical_query(query), "".join(lines),
                      ";".join(names), hashlib.sha256(body).hexdigest()])


def string_to_sign(stamp: str, scope: str, canonical: str) -> str:
    return "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])


def signature(secret: str, scope: str, to_sign: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in [*scope.split("/"), to_sign]:
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def is_signed(secret: str, signed: Signed, method: str, target: str,
              headers: list[tuple[str, str]], body: bytes) -> bool:
    stamp = dict(headers).get("x-amz-date", "")
    canonical = canonical_request(method, target, headers, signed.names, body)
    expected = signature(secret, signed.scope, string_to_sign(stamp, signed.scope, canonical))
    return hmac.compare_digest(expected, signed.signature)


def is_timely(stamp: str, day: str, now: datetime | None = None) -> bool:
    """Within five minutes, and of the day of its scope."""
    try:
        at = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return False
    now = now or datetime.now(UTC)
    return abs(now - at) <= timedelta(minutes=5) and stamp.startswith(day)

"""The plainest client: what it sends is what the test says, and nothing is retried."""

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from upstream.qwen import dump
from upstream.tls import Authority


@dataclass
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes
    whole: bool = True  # the connection did not break within it

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def sse(self) -> list[Any]:
        """What the events of a stream hold, but for the terminator."""
        lines = self.body.decode().replace("\r\n", "\n").split("\n")
        data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
        return [json.loads(text) for text in data if text != "[DONE]"]


class Client:
    def __init__(self, authority: Authority) -> None:
        self._context = ssl.create_default_context(cafile=str(authority.ca_file))

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        place = urlsplit(url)
        connection = http.client.HTTPSConnection(place.netloc, timeout=10, context=self._context)
        target = f"{place.path}?{place.query}" if place.query else place.path
        try:
            connection.request(method, target, body or None, headers)
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            try:
                return Answer(response.status, told, response.read())
            except http.client.IncompleteRead as broken:
                return Answer(response.status, told, broken.partial, False)
            except (ConnectionError, ssl.SSLError):
                return Answer(response.status, told, b"", False)
        finally:
            connection.close()

    def post(self, url: str, body: Any, headers: dict[str, str] | None = None) -> Answer:
        return self.send("POST", url, {"content-type": "application/json", **(headers or {})},
                         body if isinstance(body, bytes) else dump(body))

    def get(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        return self.send("GET", url, headers or {})


def changed(body: Any, **members: Any) -> Any:
    """With these members in place of its own; those that are None are taken away."""
    told = {**body, **members}
    return {name: value for name, value in told.items() if value is not None}

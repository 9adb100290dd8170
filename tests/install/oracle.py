"""The upstream of the SDK's example plugins."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPLY = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [
    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "42"}}]}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """The imaginary API of the example in C++; at any other path the reply as OpenAI has it,
        which the example in C hands on."""
        self.rfile.read(int(self.headers["content-length"]))
        self.server.agents.append(self.headers["user-agent"])
        answer = {"answer": "42", "tokens": 1} if self.path.endswith("/ask") else REPLY
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Oracle:
    def __enter__(self) -> "Oracle":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.agents: list[str] = []  # who asked
        self._server.agents = self.agents
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

"""Real web servers as upstreams: what they do with connections is nobody's idea of it."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from upstream import qwen
from upstream.tls import Authority

ANSWER = qwen.dump(qwen.completion("m", "from a real server")).decode()


def find(program: str, package: str) -> str:
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    assert path, f"the package {package} is missing"
    return path


class WebServer:
    """Runs while in a `with`, on a free port of 127.0.0.1."""

    def __init__(self, encrypted: bool) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base_url = f"{'https' if encrypted else 'http'}://127.0.0.1:{self.port}/v1"

    def command(self) -> list[str | Path]:
        raise NotImplementedError

    def __enter__(self) -> "WebServer":
        self._process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._listens():
            assert self._process.poll() is None and time.monotonic() < deadline, "it did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _listens(self) -> bool:
        """As the system has it: a connection to try it would count."""
        wanted = f":{self.port:04X} 00000000:0000 0A"
        return wanted in Path("/proc/net/tcp").read_text()


class Nginx(WebServer):
    """Answers every request the same without reading its body, as `return` does."""

    def __init__(self, folder: Path, authority: Authority | None, *directives: str,
                 http2: bool = False) -> None:
        super().__init__(authority is not None)
        self._folder = folder
        self._log = folder / "connections"
        listen = f"127.0.0.1:{self.port}{' ssl' if authority else ''}{' http2' if http2 else ''}"
        trust = (f"ssl_certificate {authority.certificate};\nssl_certificate_key {authority.key};"
                 if authority else "")
        own = "\n".join(f"{kind}_temp_path {folder}/{kind};"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self._config = folder / "nginx.conf"
        self._config.write_text(f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;
events {{ }}
http {{
  {own}
  log_format connections '$connection';
  access_log {self._log} connections;
  server {{
    listen {listen}; {trust} client_max_body_size 0; {' '.join(directives)}
    location / {{ default_type application/json; return 200 '{ANSWER}'; }}
  }}
}}
""")

    def command(self) -> list[str | Path]:
        return [find("nginx", "nginx-light"), "-p", self._folder, "-c", self._config]

    def connections(self) -> int:
        """That carried a request; the log is complete once an answer was read."""
        return len(set(self._log.read_text().split()))


class Nghttpd(WebServer):
    """HTTP/2 as the library nghttp2 serves it."""

    def __init__(self, folder: Path, authority: Authority | None) -> None:
        super().__init__(authority is not None)
        self._folder = folder
        self._authority = authority
        place = folder / "v1" / "chat"
        place.mkdir(parents=True)
        (place / "completions").write_text(ANSWER)

    def command(self) -> list[str | Path]:
        trust = [self._authority.key, self._authority.certificate] if self._authority else []
        return [find("nghttpd", "nghttp2-server"), "-a", "127.0.0.1", "-d", self._folder,
                *([] if trust else ["--no-tls"]), str(self.port), *trust]

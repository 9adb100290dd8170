"""Starts the real program and stops it again, and holds it to how it must end."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Sequence, TypeVar

from integration.http_client import Connection, Reply
from integration.socket_activation import handing_over

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("BELLWETHER_BIN", ROOT / "build/release/bin/bellwether")).resolve()
PLUGINS = Path(os.environ.get("BELLWETHER_PLUGINS", ROOT / "build/release/plugins")).resolve()
# Puts all plugins in child processes: `true` or `"worker"`. What tests say of plugins must hold
# there as well.
ISOLATED = os.environ.get("BELLWETHER_TEST_ISOLATED", "")
# Whether the program has a sanitizer in it, which reports crashes itself and needs system calls and
# memory of its own.
SANITIZED = any(name in BINARY.read_bytes() for name in (b"__asan_init", b"__tsan_init"))
SLOWNESS = 4 if os.environ.get("BELLWETHER_TEST_SLOW") == "1" else 1

KEY = "test-key"
SANITIZER_REPORT = re.compile(
    r"==\d+==\s?ERROR|ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")

T = TypeVar("T")


def milliseconds(count: int) -> str:
    """A duration for the config, longer where the program is slow."""
    return f"{count * SLOWNESS}ms"


def wait_for(condition: Callable[[], T], what: str, seconds: float = 10) -> T:
    """The condition's value once it is true; fails if it is not in time."""
    deadline = time.monotonic() + seconds * SLOWNESS
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.005)
    raise AssertionError(f"did not happen within {seconds * SLOWNESS} s: {what}")


def environment(extra: dict[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment with the key that the simulator takes, and none of the developer's
    own settings. None removes a variable."""
    own = ("HOLYSHEEP", "OPENAI", "BELLWETHER_CONFIG", "BELLWETHER_URL",
           "BELLWETHER_API_KEY", "COLUMNS", "NO_COLOR")
    wanted = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    wanted.update({"HOLYSHEEP_API_KEY": KEY, **(extra or {})})
    return {name: value for name, value in wanted.items() if value is not None}


def run_cli(*arguments: str | Path, env: dict[str, str | None] | None = None,
            input: str | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end."""
    return subprocess.run([BINARY, *arguments], env=environment(env), input=input, cwd=cwd,
                          capture_output=True, text=True, timeout=30 * SLOWNESS)


def isolated(config: str) -> str:
    """The config, with every provider's plugin in a child process."""
    return re.sub(r"(?m)^(\[providers\.[^.\]]+\])$", rf"\1\nisolate = {ISOLATED}", config)


class Host:
    """One running `bellwether serve`. It inherits `sockets`, with these names."""

    def __init__(self, config: str, folder: Path, env: dict[str, str | None] | None = None,
                 binary: Path = BINARY, sockets: Sequence[socket.socket] = (),
                 names: str = "-") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "bellwether.toml"
        self.config.write_text(isolated(config) if ISOLATED else config)
        self.stderr = folder / "stderr.log"
        with self.stderr.open("wb") as log:
            self.process = subprocess.Popen(
                [*(handing_over(sockets, names) if sockets else ()),
                 binary, "serve", "--config", self.config],
                env=environment({"XDG_STATE_HOME": str(folder / "state"), **(env or {})}),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                pass_fds=[one.fileno() for one in sockets])
        try:
            self.url, self.admin_url = self._wait_until_ready()
        except BaseException:
            self.process.kill()
            raise
        self.port = int(self.url.rsplit(":", 1)[1])

    def _wait_until_ready(self) -> tuple[str, str | None]:
        line = b""
        deadline = time.monotonic() + 40 * SLOWNESS  # a hundred isolated plugins take their time
        while not line.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self.process.stdout], [], [], left)
            data = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            assert data, f"the host did not start; it said {line!r} and:\n{self.log()}"
            line += data
        address = r"(http://(?:127\.0\.0\.1|0\.0\.0\.0|\[::\]):\d+)\n"
        found = re.fullmatch(rf"bellwether listening on {address}(?:bellwether admin on {address})?",
                             line.decode())
        assert found, line
        return found[1], found[2]

    def log(self) -> str:
        return self.stderr.read_text(errors="replace")

    def stop(self) -> None:
        """Asks it to end. It must do so in good order, whatever it has been through."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20 * SLOWNESS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"SIGTERM did not end the host:\n{self.log()[-4000:]}") from None
        finally:
            self.process.stdout.close()
        report = SANITIZER_REPORT.search(self.log())
        assert not report, self.log()[report.start():][:8000]
        assert code == 0, f"exit code {code}:\n{self.log()[-4000:]}"

    # ---- talking to it ------------------------------------------------------------------------

    def connect(self, receive_buffer: int | None = None) -> Connection:
        return Connection(self.port, receive_buffer)

    def chat(self, model: str, prompt: str = "Hello", headers: dict[str, str] | None = None,
             **members: Any) -> Reply:
        return self.connect().chat(model, prompt, headers, **members)

    def post(self, path: str, payload: Any, headers: dict[str, str] | None = None) -> Reply:
        return self.connect().post(path, payload, headers)

    def get(self, path: str) -> Reply:
        return self.connect().send("GET", path)

    def admin(self, method: str, path: str, payload: Any = None) -> Reply:
        """Asks the admin listener."""
        body = None if payload is None else json.dumps(payload).encode()
        return Connection(int(self.admin_url.rsplit(":", 1)[1])).send(method, path, body)

    # ---- looking into it ----------------------------------------------------------------------

    def access_line(self, request_id: str) -> dict[str, Any]:
        """What the access log says of one request, once it does."""
        def find() -> dict[str, Any] | None:
            for line in self.log().splitlines(keepends=True):
                if request_id not in line or not line.endswith("\n"):
                    continue
                entry = json.loads(line)
                if entry.get("level") == "access" and entry.get("id") == request_id:
                    return entry
            return None
        return wait_for(find, f"an access line for {request_id}")

    def resident_bytes(self) -> int:
        return resident_bytes(self.process.pid)

    def descriptor_table_size(self) -> int:
        """For how many descriptors the system has made room."""
        return _status(self.process.pid, r"FDSize:\s+(\d+)")


def resident_bytes(process: int) -> int:
    return _status(process, r"VmRSS:\s+(\d+) kB") * 1024


def _status(process: int, pattern: str) -> int:
    return int(re.search(pattern, Path(f"/proc/{process}/status").read_text())[1])

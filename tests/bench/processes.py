"""The programs of a measurement: the simulated provider, the gateways, the load."""

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import configs, machine

ROOT = Path(__file__).resolve().parents[2]
BINARIES = ROOT / "build/release/bin"
GATEWAYS = ("direct", "bellwether", "nginx", "haproxy")


def raise_descriptor_limit(wanted: int = 0) -> int:
    """As many descriptors as this user may have; the programs started inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return wanted
        except (ValueError, OSError):  # only root may raise it above what there is
            pass
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def client_key() -> str:
    """What the load calls itself, too."""
    return os.environ.get("BENCH_CLIENT_KEY", "bench-client-key")


def pinned(core: int, *command: str | Path) -> list[str]:
    return ["taskset", "-c", str(core), *map(str, command)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def resident_bytes(pids: list[int]) -> int:
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                total += int(line.split()[1]) * 1024
    return total


def children(pid: int) -> list[int]:
    """The process and all below it."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in listed for below in children(int(child)))]


class Upstream:
    """The simulated provider: bench_upstream."""

    def __init__(self, core: int | None = None, binaries: Path = BINARIES,
                 send_buffer: int = 0) -> None:
        command = [binaries / "bench_upstream", "--send-buffer", str(send_buffer)]
        self.process = subprocess.Popen(
            command if core is None else pinned(core, *command),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def __enter__(self) -> "Upstream":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass
class Gateway:
    """A gateway in front of the upstream. "direct" is none at all."""

    name: str
    folder: Path
    upstream_port: int
    core: int
    port: int = 0
    prefix: list[str] = field(default_factory=list)  # a program to run it under
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> "Gateway":
        if self.name == "direct":
            self.port = self.upstream_port
            return self
        self.port = free_port()
        command = self.command()
        log = (self.folder / f"{self.name}.log").open("wb")
        # The log of each call goes nowhere: it is formatted and written, but no disk takes part.
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(
            pinned(self.core, *self.prefix, *command), stdin=quiet, stdout=quiet,
            stderr=quiet if self.name in ("bellwether", "isolated") else log,
            env={**os.environ, "BENCH_API_KEY": "bench-upstream-key"})
        log.close()
        return self

    def command(self) -> list[str]:
        """Writes the gateway's configuration, and starts it with that."""
        return configs.WRITERS[self.name](self.folder, self.port, self.upstream_port)

    def wait_until_it_answers(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not self.answers():
            if time.monotonic() > deadline or (self.process and self.process.poll() is not None):
                raise RuntimeError(f"{self.name} does not answer; see {self.folder}")
            time.sleep(0.0002)

    def answers(self) -> bool:
        """One request all the way to the upstream and back."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            body = json.dumps({"model": "plain-200", "messages": [{"role": "user", "content": "x"}]})
            connection.request("POST", "/v1/chat/completions", body,
                               {"content-type": "application/json",
                                "authorization": f"Bearer {client_key()}"})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def pids(self) -> list[int]:
        return children(self.process.pid) if self.process else []

    def stop(self) -> None:
        if self.process is None:
            return
        # SIGINT ends haproxy and nginx at once; for bellwether nothing is in flight by now.
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def __enter__(self) -> "Gateway":
        try:
            self.start()
            self.wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def load_command(workload: str, port: int, pids: list[int], options: dict[str, Any],
                 binaries: Path = BINARIES) -> list[str]:
    command = [str(binaries / "bench_load"), workload, "--port", str(port)]
    if pids:
        command += ["--pids", ",".join(map(str, pids))]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    return command


def load(workload: str, gateway: Gateway, core: int, **options: Any) -> dict[str, Any]:
    """Runs one workload to its end and gives its result."""
    options = {name.replace("_", "-"): value for name, value in options.items()}
    command = load_command(workload, gateway.port, gateway.pids(), options)
    done = subprocess.run(pinned(core, *command), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"bench_load {workload} failed: {done.stderr}")
    return json.loads(done.stdout)


class HeldLoad:
    """A workload that holds its connections until it is released."""

    def __init__(self, workload: str, port: int, core: int | None = None,
                 binaries: Path = BINARIES, **options: Any) -> None:
        options = {name.replace("_", "-"): value for name, value in options.items()}
        command = load_command(workload, port, [], options, binaries)
        self.process = subprocess.Popen(command if core is None else pinned(core, *command),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())

    def release(self) -> dict[str, Any]:
        self.process.stdin.close()
        last = json.loads(self.process.stdout.readline())
        self.process.stdout.close()
        self.process.wait(60)
        return last


def cores() -> tuple[int, int]:
    return machine.cores()

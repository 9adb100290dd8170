"""A place of its own for what must not touch this machine: private mounts, processes and network."""

import os
import shlex
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest

# The loopback interface of a new network is down, and not every machine has `ip`.
_LOOPBACK_UP = ("import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, "
                "struct.pack('16sh', b'lo', 0x41))")


def only_child(process: subprocess.Popen[str]) -> int:
    """The process that `unshare` or `nsenter` runs."""
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


class Box:
    """Runs commands in new namespaces, in the folder `root` as their root. `setup` is a shell script
    that prepares it there. All of it is gone when the box is closed."""

    def __init__(self, root: Path, setup: str) -> None:
        self.root = root
        own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        script = (f"set -e; mount --make-rprivate /; {setup}\n"
                  f"python3 -c {shlex.quote(_LOOPBACK_UP)}; echo up; exec sleep infinity")
        self._holder = subprocess.Popen(
            ["unshare", *own_user, "--mount", "--pid", "--net", "--fork", "--kill-child",
             "sh", "-c", script],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self._holder.stdout.readline() != "up\n":
            problem = self._holder.stderr.read()
            self.close()
            pytest.skip(f"this system allows no namespaces or mounts: {problem}")
        self._enter = ["nsenter", "--target", str(only_child(self._holder)), "--mount", "--pid",
                       "--net",
                       *(["--user", "--preserve-credentials"] if own_user else [])]

    def command(self, *words: str | Path, user: int = 0) -> list[str | Path]:
        """The command line that runs `words` inside."""
        # Without privileges there is one user, root, and nobody else to become.
        become = [f"--userspec={user}:{user}"] if user and os.geteuid() == 0 else []
        return [*self._enter, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "chroot", *become, self.root, *words]

    def run(self, *words: str | Path, user: int = 0,
            **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words, user=user), capture_output=True, text=True,
                              timeout=300, **{"stdin": subprocess.DEVNULL, **options})

    @contextmanager
    def serving(self, *words: str | Path, user: int = 0) -> Iterator[None]:
        """Runs a host that must start, and end well when it is asked to."""
        host = subprocess.Popen(self.command(*words, user=user), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = ""
        while "bellwether listening on" not in output:
            line = host.stdout.readline()
            assert line, output
            output += line
        try:
            yield
        finally:
            os.kill(only_child(host), signal.SIGTERM)
            output += host.communicate(timeout=60)[0]
        assert host.returncode == 0, output

    def put(self, file: Path, place: str) -> None:
        """Copies a file of this machine into the box, which may not see it: a clone can lie below
        /tmp, or on a file system of its own."""
        with file.open("rb") as content:
            copied = self.run("sh", "-c", f"mkdir -p {Path(place).parent} && cat > {place}",
                              stdin=content)
        assert copied.returncode == 0, copied.stderr

    def written(self) -> list[str]:
        """What the machine's own root would have more by now (see `machine`)."""
        changes = self.root.parent / "written"
        found = subprocess.run([*self._enter, "find", changes, "-printf", "/%P\n"],
                               capture_output=True, text=True, timeout=300, check=True)
        return found.stdout.splitlines()

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        return self.run("sh", "-c", script)

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()
        self._holder.stderr.close()


def machine(folder: Path) -> Box:
    """This machine's own file system, but whatever is written to it lands in memory."""
    setup = f"""
        mount -t tmpfs tmpfs {folder}
        mkdir {folder}/written {folder}/work {folder}/root
        mount -t overlay overlay \\
            -o lowerdir=/,upperdir={folder}/written,workdir={folder}/work {folder}/root
        mount -t proc proc {folder}/root/proc
        mount --rbind /dev {folder}/root/dev
        mount -t tmpfs tmpfs {folder}/root/tmp
        mount -t tmpfs tmpfs {folder}/root/run
    """
    return Box(folder / "root", setup)


def read_only(folder: Path) -> Box:
    """A root file system that cannot be written, as a container may have it."""
    setup = f"""
        mount --bind {folder} {folder}
        mount -t proc proc {folder}/proc
        mount -o remount,bind,ro {folder}
    """
    return Box(folder, setup)

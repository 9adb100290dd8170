"""Opens sockets and hands them to a program that it starts, as systemd does for a socket unit."""

import socket
import sys

# Runs in the new process, because only there is its id known. The sockets are moved away first, so
# that none is overwritten before its turn.
HAND_OVER = """
import fcntl, os, sys
count, names, *command = sys.argv[1:]
given = [int(one) for one in count.split(",")]
moved = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 100) for one in given]
for at, one in enumerate(moved):
    os.dup2(one, 3 + at, inheritable=True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = str(len(given))
if names != "-":
    os.environ["LISTEN_FDNAMES"] = names
os.execv(command[0], command)
"""


def opened(address: str = "127.0.0.1") -> socket.socket:
    """A listening socket at any free port."""
    made = socket.socket()
    made.bind((address, 0))
    made.listen(64)
    return made


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"{host}:{port}"


def handing_over(sockets: list[socket.socket], names: str = "-") -> list[str]:
    """What a command begins with that is to inherit the sockets; `-`: they have no names."""
    numbers = ",".join(str(one.fileno()) for one in sockets)
    return [sys.executable, "-c", HAND_OVER, numbers, names]

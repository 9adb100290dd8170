"""The Debian packages, installed and removed with dpkg on a copy of this machine."""

import re
from pathlib import Path
from typing import Callable

import pytest

from install.box import Box
from install.conftest import run

HERE = Path(__file__).resolve().parent
ENABLED = "/etc/systemd/system/multi-user.target.wants/bellwether.service"
KEYS = "/etc/bellwether/environment"
CONFIG = "/etc/bellwether/bellwether.toml"
PRICES = "/etc/bellwether/prices.toml"


def succeed(box: Box, script: str) -> str:
    """What a shell script prints in the box."""
    done = box.shell(f"set -e; {script}")
    assert done.returncode == 0, f"{script}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def machine_with(packages: dict[str, Path], start_machine: Callable[[], Box]) -> Box:
    """A machine with both packages; what they depend on is there, because the build needed it."""
    box = start_machine()
    for package in packages.values():
        box.put(package, f"/run/{package.name}")
    succeed(box, "dpkg -i --no-triggers /run/*.deb 2>&1")
    return box


@pytest.fixture(scope="module")
def box(start_machine: Callable[[], Box], packages: dict[str, Path]) -> Box:
    """For tests that leave it as it is."""
    return machine_with(packages, start_machine)


def test_what_the_packages_say(packages: dict[str, Path], version: str) -> None:
    """The one version; dependencies that were found out; the config is the administrator's."""
    assert set(packages) == {"bellwether", "bellwether-dev"}
    for package in packages.values():
        said = run("dpkg-deb", "--field", package).stdout
        assert f"Version: {version}-1\n" in said
    depends = run("dpkg-deb", "--field", packages["bellwether"], "Depends").stdout
    for library in ("libc6", "libcurl4", "libssl3", "libstdc++6"):
        assert library in depends
    assert run("dpkg-deb", "--info", packages["bellwether"], "conffiles").stdout == f"{CONFIG}\n{PRICES}\n"


def test_what_the_packages_hold(packages: dict[str, Path]) -> None:
    """Root's files, below /usr and /etc/bellwether, with a licence and a changelog."""
    for name, package in packages.items():
        entries = [line.split(maxsplit=5) for line in
                   run("dpkg-deb", "--contents", package).stdout.splitlines()]
        paths = [entry[5] for entry in entries]
        assert all(re.match(r"\./(usr/|etc/$|etc/bellwether/|$)", path) for path in paths), paths
        assert {entry[1] for entry in entries} == {"root/root"}
        modes = {entry[0] for entry in entries}
        assert modes <= {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"}, modes
        for document in ("copyright", "changelog.Debian.gz"):
            assert f"./usr/share/doc/{name}/{document}" in paths


def test_the_service_starts_and_stops(box: Box) -> None:
    """As the unit says, with the config that was installed and without a key: it takes work, it
    answers, and SIGTERM ends it well."""
    assert succeed(box, f"readlink {ENABLED}").strip().endswith("/bellwether.service")
    assert succeed(box, f"stat -c '%a %U' {KEYS}") == "600 root\n"
    unit = succeed(box, "cat /lib/systemd/system/bellwether.service")
    (start,) = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    assert box.run("bellwether", "health").returncode == 1
    with box.serving(*start.split()):
        assert succeed(box, "bellwether health") == "ready\n"
        assert succeed(box, "bellwether chat -m echo Hello") == "echo: Hello\n"


def test_the_unit_is_valid_and_tight(box: Box) -> None:
    """systemd accepts every line of it, and has little left to object to: 10 is open, 0 is shut."""
    checked = box.run("systemd-analyze", "verify", "--man=no", "bellwether.service")
    assert checked.returncode == 0, checked.stderr
    assert "bellwether" not in checked.stderr
    rated = box.run("systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=15",
                    "/lib/systemd/system/bellwether.service")
    assert rated.returncode == 0, rated.stdout


def test_a_plugin_builds_against_the_package(box: Box) -> None:
    """Where the compilers look anyway: no path is given."""
    examples = "/usr/share/doc/bellwether-dev/examples"
    for file in (HERE / "outside_plugin").iterdir():
        box.put(file, f"/tmp/outside/{file.name}")
    succeed(box, f"cmake -S /tmp/outside -B /tmp/build -DEXAMPLES={examples}"
                 " && cmake --build /tmp/build && bellwether plugin inspect /tmp/build/outside_c.so")
    succeed(box, f"gcc -shared -fPIC {examples}/minimal_c/minimal.c"
                 " $(pkg-config --cflags --libs bellwether) -o /tmp/by_hand.so"
                 " && bellwether plugin inspect /tmp/by_hand.so")


def test_upgrade_removal_and_purge(start_machine: Callable[[], Box],
                                   packages: dict[str, Path]) -> None:
    """Installed again, it enables nothing that was disabled and keeps config and keys; so does
    removal; a purge leaves nothing."""
    box = machine_with(packages, start_machine)
    succeed(box, "systemctl disable bellwether 2>&1")
    succeed(box, f"echo '# mine' >> {CONFIG}; echo HOLYSHEEP_API_KEY=k > {KEYS}")
    keep = "--no-triggers --force-confdef --force-confold"
    succeed(box, f"dpkg -i {keep} /run/bellwether_*.deb 2>&1")
    assert box.run("test", "-e", ENABLED).returncode == 1
    assert succeed(box, f"stat -c %a {KEYS}") == "600\n"
    succeed(box, "dpkg -r --no-triggers bellwether bellwether-dev 2>&1")
    assert box.run("test", "-e", "/usr/bin/bellwether").returncode == 1
    assert "# mine" in succeed(box, f"cat {CONFIG}")
    assert succeed(box, f"cat {KEYS}") == "HOLYSHEEP_API_KEY=k\n"
    succeed(box, "dpkg -P --no-triggers bellwether 2>&1")
    left = [path for path in box.written() if "bellwether" in path and not path.startswith("/run")]
    assert not left

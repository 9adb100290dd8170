"""Client keys as the program makes them, and hosts that ask for them."""

import json
from dataclasses import dataclass

from integration.host import run_cli


@dataclass(frozen=True)
class ClientKey:
    name: str
    id: str
    text: str
    toml: str

    @property
    def secret(self) -> str:
        return self.text.rsplit("-", 1)[1]

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.text}"}


def new_key(name: str, *arguments: str, more: str = "") -> ClientKey:
    """A key made by `bellwether key new`; `more` is TOML, added to its entry."""
    done = run_cli("key", "new", name, "--json", *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    told = json.loads(done.stdout)
    return ClientKey(name, told["id"], told["key"], told["toml"] + more)

"""Every key that a config may hold, out of the table of keys, with a value to change it to."""

import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator

from integration.host import PLUGINS, run_cli

Config = dict[str, Any]
Step = str | int
SCHEMA = json.loads(run_cli("config", "schema").stdout)  # as the program under test has it
RESTART = "a change needs a restart"


class Toml(str):
    """Written as it is: a date has no quotes."""


def to_toml(value: Any) -> str:
    if isinstance(value, Toml):
        return str(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {to_toml(one)}"
                                for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    return json.dumps(value)


def config_text(config: Config) -> str:
    """The whole file: one line for each key of the top level."""
    return "".join(f"{key} = {to_toml(value)}\n" for key, value in config.items())


@dataclass(frozen=True)
class Files:
    """What the values of some keys name."""

    folder: Path
    ca_file: Path
    certificate: Path
    key: Path
    plugin_sha256: str

    @property
    def prices(self) -> Path:
        return self.folder / "prices.toml"

    @property
    def secret(self) -> Path:
        return self.folder / "secret"

    @property
    def more_plugins(self) -> Path:
        return self.folder / "plugins"

    @property
    def more(self) -> Path:
        return self.folder / "more.toml"

    @property
    def keys(self) -> Path:
        return self.folder / "keys.toml"

    def write(self) -> None:
        self.more.write_text('[[routes]]\nmodel = "included"\nto = "other"\n')
        self.keys.write_text(f'[[keys]]\nname = "fay"\nid = "fayfayfa2"\nsha256 = "{"4" * 64}"\n')
        self.more_plugins.mkdir()
        self.secret.write_text("file-key-of-the-test\n")
        self.prices.write_text('[[prices]]\nprovider = "main"\nmodel = "filed"\n'
                               'input = "3 USD"\noutput = "4 USD"\n')


@dataclass(frozen=True)
class Place:
    """A key where the base config has its section: `providers`, `main`, `timeouts`, `connect`."""

    steps: tuple[Step, ...]
    section: str  # by its name in the table: `timeouts`
    spec: Config

    @property
    def key(self) -> str:
        return str(self.steps[-1])

    @property
    def name(self) -> str:
        return ".".join(map(str, self.steps))

    @property
    def named(self) -> str:
        """As the tables of this module name it."""
        return f"{self.section}.{self.key}" if self.section else self.key

    @property
    def needs_restart(self) -> bool:
        return RESTART in self.spec["description"]

    def section_in(self, config: Config) -> Config:
        found: Any = config
        for step in self.steps[:-1]:
            found = found[step]
        return found


# ---- the base -----------------------------------------------------------------------------------


def target(provider: str, **members: Any) -> Config:
    return {"provider": provider, "timeouts": {}, **members}


def price(model: str) -> Config:
    return {"provider": "main", "model": model, "input": "1 USD", "output": "2 USD"}


def step() -> Config:
    return {"prompt": "100 ktok", "input": "3 USD", "output": "4 USD"}


def provider(port: int) -> Config:
    return {"plugin": "openai", "base_url": f"http://127.0.0.1:{port}/v1",
            "api_key": "env:HOLYSHEEP_API_KEY", "timeouts": {}, "retry": {}}


def key(name: str, id: str, digit: str) -> Config:
    return {"name": name, "id": id, "sha256": digit * 64}


def base_config() -> Config:
    """Every section of the table is in it, most of them empty."""
    chains = {name: [target("other")] for name in
              ("on_context_length", "on_content_filter", "on_budget")}
    return {
        "plugin_path": [str(PLUGINS)],
        "default_to": [target("other")],
        "keys": [key("ann", "annannan2", "1"), key("bob", "b2bb2bb22", "2")],
        "server": {"listen": "127.0.0.1:0", "workers": 1, "hosts": ["x", "bellwether"]},
        "admin": {"listen": "127.0.0.1:0"},
        "log": {"format": "json"},
        "retry": {},
        "health": {},
        "providers": {"main": provider(9), "other": provider(8)},
        "routes": [{"model": "qwen-*", "to": [target("main", model="qwen-max"), target("other")],
                    "retry": {}, "shadow": {"to": "other", "share": "5%"}, **chains},
                   {"model": "plain", "to": "other"}],
        "prices": [{**price("qwen-max"), "above": [step()],
                    "tiers": {"fast": {"input": "5 USD", "output": "6 USD", "above": [step()]}}}],
        "webhooks": {"ops": {"url": "http://127.0.0.1:9/hook"}},
        "budgets": [{"name": "all", "limit": "5 Mtok", "per": "month", "reset": {}, "match": {}}],
        "limits": [{"name": "fair", "requests": "100/min", "match": {}}],
        "ledger": {"url": "memory:"},
    }


# Changes that a place needs in its base, so that its key may be there and means something.
Edit = Callable[[Config, Config, Files], None]


def _without(*names: str) -> Edit:
    def edit(section: Config, config: Config, files: Files) -> None:
        for name in names:
            section.pop(name, None)

    return edit


def _with(**members: Any) -> Edit:
    def edit(section: Config, config: Config, files: Files) -> None:
        section.update(members)

    return edit


def _with_cert(section: Config, config: Config, files: Files) -> None:
    both = files.folder / "both.pem"
    both.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    section["client_cert"] = str(both)


def _https(section: Config, config: Config, files: Files) -> None:
    where = "base_url" if "base_url" in section else "url"
    section[where] = section[where].replace("http://", "https://")


def _all(*edits: Edit) -> Edit:
    def edit(section: Config, config: Config, files: Files) -> None:
        for one in edits:
            one(section, config, files)

    return edit


BASES: dict[str, Edit] = {
    "route.sticky_by": _with(strategy="sticky"),
    "target.weight": lambda section, config, files: config["routes"][0].update(
        strategy="weighted"),
    "target.strip_prefix": _without("model"),
    "provider.api_keys": _without("api_key"),
    "provider.ca_file": _https,
    "provider.client_cert": _https,
    "provider.client_key": _all(_https, _with_cert),
    "provider.proxy_secret": _with(proxy="http://127.0.0.1:7"),
    "webhook.ca_file": _https,
    "webhook.client_cert": _https,
    "webhook.client_key": _all(_https, _with_cert),
    "webhook.proxy_secret": _with(proxy="http://127.0.0.1:7"),
    "limit.burst_tokens": _with(tokens="10k/min"),
    "limit.queue_length": _with(on_limit="queue:3s"),
}


# ---- the values ---------------------------------------------------------------------------------


def _text(attribute: str, before: str = "") -> Callable[[Files], str]:
    return lambda files: before + str(getattr(files, attribute))


# For keys whose form the table of keys does not tell. A function makes the value of the files.
VALUES: dict[str, Any] = {
    "include": _text("more"),
    "keys_file": _text("keys"),
    "plugin_path": lambda files: [str(PLUGINS), str(files.more_plugins)],
    "price_files": _text("prices"),
    "default_to": "main",
    "keys": [key("ann", "annannan2", "1"), key("bob", "b2bb2bb22", "2"),
             key("eve", "eveeveev2", "3")],
    "providers": {"main": provider(9), "other": provider(8), "third": provider(7)},
    "routes": [base_config()["routes"][0], {"model": "plain", "to": "other"},
               {"model": "added", "to": "main"}],
    "prices": [*base_config()["prices"], price("added")],
    "webhooks": {"ops": {"url": "http://127.0.0.1:9/hook"},
                 "more": {"url": "http://127.0.0.1:9/more"}},
    "budgets": [*base_config()["budgets"], {"name": "more", "limit": "1 ktok", "per": "day"}],
    "limits": [*base_config()["limits"], {"name": "slower", "concurrent": 3}],
    "key.name": "anna",
    "key.id": "annannan3",
    "key.sha256": "a" * 64,
    "key.team": "research",
    "key.models": ["qwen-*"],
    "key.expires": Toml("2099-01-31"),
    "server.listen": "0.0.0.0:0",
    "server.user_header": "x-user",
    "server.drain_streams": "50s",  # not shorter than `drain`
    "server.hosts": ["bellwether"],
    "server.cors_origins": ["https://app.example"],
    "admin.listen": "off",
    "provider.plugin": "holysheep",
    "provider.sha256": _text("plugin_sha256"),
    "provider.base_url": "http://127.0.0.1:10/v1",
    "provider.origins": ["https://elsewhere.example"],
    "provider.models": ["gpt-of-ours"],
    "provider.forward_headers": ["openai-organization"],
    "provider.api_keys": lambda files: ["env:HOLYSHEEP_API_KEY", f"file:{files.secret}"],
    "provider.api_key": _text("secret", "file:"),
    "provider.ca_file": _text("ca_file"),
    "provider.client_cert": lambda files: _both(files),
    "provider.client_key": _text("key"),
    "provider.proxy_secret": lambda files: _user_and_password(files),
    "provider.proxy": "http://127.0.0.1:7",
    "provider.canary": 0.05,
    "provider.isolate_cpu": 0.5,
    "route.model": "qwen-m*",
    "route.sticky_by": "user",
    "route.to": "other",
    "route.on_context_length": "main",
    "route.on_content_filter": "main",
    "route.on_budget": "main",
    "route.hedge": "800ms",
    "target.provider": "main",
    "target.model": "qwen-min",
    "target.strip_prefix": "qwen-",
    "target.set": {"temperature": 0.2},
    "target.drop": ["top_k"],
    "shadow.to": "main",
    "shadow.model": "qwen-min",
    "shadow.share": "7%",
    "step.prompt": "200 ktok",
    "price.provider": "other",
    "price.model": "qwen-min",
    "price.above": [],
    "price.tiers": {},
    "price.units": {"web_search": "0.01 USD"},
    "price.source": "a page",
    "tier.above": [],
    "budget.name": "each",
    "budget.limit": "6 Mtok",
    "budget.warn_at": [0.5],
    "budget.webhook": "ops",
    "reset.day": 7,
    "reset.zone": "Asia/Bangkok",
    "match.key": "ann",
    "match.team": "*",
    "match.user": "ann",
    "match.model": "qwen-max",
    "match.provider": "main",
    "match.route": "qwen-*",
    "limit.name": "just",
    "limit.requests": "90/min",
    "limit.tokens": "20k/min",
    "webhook.url": "http://127.0.0.1:9/other",
    "webhook.ca_file": _text("ca_file"),
    "webhook.client_cert": lambda files: _both(files),
    "webhook.client_key": _text("key"),
    "webhook.proxy_secret": lambda files: _user_and_password(files),
    "webhook.proxy": "http://127.0.0.1:7",
    "ledger.url": lambda files: f"sqlite:{files.folder}/moved.db",
    "ledger.password": _text("secret", "file:"),
    "ledger.ca_file": _text("ca_file"),
    "ledger.prefix": "another",
}

# A change that takes out another key of its section, as the two exclude one another.
INSTEAD: dict[str, Edit] = {
    "route.alias": lambda section, config, files: (section.clear(), section.update(
        {"model": "qwen-*", "alias": "plain"})),
    "target.provider": lambda section, config, files: section.update(
        provider="main" if section["provider"] == "other" else "other"),
    "provider.client_key": lambda section, config, files: section.update(
        client_cert=str(files.certificate), client_key=str(files.key)),
}


def _both(files: Files) -> str:
    both = files.folder / "both.pem"
    both.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    return str(both)


def _user_and_password(files: Files) -> str:
    file = files.folder / "proxy-secret"
    file.write_text("user:proxy-password\n")
    return f"file:{file}"


UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
         "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9,
         "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
QUANTITIES = ["11ms", "7s", "11s", "7m", "3h", "9d", "700B", "3KiB", "5MiB", "3GiB"]


def _amount(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([a-zA-Z]+)", text).groups()
    return int(number) * UNITS[unit]


def _in_range(spec: Config) -> Iterator[str]:
    """Durations and sizes that the pattern takes and that lie in the range that is told."""
    told = re.search(r'\("(\w+)" to "(\w+)"', spec["description"])
    if not told:
        return
    lowest, highest = map(_amount, told.groups())
    for text in QUANTITIES:
        if re.search(spec["pattern"], text) and lowest <= _amount(text) <= highest:
            yield text


def values(spec: Config) -> Iterator[Any]:
    """What the table of keys alone says a key may hold."""
    if "anyOf" in spec:
        for one in spec["anyOf"]:
            yield from values({**one, "description": spec["description"]})
    elif "enum" in spec:
        yield from spec["enum"]
    elif spec.get("type") == "boolean":
        yield from (True, False)
    elif spec.get("type") == "integer":
        low = spec["minimum"]
        yield from (number for number in (low + 2, low + 3) if number <= spec["maximum"])
    elif "drain:" in spec.get("pattern", ""):
        yield "drain:9s"
    elif "queue:" in spec.get("pattern", ""):
        yield from ("queue:7s", "reject")
    elif "pattern" in spec:
        yield from _in_range(spec)
    elif "USD)" in spec["description"]:
        yield from ("0.07 USD", "0.09 USD")


def changed_value(place: Place, section: Config, files: Files) -> Any:
    """Another value than the key has, be it written or by default. Fails if there is none."""
    if place.named in VALUES:
        given = VALUES[place.named]
        return given(files) if callable(given) else copy.deepcopy(given)
    now = section.get(place.key, place.spec.get("default"))
    for value in values(place.spec):
        if value != now:
            return value
    raise AssertionError(f"no value is known for the key {place.named}: give it one in VALUES")


def change(place: Place, files: Files) -> tuple[Config, Config]:
    """The base, and the same with this one key changed."""
    base = base_config()
    BASES.get(place.named, _with())(place.section_in(base), base, files)
    changed = copy.deepcopy(base)
    section = place.section_in(changed)
    if place.named in INSTEAD:
        INSTEAD[place.named](section, changed, files)
    else:
        section[place.key] = changed_value(place, section, files)
    assert changed != base, place.name
    return base, changed


# ---- the places ---------------------------------------------------------------------------------


def _section_of(spec: Config) -> tuple[str, bool] | None:
    """The section that a key holds, or that the elements of its list or the members of its table
    are; and whether the key is itself a value that may be changed as a whole."""
    if "$ref" in spec:
        return spec["$ref"].rsplit("/", 1)[1], False
    for one in (spec.get("items"), spec.get("additionalProperties")):
        if isinstance(one, dict):
            for reference in (one, *one.get("anyOf", [])):
                if "$ref" in reference:
                    return reference["$ref"].rsplit("/", 1)[1], True
    for one in spec.get("anyOf", []):
        if found := _section_of(one):
            return found[0], True
    return None


def _first(value: Any) -> tuple[Step, ...]:
    """The steps from a key to the first section within it."""
    if isinstance(value, list):
        return (0,)
    return (next(iter(value)),) if value else ()


def places(section: str = "", steps: tuple[Step, ...] = ()) -> Iterator[Place]:
    """Every key of every section, at each place where the section stands."""
    keys = SCHEMA["definitions"][section] if section else SCHEMA
    base: Any = base_config()
    for step_ in steps:
        base = base[step_]
    for name, spec in keys["properties"].items():
        inner = _section_of(spec)
        if inner is None or inner[1]:
            yield Place((*steps, name), section, {"description": "", **spec})
        if inner is None:
            continue
        assert name in base, f"the base config has no section {'.'.join(map(str, steps))}.{name}"
        yield from places(inner[0], (*steps, name, *(_first(base[name]) if inner[1] else ())))

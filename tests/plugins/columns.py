"""The list of plugins: how each one's vendor is started and reached, and how it says no."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from plugins import reading
from plugins.stands import WRONG_SECRET, Place, Plugin
from upstream.exchange import Scenario
from upstream.tls import Authority
from upstream.vendors import (
    anthropic, azure, bedrock, dashscope, entra, gemini, google, holysheep, ollama, openai,
    vertex)
from upstream.vendors.anthropic import Anthropic
from upstream.vendors.azure import Azure
from upstream.vendors.bedrock import Bedrock
from upstream.vendors.dashscope import DashScope
from upstream.vendors.entra import Entra
from upstream.vendors.gemini import Gemini
from upstream.vendors.google_tokens import PROJECT, GoogleTokens
from upstream.vendors.holysheep import HolySheep
from upstream.vendors.ollama import Ollama
from upstream.vendors.openai import OpenAI
from upstream.vendors.vendor import KEY, Fault, Vendor
from upstream.vendors.vertex import Vertex

ENV = {"TABLE_SECRET": KEY, "TABLE_WRONG_SECRET": WRONG_SECRET}


def with_key(start: Callable[[Authority], Vendor], path: str = "") -> Callable[..., Place]:
    """A vendor that takes a key and nothing else; `path` is what its base URL has."""

    def started(opened: ExitStack, authority: Authority, _: Path) -> Place:
        vendor = opened.enter_context(start(authority))
        lines = f'base_url = "{vendor.origin}{path}"\napi_key = "env:{{}}"'
        return Place(vendor, lines.format("TABLE_SECRET"), lines.format("TABLE_WRONG_SECRET"),
                     ENV, [KEY])

    return started


def _bedrock(opened: ExitStack, authority: Authority, _: Path) -> Place:
    vendor = opened.enter_context(Bedrock(authority))
    lines = (f'base_url = "{vendor.origin}"\nregion = "{bedrock.REGION}"\n'
             f'access_key_id = "{bedrock.KEY_ID}"\nsecret_access_key = "env:{{}}"')
    return Place(vendor, lines.format("TABLE_SECRET"), lines.format("TABLE_WRONG_SECRET"),
                 {**ENV, "TABLE_SECRET": bedrock.SECRET}, [bedrock.SECRET])


def _azure_entra(opened: ExitStack, authority: Authority, _: Path) -> Place:
    tokens = opened.enter_context(Entra(authority))
    vendor = opened.enter_context(Azure(authority, tokens))
    lines = (f'base_url = "{vendor.origin}"\nauthority = "{tokens.origin}"\n'
             f'tenant_id = "{entra.TENANT}"\nclient_id = "{entra.CLIENT}"\n'
             'api_version = "2024-10-21"\n'
             'client_secret = "env:{}"')
    return Place(vendor, lines.format("TABLE_SECRET"), lines.format("TABLE_WRONG_SECRET"),
                 {**ENV, "TABLE_SECRET": entra.CLIENT_SECRET}, [entra.CLIENT_SECRET], [tokens])


def _gemini(opened: ExitStack, authority: Authority, _: Path) -> Place:
    vendor = opened.enter_context(Gemini(authority))
    lines = (f'base_url = "{vendor.origin}/v1beta"\nupload_origin = "{vendor.uploads.origin}"\n'
             'api_key = "env:{}"')
    return Place(vendor, lines.format("TABLE_SECRET"), lines.format("TABLE_WRONG_SECRET"),
                 ENV, [KEY], [vendor.uploads])


def _vertex(opened: ExitStack, authority: Authority, folder: Path) -> Place:
    """The wrong account is the right one with the key of a stranger."""
    tokens = opened.enter_context(GoogleTokens(authority, folder / "account"))
    stranger = GoogleTokens(authority, folder / "stranger")
    vendor = opened.enter_context(Vertex(authority, tokens))
    right, wrong = tokens.account(), {**tokens.account(),
                                      "private_key": stranger.account()["private_key"]}
    lines = (f'base_url = "{vendor.origin}"\nproject = "{PROJECT}"\n'
             f'region = "{vertex.LOCATION}"\nservice_account_key = "file:{{}}"')
    for name, account in (("right", right), ("wrong", wrong)):
        file = folder / f"{name}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(account, indent=2))
    secret = right["private_key"].splitlines()[1]
    return Place(vendor, lines.format(folder / "right.json"), lines.format(folder / "wrong.json"),
                 {}, [secret], [tokens])


def refuses(fault: Fault) -> Callable[[Vendor], Scenario]:
    return lambda vendor: vendor.refuses(fault)


def faults(**named: Fault) -> dict[str, Fault]:
    return named


AZURE_FAULTS = faults(rate=azure.RATE, context=azure.CONTEXT, failed=azure.INTERNAL,
                      broken=azure.STREAM_ERROR)

PLUGINS = [
    Plugin("openai", "openai", with_key(OpenAI, "/v1"), reading.openai, faults(
        rate=openai.RATE, context=openai.CONTEXT, credit=openai.QUOTA, failed=openai.OVERLOADED,
        broken=openai.STREAM_ERROR),
        blocks=refuses(openai.MODERATED), lists=2, wait=7, shows_thoughts=False),
    Plugin("holysheep", "holysheep", with_key(HolySheep, "/v1"), reading.openai, faults(
        rate=holysheep.RATE, context=holysheep.CONTEXT, credit=holysheep.UNPAID,
        failed=holysheep.OVERLOADED, broken=holysheep.STREAM_ERROR),
        blocks=refuses(holysheep.MODERATED), lists=2, wait=7,
        thinking={"extra_body": {"enable_thinking": True}}),
    Plugin("anthropic", "anthropic", with_key(Anthropic), reading.anthropic, faults(
        rate=anthropic.RATE, context=anthropic.CONTEXT, credit=anthropic.OUT_OF_CREDIT,
        failed=anthropic.INTERNAL, broken=anthropic.OVERLOADED), lists=3, wait=7),
    Plugin("bedrock", "bedrock", _bedrock, reading.bedrock, faults(
        rate=bedrock.RATE, context=bedrock.CONTEXT, failed=bedrock.INTERNAL,
        broken=bedrock.UNAVAILABLE), key_status=403, tells_thinking=False),
    Plugin("azure", "azure", with_key(Azure), reading.openai, AZURE_FAULTS,
           blocks=refuses(azure.FILTERED), model=lambda _: str(azure.NAMED["model"]), wait=7,
           shows_thoughts=False),
    Plugin("azure-entra", "azure", _azure_entra, reading.openai, AZURE_FAULTS,
           blocks=refuses(azure.FILTERED), model=lambda _: str(azure.NAMED["model"]), wait=7,
           shows_thoughts=False, fetches_tokens=True),
    Plugin("gemini", "gemini", _gemini, reading.google, faults(
        rate=gemini.RATE, context=google.CONTEXT, failed=google.INTERNAL,
        broken=google.UNAVAILABLE), blocks=Gemini.blocks, lists=2, wait=7, names_calls=False),
    Plugin("vertex", "vertex", _vertex, reading.google, faults(
        rate=vertex.RATE, context=google.CONTEXT, failed=google.INTERNAL,
        broken=google.UNAVAILABLE), blocks=Vertex.blocks, lists=2, names_calls=False,
        fetches_tokens=True),
    Plugin("ollama", "ollama", with_key(lambda trusted: Ollama(trusted, KEY)), reading.ollama,
           faults(rate=ollama.RATE, context=ollama.CONTEXT, failed=ollama.INTERNAL,
                  broken=ollama.BROKEN), lists=2, tells_cached=False, tells_thinking=False),
    Plugin("dashscope", "dashscope", with_key(DashScope, "/api/v1"), reading.dashscope, faults(
        rate=dashscope.RATE, context=dashscope.CONTEXT, credit=dashscope.ARREARAGE,
        failed=dashscope.INTERNAL, broken=dashscope.OVERLOADED),
        blocks=refuses(dashscope.MODERATED), sees="qwen-vl"),
]

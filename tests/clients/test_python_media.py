"""Images and speech with the Python package: of the plugin `openai` at an upstream as strict as
OpenAI's own, and of a host that holds for what they cost."""

import base64
import threading
from typing import Iterator

import httpx2 as httpx
import openai
import pytest

from integration.conftest import StartHost, route, server
from integration.counting import budget
from integration.host import Host, wait_for
from upstream.tls import Authority
from upstream.vendors import content, openai_media
from upstream.vendors.openai import RATE, OpenAI
from upstream.vendors.openai_media import SOUND, draws, speaks
from upstream.vendors.vendor import KEY

SAY = {"voice": "alloy", "input": "Sawasdee, สวัสดี."}
CHARACTERS = len(SAY["input"])
PRICES = """
[[prices]]
provider = "openai"
model = "*"
input = "0 USD"
output = "0 USD"
units = { image = "0.04 USD", character = "0.000015 USD" }

[ledger]
url = "memory:"
"""


@pytest.fixture(scope="module")
def vendor(authority: Authority) -> Iterator[OpenAI]:
    with OpenAI(authority) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def media(start_host: StartHost, vendor: OpenAI, authority: Authority) -> Host:
    return start_host(
        server() + f'\n[providers.openai]\nbase_url = "{vendor.base_url}"\n'
        f'api_key = "env:OPENAI_API_KEY"\nca_file = "{authority.ca_file}"\n'
        + route("*", '"openai"') + PRICES + budget("1000 USD", mode='"hard"'),
        env={"OPENAI_API_KEY": KEY})


@pytest.fixture(scope="module")
def client(media: Host) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="any", base_url=f"{media.url}/v1", max_retries=0) as made:
        yield made


def named(name: str) -> dict[str, str]:
    return {"x-request-id": name}


# ---- speech ---------------------------------------------------------------------------------------


def test_speech(client: openai.OpenAI, media: Host, vendor: OpenAI) -> None:
    model = vendor.serve(speaks(SOUND[:9], SOUND[9:]), prefix="tts")
    answer = client.audio.speech.create(model=model, **SAY, extra_headers=named("speech"))
    assert answer.content == SOUND
    assert answer.response.headers["content-type"] == "audio/mpeg"
    line = media.access_line("speech")
    assert line["cost_micro_usd"] == CHARACTERS * 15
    assert line["bytes_out"] == len(SOUND)
    assert vendor.request(model).header("accept") == "*/*"


@pytest.mark.parametrize("form", openai_media.TYPES)
def test_its_form_is_what_was_asked_for(client: openai.OpenAI, form: str) -> None:
    answer = client.audio.speech.create(model="tts-1", **SAY, response_format=form, speed=1.5)
    assert answer.response.headers["content-type"] == openai_media.TYPES[form]
    assert answer.content == SOUND


def test_the_first_bytes_come_before_the_last_are_sent(client: openai.OpenAI,
                                                       vendor: OpenAI) -> None:
    last = threading.Event()
    model = vendor.serve(speaks(b"first", b"last", until=last), prefix="tts")
    with client.audio.speech.with_streaming_response.create(model=model, **SAY) as answer:
        pieces = answer.iter_bytes()
        assert next(pieces) == b"first"
        assert vendor.request(model).chunks_sent < 2, "the last is still to come"
        last.set()
        assert b"".join(pieces) == b"last"


def test_leaving_ends_the_upstreams_work(client: openai.OpenAI, media: Host,
                                         vendor: OpenAI) -> None:
    """What is spoken has been billed: by the character, whoever hears it."""
    model = vendor.serve(speaks(b"first", b"last", until=threading.Event()), prefix="tts")
    with client.audio.speech.with_streaming_response.create(
            model=model, **SAY, extra_headers=named("left")) as answer:
        assert next(answer.iter_bytes()) == b"first"
    assert vendor.ended(model)[0].disconnected_at is not None
    line = media.access_line("left")
    assert (line["status"], line["cost_micro_usd"]) == (499, CHARACTERS * 15)


def test_sound_that_was_cut_is_not_taken_for_whole(client: openai.OpenAI, media: Host,
                                                   vendor: OpenAI) -> None:
    model = vendor.serve(speaks(b"first", cut=True), prefix="tts")
    with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError, httpx.ReadError)):
        client.audio.speech.create(model=model, **SAY, extra_headers=named("cut-sound"))
    assert media.access_line("cut-sound")["outcome"] == "error"


def test_speech_that_is_refused(client: openai.OpenAI, vendor: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.speech.create(model="tts-1", voice="nobody", input="Hello")
    assert refused.value.param == "voice"
    with pytest.raises(openai.NotFoundError):
        client.audio.speech.create(model="tts-0", **SAY)
    model = vendor.serve(vendor.refuses(RATE), prefix="tts")
    with pytest.raises(openai.RateLimitError) as limited:
        client.audio.speech.create(model=model, **SAY)
    assert float(limited.value.response.headers["retry-after"]) > 0


# ---- images ---------------------------------------------------------------------------------------


def test_images(client: openai.OpenAI, media: Host) -> None:
    """Whose upstream counts tokens as well; both are told, and each has its price."""
    answer = client.images.generate(model="gpt-image-1", prompt="A cat.", n=2,
                                    extra_headers=named("images"))
    assert answer.data and len(answer.data) == 2
    assert base64.b64decode(answer.data[0].b64_json or "") == content.PNG
    assert answer.usage and answer.usage.output_tokens == 2 * openai_media.IMAGE_TOKENS
    line = media.access_line("images")
    assert (line["input_tokens"], line["output_tokens"]) == (13, 2 * openai_media.IMAGE_TOKENS)
    assert line["cost_micro_usd"] == 80_000


def test_images_that_nobody_counts_in_tokens(client: openai.OpenAI) -> None:
    answer = client.images.with_raw_response.generate(model="dall-e-3", prompt="A cat.")
    assert answer.headers["x-bellwether-cost"] == "0.040000"
    (image,) = answer.parse().data
    assert image.url == "https://images.test/1.png"


def test_images_that_are_refused(client: openai.OpenAI) -> None:
    for members, param in (({"n": 2}, "n"), ({"size": "1x1"}, "size")):
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.generate(model="dall-e-3", prompt="A cat.", **members)
        assert refused.value.param == param
    with pytest.raises(openai.BadRequestError) as unserved:
        client.images.generate(model="gpt-image-1", prompt="A cat.", stream=True)
    assert unserved.value.param == "stream"


def test_a_budget_for_one_image_makes_no_two(start_host: StartHost, vendor: OpenAI,
                                             authority: Authority) -> None:
    """Before the upstream hears of them."""
    host = start_host(
        server() + f'\n[providers.openai]\nbase_url = "{vendor.base_url}"\n'
        f'api_key = "env:OPENAI_API_KEY"\nca_file = "{authority.ca_file}"\n'
        + route("*", '"openai"') + PRICES + budget("0.07 USD", mode='"hard"'),
        env={"OPENAI_API_KEY": KEY})
    model = vendor.serve(draws, prefix="gpt-image")
    with openai.OpenAI(api_key="any", base_url=f"{host.url}/v1", max_retries=0) as poor:
        with pytest.raises(openai.RateLimitError):
            poor.images.generate(model=model, prompt="A cat.", n=2)
        assert vendor.requests(model) == []
        assert poor.images.generate(model=model, prompt="A cat.").data
        with pytest.raises(openai.RateLimitError):
            poor.images.generate(model=model, prompt="A cat.")
    wait_for(lambda: host.admin("GET", "/admin/budgets").json()["budgets"][0]["used"] == 40_000,
             "one image is paid for")

"""Images that DashScope makes in tasks, through OpenAI's endpoint for them."""

from collections.abc import Iterator

import openai
import pytest

from plugins.conftest import StandOf
from plugins.rows import PROMPT
from plugins.stands import Stand
from upstream.vendors import dashscope_tasks
from upstream.vendors.dashscope import IMAGE_PATH, DashScope
from upstream.vendors.vendor import Fault, path_of

MODEL = "wan2.2-t2i-flash"


@pytest.fixture
def drawing(stand_of: StandOf) -> Iterator[Stand]:
    """With tasks that succeed at the third question."""
    stand = stand_of("dashscope")
    yield stand
    assert isinstance(stand.vendor, DashScope)
    stand.vendor.tasks.fault = None


def draw(stand: Stand, **members: object) -> openai.types.ImagesResponse:
    return stand.plain.images.generate(model=MODEL, prompt=PROMPT, **members)


def test_images_by_url(drawing: Stand) -> None:
    before, asked = len(drawing.refused), len(drawing.vendor.requests(MODEL))
    images = draw(drawing, n=2, size="1024x768").data
    assert len(images) == 2 and len({image.url for image in images}) == 2
    for image in images:
        assert image.url.startswith(f"{drawing.vendor.origin}/oss/")
        assert image.revised_prompt == f"{PROMPT}, in detail"
    assert not drawing.refused[before:]
    (request,) = drawing.vendor.requests(MODEL)[asked:]
    assert path_of(request) == IMAGE_PATH and request.header("x-dashscope-async") == "enable"
    assert request.json["input"]["prompt"] == PROMPT
    told = request.json["parameters"]
    assert (told["n"], told["size"]) == (2, "1024*768")


def test_images_as_data(drawing: Stand) -> None:
    """The vendor gives addresses, which only who wants the image needs to read."""
    asked = len(drawing.vendor.requests(MODEL))
    with pytest.raises(openai.BadRequestError) as caught:
        draw(drawing, response_format="b64_json")
    assert caught.value.param == "response_format"
    assert len(drawing.vendor.requests(MODEL)) == asked


@pytest.mark.parametrize(("fault", "kind", "code"), [
    (dashscope_tasks.MODERATED, openai.BadRequestError, "content_filter"),
    (dashscope_tasks.FAILED, openai.InternalServerError, None)], ids=["moderated", "failed"])
def test_a_task_that_fails(drawing: Stand, fault: Fault, kind: type[openai.APIStatusError],
                           code: str | None) -> None:
    assert isinstance(drawing.vendor, DashScope)
    drawing.vendor.tasks.fault = fault
    with pytest.raises(openai.APIStatusError) as caught:
        draw(drawing)
    assert type(caught.value) is kind and caught.value.code
    assert code is None or caught.value.code == code

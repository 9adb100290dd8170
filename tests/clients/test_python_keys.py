"""The Python package against a host with client keys: what programs see who are let in, and who are
not."""

from typing import Iterator

import openai
import pytest

from integration.client_keys import ClientKey, new_key
from integration.conftest import StartHost, standard_config
from integration.host import Host
from upstream.scenarios import answers
from upstream.simulator import Simulator
from upstream.tls import Authority

PROMPT = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def keys() -> dict[str, ClientKey]:
    made = [new_key("everything", "--team", "t"), new_key("next", "--team", "t"),
            new_key("echo-only", "--models", "echo"),
            new_key("over", more="expires = 2020-01-01\n"),
            new_key("off", more="disabled = true\n")]
    return {key.name: key for key in made}


@pytest.fixture(scope="module")
def guarded(start_host: StartHost, keys: dict[str, ClientKey], upstream: Simulator,
            authority: Authority) -> Host:
    return start_host(standard_config(upstream, authority)
                      + "\n".join(key.toml for key in keys.values()))


@pytest.fixture
def clients(guarded: Host, keys: dict[str, ClientKey]) -> Iterator[dict[str, openai.OpenAI]]:
    made = {name: openai.OpenAI(api_key=key.text, base_url=f"{guarded.url}/v1", max_retries=0)
            for name, key in keys.items()}
    yield made
    for client in made.values():
        client.close()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_good_key(clients: dict[str, openai.OpenAI], upstream: Simulator, stream: bool) -> None:
    """Two keys of one team are good at once: that is how a program changes its key."""
    model = upstream.serve(answers.chat())
    for name in ("everything", "next"):
        reply = clients[name].chat.completions.create(model=model, messages=PROMPT, stream=stream)
        if stream:
            assert any(chunk.choices for chunk in reply)
        else:
            assert reply.choices[0].message.content


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("name", "said"), [("over", "expired"), ("off", "disabled")])
def test_a_key_that_is_over(clients: dict[str, openai.OpenAI], name: str, said: str,
                            stream: bool) -> None:
    with pytest.raises(openai.AuthenticationError, match=said) as caught:
        clients[name].chat.completions.create(model="echo", messages=PROMPT, stream=stream)
    assert caught.value.code == "invalid_api_key" and caught.value.request_id


@pytest.mark.parametrize("text", ["sk-proj-0123456789", "unused", "bw-0a1b2c3d4e-wrong"])
def test_a_wrong_key(guarded: Host, text: str) -> None:
    """Also where the body is large: the answer comes before it is read, and arrives."""
    with openai.OpenAI(api_key=text, base_url=f"{guarded.url}/v1", max_retries=0) as client:
        for prompt in ("Hello", "x" * 5_000_000):
            with pytest.raises(openai.AuthenticationError, match="Incorrect API key") as caught:
                client.chat.completions.create(
                    model="echo", messages=[{"role": "user", "content": prompt}])
            assert caught.value.code == "invalid_api_key" and text not in str(caught.value)
        with pytest.raises(openai.AuthenticationError):
            client.models.list()


def test_a_model_that_the_key_does_not_have(clients: dict[str, openai.OpenAI]) -> None:
    client = clients["echo-only"]
    assert [model.id for model in client.models.list()] == ["echo"]
    assert client.chat.completions.create(model="echo", messages=PROMPT).choices
    with pytest.raises(openai.PermissionDeniedError) as caught:
        client.chat.completions.create(model="qwen-max", messages=PROMPT)
    assert caught.value.code == "model_not_found"
    with pytest.raises(openai.PermissionDeniedError):
        client.models.retrieve("qwen-max")
    with pytest.raises(openai.PermissionDeniedError):
        client.embeddings.create(model="text-embedding-v4", input="x")
    with pytest.raises(openai.NotFoundError):
        clients["everything"].chat.completions.create(model="no-such-model", messages=PROMPT)


def test_x_api_key(guarded: Host, keys: dict[str, ClientKey]) -> None:
    """As programs for other APIs send it; beside Authorization only if it is the same."""
    key = keys["everything"].text
    for bearer, good in ((key, True), (keys["next"].text, False)):
        with openai.OpenAI(api_key=bearer, base_url=f"{guarded.url}/v1", max_retries=0,
                           default_headers={"x-api-key": key}) as client:
            if good:
                assert client.models.list().data
                continue
            with pytest.raises(openai.AuthenticationError, match="two different API keys"):
                client.models.list()

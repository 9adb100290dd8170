"""Programs for the Python package before its version 1: a module with settings, dictionaries."""

import openai

MESSAGES = [{"role": "user", "content": "Hello there"}]


def described(error, said=""):
    body = error.json_body or {}
    return {"kind": type(error).__name__, "status": error.http_status,
            "code": body.get("error", {}).get("code"), "said": said}


class Cases:
    def __init__(self, url):
        openai.api_base = url
        openai.api_key = "client-key"

    def chat(self, model):
        reply = openai.ChatCompletion.create(model=model, messages=MESSAGES)
        choice = reply["choices"][0]
        return {"content": choice["message"]["content"], "finish": choice["finish_reason"],
                "tokens": reply["usage"]["total_tokens"]}

    def stream(self, model):
        said = [chunk["choices"][0]["delta"].get("content") or "" for chunk in
                openai.ChatCompletion.create(model=model, messages=MESSAGES, stream=True)]
        return {"content": "".join(said)}

    def completion(self, model):
        said = [chunk["choices"][0]["text"] for chunk in
                openai.Completion.create(model=model, prompt="Hello", stream=True)]
        return {"content": "".join(said)}

    def embedding(self, model):
        return openai.Embedding.create(model=model, input="Hello")["data"][0]["embedding"]

    def floats(self, model):
        reply = openai.Embedding.create(model=model, input="Hello", encoding_format="float")
        return reply["data"][0]["embedding"]

    def models(self, _):
        return [model["id"] for model in openai.Model.list()["data"]]

    def one_model(self, model):
        return openai.Model.retrieve(model)["id"]

    def refused(self, model):
        try:
            self.chat(model)
        except openai.error.OpenAIError as error:
            return described(error)

    def broken(self, model):
        said = []
        try:
            for chunk in openai.ChatCompletion.create(model=model, messages=MESSAGES, stream=True):
                said.append(chunk["choices"][0]["delta"].get("content") or "")
        except openai.error.OpenAIError as error:
            return described(error, "".join(said))

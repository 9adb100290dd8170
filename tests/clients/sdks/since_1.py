"""Programs for the Python package since its version 1: a client object, typed replies."""

import openai

MESSAGES = [{"role": "user", "content": "Hello there"}]


def described(error, said=""):
    return {"kind": type(error).__name__, "status": getattr(error, "status_code", None),
            "code": error.code, "said": said}


class Cases:
    def __init__(self, url):
        self.client = openai.OpenAI(api_key="client-key", base_url=url, max_retries=0)

    def chat(self, model):
        reply = self.client.chat.completions.create(model=model, messages=MESSAGES)
        choice = reply.choices[0]
        return {"content": choice.message.content, "finish": choice.finish_reason,
                "tokens": reply.usage.total_tokens}

    def stream(self, model):
        said = [chunk.choices[0].delta.content or "" for chunk in
                self.client.chat.completions.create(model=model, messages=MESSAGES, stream=True)]
        return {"content": "".join(said)}

    def completion(self, model):
        said = [chunk.choices[0].text for chunk in
                self.client.completions.create(model=model, prompt="Hello", stream=True)]
        return {"content": "".join(said)}

    def embedding(self, model):
        return self.client.embeddings.create(model=model, input="Hello").data[0].embedding

    def floats(self, model):
        reply = self.client.embeddings.create(model=model, input="Hello", encoding_format="float")
        return reply.data[0].embedding

    def models(self, _):
        return [model.id for model in self.client.models.list()]

    def one_model(self, model):
        return self.client.models.retrieve(model).id

    def refused(self, model):
        try:
            self.chat(model)
        except openai.APIError as error:
            return described(error)

    def broken(self, model):
        said = []
        try:
            for chunk in self.client.chat.completions.create(model=model, messages=MESSAGES,
                                                             stream=True):
                said.append(chunk.choices[0].delta.content or "")
        except openai.APIError as error:
            return described(error, "".join(said))

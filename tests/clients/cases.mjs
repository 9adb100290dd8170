// One case of the official Node package: `node cases.mjs NAME`. test_node.py scripts the upstream,
// runs a case and reads what it prints: one JSON object, or a failed assertion.

import assert from "node:assert/strict";
import OpenAI from "openai";

const { BELLWETHER_URL, MODEL, MAX_RETRIES } = process.env;
const client = new OpenAI({
  apiKey: "client-key",
  baseURL: `${BELLWETHER_URL}/v1`,
  maxRetries: Number(MAX_RETRIES ?? 0),
});
const messages = [{ role: "user", content: "Hello there" }];
const tools = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: {} } },
}));

// Enough of an error to hold against what was expected.
function described(error) {
  return {
    kind: error.constructor.name,
    status: error.status ?? null,
    code: error.code ?? null,
    type: error.type ?? null,
    message: error.message,
  };
}

function called(message) {
  return message.tool_calls.map((call) => [call.type, call.function.name, call.function.arguments]);
}

const cases = {
  async chat() {
    const reply = await client.chat.completions.create({ model: MODEL, messages });
    assert.equal(reply.object, "chat.completion");
    assert.ok(reply._request_id);
    const [{ message, finish_reason }] = reply.choices;
    return { content: message.content, finish: finish_reason, tokens: reply.usage.total_tokens };
  },

  async stream() {
    const said = [];
    const stream = await client.chat.completions.create({ model: MODEL, messages, stream: true });
    for await (const chunk of stream) said.push(chunk.choices[0].delta.content ?? "");
    return { content: said.join("") };
  },

  async completion() {
    const said = [];
    const stream = await client.completions.create({ model: MODEL, prompt: "Hello", stream: true });
    for await (const chunk of stream) said.push(chunk.choices[0].text);
    return { content: said.join("") };
  },

  // The package asks for base64 and decodes it.
  async embedding() {
    const reply = await client.embeddings.create({ model: MODEL, input: "Hello" });
    return { embedding: reply.data[0].embedding };
  },

  async oneModel() {
    return { id: (await client.models.retrieve(MODEL)).id };
  },

  // The helper checks every chunk, and throws on what is missing.
  async helper() {
    const stream = client.chat.completions.stream({
      model: MODEL,
      messages,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    const [{ message, finish_reason }] = final.choices;
    assert.equal(message.role, "assistant");
    return { content: message.content, finish: finish_reason, tokens: final.usage.total_tokens };
  },

  async tools() {
    const reply = await client.chat.completions.create({ model: MODEL, messages, tools });
    return { finish: reply.choices[0].finish_reason, calls: called(reply.choices[0].message) };
  },

  async streamedTools() {
    const stream = client.chat.completions.stream({ model: MODEL, messages, tools });
    const [choice] = (await stream.finalChatCompletion()).choices;
    return { finish: choice.finish_reason, calls: called(choice.message) };
  },

  async models() {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    return { names: names.filter((name) => name.includes("qwen")) };
  },

  async refused() {
    const request = client.chat.completions.create({ model: MODEL, messages });
    return described(await request.then(() => assert.fail("not refused"), (error) => error));
  },

  // Of a chat and of a stream with each of several models: what came, or the error.
  async outcomes() {
    const both = MODEL.split(",").map(async (model) => {
      const chat = client.chat.completions.create({ model, messages });
      const read = async () => {
        const said = [];
        const stream = await client.chat.completions.create({ model, messages, stream: true });
        for await (const chunk of stream) said.push(chunk.choices[0].delta.content ?? "");
        return { content: said.join("") };
      };
      const content = (reply) => ({ content: reply.choices[0].message.content });
      const [first, second] = [chat.then(content, described), read().catch(described)];
      return { chat: await first, stream: await second };
    });
    return { outcomes: await Promise.all(both) };
  },

  // Five times: the reply comes while the body is still being sent, and one may win by luck.
  async tooLarge() {
    const large = [{ role: "user", content: "x".repeat(8 << 20) }];
    const refusals = [];
    for (let i = 0; i < 5; ++i) {
      const request = client.chat.completions.create({ model: MODEL, messages: large });
      const error = await request.then(() => assert.fail("not refused"), (error) => error);
      refusals.push(described(error));
    }
    return { refusals };
  },

  async broken() {
    const said = [];
    const stream = await client.chat.completions.create({ model: MODEL, messages, stream: true });
    try {
      for await (const chunk of stream) said.push(chunk.choices[0].delta.content ?? "");
    } catch (error) {
      return { ...described(error), content: said.join("") };
    }
    assert.fail("the stream ended as if it were whole");
  },

  // Prints the time of the abort on the clock that Python calls time.monotonic().
  async abort() {
    const controller = new AbortController();
    const request = { model: MODEL, messages, stream: true };
    const stream = await client.chat.completions.create(request, { signal: controller.signal });
    let chunks = 0;
    let at = 0n;
    for await (const _ of stream) {
      if (++chunks < 3) continue;
      at = process.hrtime.bigint();
      controller.abort();
      break;
    }
    return { at: Number(at) / 1e9 };
  },
};

const result = await cases[process.argv[2]]();
console.log(JSON.stringify(result));

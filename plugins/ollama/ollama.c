/* The ollama provider: Ollama's own API, which takes what its OpenAI-compatible one does not: the
 * size of the context, keep_alive, and that a prompt which is too long is refused, not cut. */
#include <bellwether/c/helpers.h>

static const bw_error_rule rules[] = {{BW_E_CONTEXT_LENGTH, 0, "exceeds the context length"},
                                      {BW_E_CONTEXT_LENGTH, 0, "exceeds the available context"},
                                      {BW_E_UNSUPPORTED, 400, "does not support"},
                                      {BW_OK, 0, NULL}};

/* ---- what is asked ----------------------------------------------------------------------- */

static void write_message(bw_json_writer* json, const bw_json_walk* at,
                          const bw_chat_call_names* calls, bw_chat_reply* reply) {
    const bw_str role = bw_json_get(at->value, "role");
    const bw_str id = bw_json_get(at->value, "tool_call_id");
    const bw_str content = bw_json_get(at->value, "content");
    bw_json_object(json);
    bw_json_put_raw(json, S("role"), bw_json_equals(role, S("developer")) ? S("\"system\"") : role);
    bw_json_put_string(json, S("content"), bw_chat_content_text(content, &reply->texts));
    bw_json_put_raw(json, S("thinking"), bw_json_get(at->value, "reasoning_content"));
    bw_chat_put_images(json, S("images"), at, reply);
    bw_chat_put_calls(json, S("tool_calls"), at->value, &reply->texts);
    bw_json_put_raw(json, S("tool_call_id"), id);
    bw_json_put_text(json, S("tool_name"), bw_chat_tool_name(calls, id, &reply->texts));
    bw_json_end(json);
}

static void write_chat(bw_json_writer* json, bw_str asked, bw_str messages, bw_chat_reply* reply) {
    const bw_str effort =
        bw_json_or(bw_json_get(asked, "think"), bw_json_get(asked, "reasoning_effort"));
    const int minimal = bw_json_equals(effort, S("minimal"));
    const int most = bw_json_equals(effort, S("xhigh"));
    const bw_str level = minimal ? S("\"low\"") : most ? S("\"max\"") : effort;
    const bw_chat_call_names calls = bw_chat_read_call_names(messages, &reply->texts);
    bw_json_walk each = bw_json_each(messages);
    bw_chat_check(reply, asked, messages);
    bw_chat_refuse_choices(reply, asked);
    bw_chat_refuse_members(reply, asked,
                           "n logprobs top_logprobs logit_bias parallel_tool_calls modalities "
                           "audio functions function_call prediction web_search_options");
    bw_json_put_boolean(json, S("stream"), reply->stream);
    bw_json_put_raw(json, S("tools"), bw_chat_tools(asked));
    bw_json_put_raw(json, S("format"), bw_chat_format(asked, S("\"json\"")));
    bw_json_put_raw(json, S("think"), bw_json_equals(effort, S("none")) ? S("false") : level);
    bw_json_put_array(json, S("messages"));
    while (bw_json_next(&each)) write_message(json, &each, &calls, reply);
    bw_json_end(json);
}

static void write_request(bw_buffer* out, bw_str body, bw_str config, bw_chat_reply* reply) {
    const bw_str asked = bw_json_without(body, "messages input", &reply->texts);
    const bw_str given = bw_json_get(asked, "options");
    const bw_str limit = bw_chat_max_tokens(asked);
    bw_json_writer json = bw_json_writing(out);
    bw_json_object(&json);
    bw_json_put_members(&json, "model truncate shift keep_alive", asked, config, config);
    bw_json_put_object(&json, S("options"));
    bw_json_put_members(&json,
                        "temperature top_p top_k min_p typical_p seed presence_penalty "
                        "frequency_penalty repeat_penalty repeat_last_n num_keep num_ctx num_batch "
                        "num_gpu main_gpu num_thread use_mmap",
                        asked, given, config);
    bw_json_put_raw(&json, S("num_predict"), bw_json_or(limit, bw_json_get(given, "num_predict")));
    bw_chat_put_stop(&json, S("stop"), bw_json_get(asked, "stop").len > 0 ? asked : given);
    bw_json_end(&json);
    if (reply->operation == BW_OP_CHAT)
        write_chat(&json, asked, bw_json_get(body, "messages"), reply);
    if (reply->operation == BW_OP_EMBEDDINGS) {
        bw_embeddings_check(reply, body);
        bw_json_put_members(&json, "input dimensions", body, S(""), S(""));
    }
    bw_json_finish(&json);
}

static bw_status call_open(bw_provider* of, bw_attempt* attempt, const bw_request* request,
                           bw_call** out) {
    const bw_str config = bw_buffer_text(&((const bw_chat_provider*)of)->config);
    const int chat = request->operation == BW_OP_CHAT;
    const int list = request->operation == BW_OP_MODELS;
    const bw_str path = chat ? S("/api/chat") : list ? S("/api/tags") : S("/api/embed");
    bw_chat_reply* const reply = bw_chat_asked(of, attempt, request);
    bw_buffer body = {0};
    if (reply == NULL) return BW_E_INTERNAL;
    if (!list) write_request(&body, request->body, config, reply);
    return bw_chat_open_call(reply, path, S("api_key"), BW_FRAME_LINE, &body, out);
}

/* ---- what is answered -------------------------------------------------------------------- */

static void take_chat(bw_chat_reply* reply, bw_str line) {
    bw_arena* const texts = &reply->texts;
    const int length = bw_json_equals(bw_json_get(line, "done_reason"), S("length"));
    bw_json_walk tools = bw_json_each(bw_json_get(line, "message.tool_calls"));
    bw_chat_reasoning(reply, 0, bw_json_text(bw_json_get(line, "message.thinking"), texts));
    bw_chat_text(reply, 0, bw_json_text(bw_json_get(line, "message.content"), texts));
    while (bw_json_next(&tools)) {
        bw_chat_tool_call(reply, 0, bw_json_text(bw_json_get(tools.value, "id"), texts),
                          bw_json_text(bw_json_get(tools.value, "function.name"), texts),
                          bw_chat_arguments(tools.value, texts));
    }
    bw_chat_used(reply, S("output"), bw_json_to_integer(bw_json_get(line, "eval_count"), -1));
    if (bw_json_to_boolean(bw_json_get(line, "done"), 0)) {
        bw_chat_finish(reply, 0, length ? BW_FINISH_LENGTH : BW_FINISH_STOP);
    }
}

static bw_status call_data(bw_call* of, const bw_frame* frame) {
    bw_chat_reply* const reply = (bw_chat_reply*)of;
    const bw_str line = frame->data;
    const bw_str failure = bw_json_get(line, "error");
    if (reply->http_status >= 300 || failure.len > 0) {
        return bw_chat_fail_upstream(reply, bw_json_text(failure, &reply->texts), line, rules);
    }
    if (!bw_json_valid(line)) {
        return bw_fail(reply->to, BW_E_PROTOCOL, S("the answer is no JSON, or was cut"));
    }
    bw_chat_used(reply, S("input"), bw_json_to_integer(bw_json_get(line, "prompt_eval_count"), -1));
    switch (reply->operation) {
        case BW_OP_MODELS: return bw_models_reply(reply, bw_json_get(line, "models"), "model");
        case BW_OP_EMBEDDINGS: return bw_embeddings_reply(reply, bw_json_get(line, "embeddings"));
        default: take_chat(reply, line); return bw_chat_status(reply);
    }
}

BW_CHAT_PLUGIN(
    "com.ollama", "1.0.0",
    "{\"summary\":\"Ollama's own API\",\"base_url\":\"http://127.0.0.1:11434\","
    "\"operations\":[\"chat\",\"embeddings\",\"models\"],"
    "\"credentials\":[{\"name\":\"api_key\",\"kind\":\"bearer\",\"env\":\"OLLAMA_API_KEY\","
    "\"required\":false}],\"options\":{"
    "\"num_ctx\":{\"type\":\"integer\",\"help\":\"the size of the context, in tokens\"},"
    "\"keep_alive\":{\"type\":\"string\",\"help\":\"how long the model stays loaded: 10m\"},"
    "\"truncate\":{\"type\":\"boolean\",\"default\":false,"
    "\"help\":\"true: cut a prompt that is too long\"}}}")

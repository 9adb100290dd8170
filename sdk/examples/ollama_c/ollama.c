/* A provider in C for another dialect: Ollama's own API, POST {base_url}/api/chat, which answers
 * with a JSON object on each line, or with a single one. */
#include <bellwether/c/helpers.h>

typedef struct ollama { /* behind a bw_provider; behind a bw_call is a bw_chat_reply */
    bw_teller host;
    bw_buffer url;
} ollama;

static void write_message(bw_json_writer* json, bw_str message, bw_chat_reply* reply) {
    const bw_str content = bw_json_get(message, "content");
    bw_json_walk parts = bw_json_each(content);
    bw_json_walk calls = bw_json_each(bw_json_get(message, "tool_calls"));
    bw_json_object(json);
    bw_json_put_raw(json, S("role"), bw_json_get(message, "role"));
    bw_json_put_string(json, S("content"), bw_chat_content_text(content, &reply->texts));
    bw_json_put_array(json, S("images"));
    while (bw_json_next(&parts)) {
        const bw_str url = bw_json_text(bw_json_get(parts.value, "image_url.url"), &reply->texts);
        const bw_str data = bw_data_url(url, NULL);
        if (data.len > 0) bw_json_string(json, data);
        if (url.len > 0 && data.len == 0) {
            bw_chat_fail(reply, BW_E_UNSUPPORTED, S("Ollama takes pictures as data only"));
        }
    }
    bw_json_end(json);
    bw_json_put_array(json, S("tool_calls"));
    while (bw_json_next(&calls)) {
        bw_json_object(json);
        bw_json_put_object(json, S("function"));
        bw_json_put_raw(json, S("name"), bw_json_get(calls.value, "function.name"));
        bw_json_put_raw(json, S("arguments"), bw_chat_arguments(calls.value, &reply->texts));
        bw_json_end(json);
        bw_json_end(json);
    }
    bw_json_end(json);
    bw_json_end(json);
}

static void write_request(bw_buffer* out, const bw_request* request, bw_chat_reply* reply) {
    const bw_str asked = request->body;
    bw_json_walk messages = bw_json_each(bw_json_get(asked, "messages"));
    bw_json_writer json = bw_json_writing(out);
    bw_json_object(&json);
    bw_json_put_string(&json, S("model"), request->model);
    bw_json_put_boolean(&json, S("stream"), (request->flags & BW_REQUEST_STREAM) != 0);
    bw_json_put_raw(&json, S("tools"), bw_json_get(asked, "tools"));
    bw_json_put_raw(&json, S("format"), bw_json_get(asked, "response_format.json_schema.schema"));
    bw_json_put_object(&json, S("options"));
    bw_json_put_raw(&json, S("temperature"), bw_json_get(asked, "temperature"));
    bw_json_put_raw(&json, S("num_predict"), bw_chat_max_tokens(asked));
    bw_json_put_raw(&json, S("stop"), bw_json_get(asked, "stop"));
    bw_json_end(&json);
    bw_json_put_array(&json, S("messages"));
    while (bw_json_next(&messages)) write_message(&json, messages.value, reply);
    bw_json_finish(&json);
}

static bw_status call_open(bw_provider* of, bw_attempt* attempt, const bw_request* request,
                           bw_call** out) {
    const ollama* const self = (const ollama*)of;
    bw_chat_reply* const reply = bw_chat_new(bw_teller_for(self->host, attempt), request);
    bw_buffer body = {0};
    bw_status status;
    if (reply == NULL) return BW_E_INTERNAL;
    write_request(&body, request, reply);
    status = bw_chat_post(reply, bw_buffer_text(&self->url), S(""), BW_FRAME_LINE, &body);
    bw_buffer_free(&body);
    return bw_chat_opened(reply, status, out);
}

static bw_status call_head(bw_call* of, const bw_head* head) {
    ((bw_chat_reply*)of)->http_status = head->http_status;
    return BW_OK;
}

static bw_status call_data(bw_call* of, const bw_frame* frame) {
    const bw_str line = frame->data;
    const bw_str failure = bw_json_get(line, "error");
    const int cut = bw_json_equals(bw_json_get(line, "done_reason"), S("length"));
    bw_json_walk tools = bw_json_each(bw_json_get(line, "message.tool_calls"));
    bw_chat_reply* const reply = (bw_chat_reply*)of;
    bw_arena* const texts = &reply->texts;
    if (reply->http_status != 200 || failure.len > 0) {
        return bw_fail_http(reply->to, reply->http_status, bw_json_text(failure, texts));
    }
    bw_chat_reasoning(reply, 0, bw_json_text(bw_json_get(line, "message.thinking"), texts));
    bw_chat_text(reply, 0, bw_json_text(bw_json_get(line, "message.content"), texts));
    while (bw_json_next(&tools)) {
        const bw_str name = bw_json_text(bw_json_get(tools.value, "function.name"), texts);
        bw_chat_tool_call(reply, 0, S(""), name, bw_json_get(tools.value, "function.arguments"));
    }
    bw_chat_used(reply, S("input"), bw_json_to_integer(bw_json_get(line, "prompt_eval_count"), -1));
    bw_chat_used(reply, S("output"), bw_json_to_integer(bw_json_get(line, "eval_count"), -1));
    if (bw_json_to_boolean(bw_json_get(line, "done"), 0)) {
        bw_chat_finish(reply, 0, cut ? BW_FINISH_LENGTH : BW_FINISH_STOP);
    }
    return bw_chat_status(reply);
}

static bw_status call_end(bw_call* of, const bw_end* end) {
    (void)end;
    return bw_chat_end((bw_chat_reply*)of);
}

static void call_close(bw_call* of, const bw_close* why) {
    (void)why;
    bw_chat_delete((bw_chat_reply*)of);
}

static void destroy(bw_provider* of) {
    bw_buffer_free(&((ollama*)of)->url);
    free(of);
}

static bw_status create(const bw_setup* setup, bw_provider** out) {
    ollama* const made = calloc(1, sizeof *made);
    if (made == NULL) return bw_fail_memory(bw_teller_of(setup));
    made->host = bw_teller_of(setup);
    bw_json_append_text(&made->url, bw_json_get(setup->config, "base_url"));
    bw_buffer_append(&made->url, S("/api/chat"));
    if (made->url.failed) {
        destroy((bw_provider*)made);
        return bw_fail_memory(bw_teller_of(setup));
    }
    *out = (bw_provider*)made;
    return BW_OK;
}

BW_PLUGIN("com.example.ollama", "1.0.0",
          "{\"summary\":\"Ollama's own API\",\"base_url\":\"http://127.0.0.1:11434\"}")

/* The oracle of minimal_cpp, in C: POST {base_url}/ask with {"question": ...}, answered by one JSON
 * object {"answer": ..., "tokens": ...} or by {"problem": ...}. */
#include <bellwether/c/helpers.h>

static const bw_error_rule rules[] = {{BW_E_QUOTA, 0, "a sacrifice is due"}, {BW_OK, 0, NULL}};

static bw_status call_open(bw_provider* of, bw_attempt* attempt, const bw_request* request,
                           bw_call** out) {
    const bw_str messages = bw_json_get(request->body, "messages");
    bw_json_walk each = bw_json_each(messages);
    bw_buffer question = {0};
    bw_buffer body = {0};
    bw_json_writer json = bw_json_writing(&body);
    bw_chat_reply* const reply = bw_chat_asked(of, attempt, request);
    if (reply == NULL) return BW_E_INTERNAL;
    bw_chat_check(reply, request->body, messages);
    bw_chat_refuse_members(reply, request->body, "n logprobs tools");
    while (bw_json_next(&each)) {
        const bw_str content = bw_json_get(each.value, "content");
        bw_buffer_append(&question, bw_chat_content_text(content, &reply->texts));
        bw_buffer_append(&question, S("\n"));
    }
    bw_json_object(&json);
    bw_json_put_string(&json, S("question"), bw_buffer_text(&question));
    bw_json_finish(&json);
    bw_buffer_free(&question);
    return bw_chat_open_call(reply, S("/ask"), S("api_key"), BW_FRAME_WHOLE, &body, out);
}

static bw_status call_data(bw_call* of, const bw_frame* frame) {
    bw_chat_reply* const reply = (bw_chat_reply*)of;
    const bw_str said = frame->data;
    const bw_str answer = bw_json_get(said, "answer");
    if (reply->http_status >= 300) {
        const bw_str problem = bw_json_text(bw_json_get(said, "problem"), &reply->texts);
        return bw_chat_fail_upstream(reply, problem, said, rules);
    }
    if (bw_json_kind(answer) != BW_JSON_STRING) {
        return bw_fail(reply->to, BW_E_PROTOCOL, S("the oracle's answer has no \"answer\""));
    }
    bw_chat_text(reply, 0, bw_json_text(answer, &reply->texts));
    bw_chat_used(reply, S("output"), bw_json_to_integer(bw_json_get(said, "tokens"), -1));
    bw_chat_finish(reply, 0, BW_FINISH_STOP);
    return bw_chat_status(reply);
}

BW_CHAT_PLUGIN("com.example.oracle", "1.0.0",
               "{\"summary\":\"an imaginary oracle\",\"base_url\":\"https://oracle.example/v1\","
               "\"credentials\":[{\"name\":\"api_key\",\"env\":\"ORACLE_API_KEY\"}]}")

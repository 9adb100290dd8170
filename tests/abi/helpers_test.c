/* The helpers for C, used in C as a plugin does: by any standard from C11 on, without a warning.
 * tests/unit/sdk/c_helpers_test.cpp compares them with those for C++. */
#include <bellwether/c/helpers.h>

static int failures;

static void check(int right, int line) {
    if (right) return;
    fprintf(stderr, "helpers_test.c:%d does not hold\n", line);
    ++failures;
}
#define CHECK(condition) check((condition) != 0, __LINE__)

/* The host's functions; an attempt is a buffer, for what goes to the client. */
static bw_status keep(bw_attempt* attempt, const bw_emit* piece) {
    bw_buffer* const all = (bw_buffer*)attempt;
    CHECK(bw_json_valid(piece->data));
    CHECK(piece->kind == BW_EMIT_CHUNK || piece->kind == BW_EMIT_REPLY ||
          piece->kind == BW_EMIT_USAGE);
    bw_buffer_append(all, piece->data);
    bw_buffer_append(all, S("\n"));
    return BW_OK;
}

static bw_status count(bw_attempt* attempt, const bw_usage* usage) {
    (void)attempt;
    CHECK(usage->amount_count == 1 && usage->amounts[0].amount == 1);
    return BW_OK;
}

static bw_status fail(bw_host* host, bw_attempt* attempt, const bw_error* error) {
    (void)host;
    (void)attempt;
    CHECK(error->size == sizeof *error && error->message.len > 0);
    return error->status;
}

static int64_t unix_ms(bw_host* host) {
    (void)host;
    return 5000;
}

static void writes_and_reads(void) {
    bw_buffer text = {NULL, 0, 0, 0};
    bw_arena arena = {NULL, 0};
    bw_json_writer json = bw_json_writing(&text);
    bw_json_walk walk;
    size_t count = 0;
    bw_json_object(&json);
    bw_json_put_string(&json, S("name"), S("a \"quoted\"\n\xE0\xB8\x81\xFF"));
    bw_json_put_number(&json, S("half"), 0.5);
    bw_json_put_array(&json, S("list"));
    bw_json_integer(&json, -7);
    bw_json_boolean(&json, 1);
    bw_json_null(&json);
    bw_json_finish(&json);
    CHECK(bw_str_equal(
        bw_buffer_text(&text),
        S("{\"name\":\"a "
          "\\\"quoted\\\"\\n\xE0\xB8\x81\xEF\xBF\xBD\",\"half\":0.5,\"list\":[-7,true,null]}")));
    CHECK(bw_json_valid(bw_buffer_text(&text)));
    CHECK(bw_str_equal(bw_json_text(bw_json_get(bw_buffer_text(&text), "name"), &arena),
                       S("a \"quoted\"\n\xE0\xB8\x81\xEF\xBF\xBD")));
    CHECK(bw_json_to_number(bw_json_get(bw_buffer_text(&text), "half"), 0) == 0.5);
    CHECK(bw_json_to_integer(bw_json_get(bw_buffer_text(&text), "list[0]"), 0) == -7);
    walk = bw_json_each(bw_json_get(bw_buffer_text(&text), "list"));
    while (bw_json_next(&walk)) count += walk.index + 1;
    CHECK(count == 6);
    bw_arena_free(&arena);
    bw_buffer_free(&text);
}

static void reads_requests(void) {
    const bw_str parts =
        S("[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\"},{\"type\":\"text\","
          "\"text\":\"b\\n\"}]");
    bw_arena arena = {NULL, 0};
    bw_str type;
    CHECK(bw_str_equal(bw_chat_content_text(parts, &arena), S("a\nb\n")));
    CHECK(bw_str_equal(bw_chat_content_text(S("\"plain\""), &arena), S("plain")));
    CHECK(bw_chat_content_text(S("null"), &arena).len == 0);
    CHECK(bw_str_equal(bw_data_url(S("data:image/png;base64,QUI="), &type), S("QUI=")));
    CHECK(bw_str_equal(type, S("image/png")));
    CHECK(bw_str_equal(bw_data_url(S("DATA:;BASE64,AA"), &type), S("AA")));
    CHECK(type.len == 0);
    CHECK(bw_data_url(S("https://x.test/;base64,AA"), &type).len == 0);
    CHECK(bw_data_url(S("data:,AA"), NULL).len == 0);
    bw_arena_free(&arena);
}

static bw_teller teller(bw_host_api* api, bw_buffer* all) {
    bw_teller to;
    memset(api, 0, sizeof *api);
    api->size = sizeof *api;
    api->emit = keep;
    api->usage = count;
    api->fail = fail;
    api->unix_ms = unix_ms;
    to.api = api;
    to.host = NULL;
    to.attempt = (bw_attempt*)all;
    return to;
}

static void builds_replies(uint32_t flags, bw_str expected) {
    bw_buffer all = {NULL, 0, 0, 0};
    bw_host_api api;
    bw_request request;
    bw_chat_reply reply;
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.flags = flags;
    request.id = S("7");
    bw_chat_begin(&reply, teller(&api, &all), &request);
    bw_chat_text(&reply, 0, S("Hi"));
    bw_chat_tool_call(&reply, 0, S("c"), S("f"), S(""));
    CHECK(bw_chat_end(&reply) == BW_E_PROTOCOL);
    bw_chat_finish(&reply, 0, BW_FINISH_STOP);
    bw_chat_used(&reply, S("input"), 1);
    CHECK(bw_chat_status(&reply) == BW_OK);
    CHECK(bw_chat_end(&reply) == BW_OK);
    CHECK(bw_str_equal(bw_buffer_text(&all), expected));
    bw_chat_free(&reply);
    bw_buffer_free(&all);
}

#define CHUNK                                                                                   \
    "{\"id\":\"chatcmpl-7\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"\"," \
    "\"choices\":["
#define OPEN "\"logprobs\":null,\"finish_reason\":null}]}\n"
#define USAGE "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":0,\"total_tokens\":1}}\n"

int main(void) {
    bw_host_api api;
    CHECK(bw_fail_http(teller(&api, NULL), 429, S("wait")) == BW_E_RATE);
    writes_and_reads();
    reads_requests();
    builds_replies(
        BW_REQUEST_STREAM,
        S(CHUNK
          "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"}," OPEN CHUNK
          "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"type\":\"function\","
          "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}," OPEN CHUNK
          "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}"
          "}]}," OPEN CHUNK
          "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"tool_calls\"}]}\n" CHUNK
          "]," USAGE));
    builds_replies(0, S("{\"id\":\"chatcmpl-7\",\"object\":\"chat.completion\",\"created\":5,"
                        "\"model\":\"\",\"choices\":["
                        "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\","
                        "\"refusal\":null,\"tool_calls\":["
                        "{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\","
                        "\"arguments\":\"{}\"}}]},"
                        "\"logprobs\":null,\"finish_reason\":\"tool_calls\"}]," USAGE));
    return failures == 0 ? 0 : 1;
}

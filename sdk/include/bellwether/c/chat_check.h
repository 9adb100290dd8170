/* bellwether/c/chat_check.h - what is wrong with a chat request, and what of it an API does not
 * serve. Part of <bellwether/c/helpers.h>; bw::chat::Request::problem() does the same in C++.
 *
 *   bw_chat_check(reply, request->body, messages);
 *   bw_chat_refuse_members(reply, request->body, "n logprobs logit_bias");
 *
 * Each refuses by the name of the member; bw_chat_post then gives the status and sends nothing. */
#ifndef BELLWETHER_C_CHAT_CHECK_H
#define BELLWETHER_C_CHAT_CHECK_H

#include <bellwether/c/chat_reply.h>
#include <bellwether/c/chat_request.h>

/* ---- within ------------------------------------------------------------------------------ */

/* Says what is wrong with `list`[index]`member`; gives 0. */
static inline int bw_chat_wrong(bw_chat_reply* reply, const char* list, size_t index,
                                const char* member, const char* words) {
    char param[128];
    snprintf(param, sizeof param, "%.30s[%zu]%.60s", list, index, member);
    bw_chat_refuse(reply, BW_E_INVALID, bw_str_from(param), bw_str_from(words));
    return 0;
}

static inline int bw_chat_check_scalars(bw_chat_reply* reply, bw_str request) {
    static const struct {
        const char* name;
        int kind;
        const char* words;
    } known[] = {{"max_completion_tokens", BW_JSON_NUMBER, "must be an integer"},
                 {"max_tokens", BW_JSON_NUMBER, "must be an integer"},
                 {"n", BW_JSON_NUMBER, "must be an integer"},
                 {"seed", BW_JSON_NUMBER, "must be an integer"},
                 {"temperature", BW_JSON_NUMBER, "must be a number"},
                 {"top_p", BW_JSON_NUMBER, "must be a number"},
                 {"presence_penalty", BW_JSON_NUMBER, "must be a number"},
                 {"frequency_penalty", BW_JSON_NUMBER, "must be a number"},
                 {"parallel_tool_calls", BW_JSON_BOOLEAN, "must be true or false"},
                 {"reasoning_effort", BW_JSON_STRING, "must be a text"},
                 {"response_format", BW_JSON_OBJECT, "must be an object"},
                 {"tools", BW_JSON_ARRAY, "must be an array"}};
    size_t i;
    for (i = 0; i < sizeof known / sizeof known[0]; ++i) {
        const bw_str value = bw_json_get(request, known[i].name);
        const int whole = strcmp(known[i].words, "must be an integer") == 0;
        if (bw_json_or(value, BW_S("")).len == 0) continue;
        if (bw_json_kind(value) == known[i].kind &&
            !(whole && bw_json_to_integer(value, INT64_MIN) == INT64_MIN)) {
            continue;
        }
        bw_chat_refuse(reply, BW_E_INVALID, bw_str_from(known[i].name),
                       bw_str_from(known[i].words));
        return 0;
    }
    return 1;
}

static inline int bw_chat_check_message(bw_chat_reply* reply, size_t index, bw_str message) {
    const char* const of = "messages";
    const bw_str role = bw_json_get(message, "role");
    const bw_str content = bw_json_get(message, "content");
    const int kind = bw_json_kind(bw_json_or(content, BW_S("")));
    const int assistant = bw_json_equals(role, BW_S("assistant"));
    const int tool = bw_json_equals(role, BW_S("tool"));
    const bw_str calls = bw_json_or(bw_json_get(message, "tool_calls"), BW_S("[]"));
    bw_json_walk each = bw_json_each(calls);
    if (bw_json_kind(message) != BW_JSON_OBJECT) {
        return bw_chat_wrong(reply, of, index, "", "must be an object");
    }
    if (!assistant && !tool && !bw_json_equals(role, BW_S("user")) &&
        !bw_json_equals(role, BW_S("system")) && !bw_json_equals(role, BW_S("developer"))) {
        return bw_chat_wrong(reply, of, index, ".role",
                             "must be system, developer, user, assistant or tool");
    }
    if (kind == BW_JSON_MISSING && !assistant) {
        return bw_chat_wrong(reply, of, index, ".content", "is missing");
    }
    if (kind != BW_JSON_MISSING && kind != BW_JSON_STRING && kind != BW_JSON_ARRAY) {
        return bw_chat_wrong(reply, of, index, ".content", "must be a text or an array of parts");
    }
    if (tool && bw_json_inner(bw_json_get(message, "tool_call_id")).len == 0) {
        return bw_chat_wrong(reply, of, index, ".tool_call_id", "must be a text that is not empty");
    }
    if (bw_json_kind(calls) != BW_JSON_ARRAY) {
        return bw_chat_wrong(reply, of, index, ".tool_calls", "must be an array");
    }
    while (bw_json_next(&each)) {
        if (bw_json_inner(bw_json_get(each.value, "function.name")).len > 0) continue;
        return bw_chat_wrong(reply, of, index, ".tool_calls", "has a call without a name");
    }
    return 1;
}

static inline int bw_chat_check_lists(bw_chat_reply* reply, bw_str request, bw_str messages) {
    bw_json_walk each = bw_json_each(messages);
    bw_json_walk tools = bw_json_each(bw_json_get(request, "tools"));
    if (bw_json_at(messages, 0).len == 0) {
        bw_chat_refuse(reply, BW_E_INVALID, BW_S("messages"),
                       BW_S("must be an array with a message in it"));
        return 0;
    }
    while (bw_json_next(&each)) {
        if (!bw_chat_check_message(reply, each.index, each.value)) return 0;
    }
    while (bw_json_next(&tools)) {
        if (bw_json_inner(bw_json_get(tools.value, "function.name")).len > 0) continue;
        if (bw_json_kind(tools.value) != BW_JSON_OBJECT) {
            return bw_chat_wrong(reply, "tools", tools.index, "", "must be an object");
        }
        if (!bw_json_equals(bw_json_get(tools.value, "type"), BW_S("function"))) continue;
        return bw_chat_wrong(reply, "tools", tools.index, ".function.name", "is missing");
    }
    return 1;
}

static inline int bw_chat_check_choices(bw_chat_reply* reply, bw_str request) {
    const bw_str choice = bw_json_or(bw_json_get(request, "tool_choice"), BW_S("\"auto\""));
    const bw_str format =
        bw_json_or(bw_json_get(request, "response_format"), BW_S("{\"type\":\"text\"}"));
    const bw_str type = bw_json_get(format, "type");
    const bw_str stop = bw_json_or(bw_json_get(request, "stop"), BW_S("[]"));
    bw_json_walk each = bw_json_each(stop);
    if (!bw_json_equals(choice, BW_S("none")) && !bw_json_equals(choice, BW_S("auto")) &&
        !bw_json_equals(choice, BW_S("required")) && bw_json_kind(choice) != BW_JSON_OBJECT) {
        bw_chat_refuse(reply, BW_E_INVALID, BW_S("tool_choice"),
                       BW_S("must be none, auto, required or an object"));
        return 0;
    }
    if (!bw_json_equals(type, BW_S("text")) && !bw_json_equals(type, BW_S("json_object")) &&
        !bw_json_equals(type, BW_S("json_schema"))) {
        bw_chat_refuse(reply, BW_E_INVALID, BW_S("response_format.type"),
                       BW_S("must be text, json_object or json_schema"));
        return 0;
    }
    if (bw_json_kind(stop) == BW_JSON_STRING) return 1;
    while (!each.object && bw_json_next(&each)) {
        if (bw_json_kind(each.value) == BW_JSON_STRING) continue;
        return bw_chat_wrong(reply, "stop", each.index, "", "must be a text");
    }
    if (bw_json_kind(stop) == BW_JSON_ARRAY) return 1;
    bw_chat_refuse(reply, BW_E_INVALID, BW_S("stop"), BW_S("must be a text or an array of texts"));
    return 0;
}

/* 1 if a member asks for something: not where its value is what counts if it is not there. */
static inline int bw_chat_asks(bw_str name, bw_str value) {
    const int kind = bw_json_kind(bw_json_or(value, BW_S("")));
    const int list = kind == BW_JSON_ARRAY || kind == BW_JSON_OBJECT;
    bw_json_walk each = bw_json_each(value);
    if (kind == BW_JSON_MISSING) return 0;
    if (bw_str_equal(name, BW_S("parallel_tool_calls"))) return bw_json_to_boolean(value, 1) == 0;
    if (bw_str_equal(name, BW_S("n"))) return bw_json_to_number(value, 2) > 1;
    if (bw_str_equal(name, BW_S("modalities"))) {
        return !bw_json_equals(bw_json_at(value, 0), BW_S("text")) || bw_json_at(value, 1).len > 0;
    }
    if (list) return bw_json_next(&each);
    return kind == BW_JSON_NUMBER ? bw_json_to_number(value, 1) != 0 : bw_json_to_boolean(value, 1);
}

/* ---- what a plugin calls ----------------------------------------------------------------- */

/* Refuses what is not well-formed: BW_E_INVALID. Gives 1 if all is. `request` may come without its
 * messages, as bw_json_without gives it. Parts and tools of kinds that nobody here knows are right,
 * and so are numbers out of their range: the upstream knows those. */
static inline int bw_chat_check(bw_chat_reply* reply, bw_str request, bw_str messages) {
    return bw_chat_check_scalars(reply, request) && bw_chat_check_lists(reply, request, messages) &&
           bw_chat_check_choices(reply, request);
}

/* Refuses the first of these members, with spaces between them, that the request has and that asks
 * for something, as an API that has nothing for it must: BW_E_UNSUPPORTED. */
static inline void bw_chat_refuse_members(bw_chat_reply* reply, bw_str request, const char* names) {
    bw_str name = bw_next_name(&names);
    for (; name.len > 0; name = bw_next_name(&names)) {
        if (!bw_chat_asks(name, bw_json_member(request, name))) continue;
        bw_chat_refuse(reply, BW_E_UNSUPPORTED, name, BW_S("is not served here"));
    }
}

/* The same for a tool that is no function, and for a choice that leaves the model none: an API
 * which has tools, but cannot be told to call one. */
static inline void bw_chat_refuse_choices(bw_chat_reply* reply, bw_str request) {
    const bw_str choice = bw_json_get(request, "tool_choice");
    bw_json_walk tools = bw_json_each(bw_json_get(request, "tools"));
    while (bw_json_next(&tools)) {
        char param[40];
        if (bw_json_kind(bw_json_get(tools.value, "function")) == BW_JSON_OBJECT) continue;
        snprintf(param, sizeof param, "tools[%zu]", tools.index);
        bw_chat_refuse(reply, BW_E_UNSUPPORTED, bw_str_from(param),
                       BW_S("is no function, and not served here"));
    }
    if (bw_json_kind(choice) == BW_JSON_OBJECT || bw_json_equals(choice, BW_S("required"))) {
        bw_chat_refuse(reply, BW_E_UNSUPPORTED, BW_S("tool_choice"),
                       BW_S("can only be auto or none here"));
    }
}

/* The pictures of a message's content under that name, as texts of base64; an empty array if there
 * are none. `at` is a walk over the messages. Refuses a part that is neither a text nor a picture
 * with its data in it: BW_E_UNSUPPORTED. */
static inline void bw_chat_put_images(bw_json_writer* json, bw_str name, const bw_json_walk* at,
                                      bw_chat_reply* reply) {
    bw_json_walk parts = bw_json_each(bw_json_get(at->value, "content"));
    bw_json_put_array(json, name);
    while (bw_json_next(&parts)) {
        const bw_str url = bw_json_text(bw_json_get(parts.value, "image_url.url"), &reply->texts);
        const bw_str data = bw_data_url(url, NULL);
        char param[80];
        if (bw_json_equals(bw_json_get(parts.value, "type"), BW_S("text"))) continue;
        snprintf(param, sizeof param, "messages[%zu].content[%zu]", at->index, parts.index);
        if (data.len > 0) {
            bw_json_string(json, data);
        } else {
            bw_chat_refuse(reply, BW_E_UNSUPPORTED, bw_str_from(param),
                           BW_S("is neither a text nor a picture in a data URL, and not served "
                                "here"));
        }
    }
    bw_json_end(json);
}

#endif

/* bellwether/c/models.h - lists an upstream's models, for calls of the operation BW_OP_MODELS. Part
 * of <bellwether/c/helpers.h>; see <bellwether/ext/models.h>. */
#ifndef BELLWETHER_C_MODELS_H
#define BELLWETHER_C_MODELS_H

#include <bellwether/c/chat_reply.h>
#include <bellwether/ext/models.h>

/* A model of that id, to set more members of: owned_by, context_tokens, details ... */
static inline bw_model bw_model_of(bw_str id) {
    bw_model model;
    memset(&model, 0, sizeof model);
    model.size = sizeof model;
    model.id = id;
    return model;
}

/* Adds it to the list. */
static inline bw_status bw_add_model(bw_teller to, const bw_model* model) {
    const bw_models_host* const models =
        (const bw_models_host*)to.api->extension(to.host, BW_EXT_MODELS);
    if (models == NULL) {
        return bw_fail(to, BW_E_UNSUPPORTED, BW_S("this host asks for no list of models"));
    }
    return models->add(to.attempt, model);
}

/* Adds each object of an array, with its member `id` as the model's id and all of it as details.
 * Gives the status for call_data to return; BW_E_PROTOCOL, which is told, if it is no array. */
static inline bw_status bw_models_reply(bw_chat_reply* reply, bw_str list, const char* id) {
    bw_json_walk each = bw_json_each(list);
    if (bw_json_kind(list) != BW_JSON_ARRAY) {
        bw_chat_fail(reply, BW_E_PROTOCOL, BW_S("the answer is no list of models"));
    }
    while (reply->status == BW_OK && bw_json_next(&each)) {
        bw_model model = bw_model_of(bw_json_text(bw_json_get(each.value, id), &reply->texts));
        if (bw_json_kind(each.value) == BW_JSON_OBJECT) model.details = each.value;
        if (model.id.len > 0) reply->status = bw_add_model(reply->to, &model);
    }
    reply->ended = 1;
    return bw_chat_status(reply);
}

#endif

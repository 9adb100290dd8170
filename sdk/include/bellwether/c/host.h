/* bellwether/c/host.h - what a plugin says to its host: why it fails, what is sent to the upstream,
 * what goes to the client and what was used. Part of <bellwether/c/helpers.h>.
 *
 *   made->host = bw_teller_of(setup);                              in create
 *   const bw_teller to = bw_teller_for(made->host, attempt);       in call_open
 *   status = bw_post(to, url, S("api_key"), BW_FRAME_SSE, body);
 *   return bw_fail(to, BW_E_INVALID, S("the request has no messages"));
 *
 * What the host refuses it has told itself: return its status as it is. */
#ifndef BELLWETHER_C_HOST_H
#define BELLWETHER_C_HOST_H

#include <bellwether/c/error_class.h>
#include <bellwether/c/text.h>

/* Whom a plugin speaks to, and about what. Copied freely; good for as long as its attempt. */
typedef struct bw_teller {
    const bw_host_api* api;
    bw_host* host;
    bw_attempt* attempt; /* NULL: it is about the service or the instance */
} bw_teller;

/* That of the service or the instance which is being made. */
static inline bw_teller bw_teller_of(const bw_setup* setup) {
    bw_teller to;
    to.api = setup->api;
    to.host = setup->host;
    to.attempt = NULL;
    return to;
}

/* The same for one attempt of the instance. */
static inline bw_teller bw_teller_for(bw_teller instance, bw_attempt* attempt) {
    instance.attempt = attempt;
    return instance;
}

/* ---- errors ------------------------------------------------------------------------------ */

/* An error of that class, to set more members of: retry_after_ms, code, param ... */
static inline bw_error bw_error_of(bw_status status, bw_str message) {
    bw_error error;
    memset(&error, 0, sizeof error);
    error.size = sizeof error;
    error.status = status;
    error.message = message;
    return error;
}

/* Tells the host why the function that runs fails, and gives the status for it to return. */
static inline bw_status bw_tell(bw_teller to, const bw_error* error) {
    return to.api->fail(to.host, to.attempt, error);
}

/* Both at once: `return bw_fail(to, BW_E_PROTOCOL, S("the answer made no sense"));` */
static inline bw_status bw_fail(bw_teller to, bw_status status, bw_str message) {
    const bw_error error = bw_error_of(status, message);
    return bw_tell(to, &error);
}

/* The same for an upstream's answer that is an error: the class is that of its HTTP status. The
 * message may be empty. */
static inline bw_status bw_fail_http(bw_teller to, uint32_t http_status, bw_str message) {
    bw_error error = bw_error_of(bw_error_class_of_status(http_status), message);
    if (message.len == 0) error.message = BW_S("the upstream answered with an error");
    error.http_status = http_status;
    return bw_tell(to, &error);
}

/* The same where malloc gives none: no bug of anybody's, and the host knows it by the code. */
static inline bw_status bw_fail_memory(bw_teller to) {
    bw_error error = bw_error_of(BW_E_INTERNAL, BW_S("there is no memory left"));
    error.code = BW_S("out_of_memory");
    return bw_tell(to, &error);
}

/* A line of the host's log at a BW_LOG_*; never a credential, never a prompt. */
static inline void bw_log_line(bw_teller to, int32_t level, bw_str message) {
    bw_log line;
    memset(&line, 0, sizeof line);
    line.size = sizeof line;
    line.level = level;
    line.message = message;
    to.api->log(to.host, to.attempt, &line);
}

/* ---- the upstream ------------------------------------------------------------------------ */

/* The value of the first header of that name, which is given in lower case; empty if there is none.
 * `bw_header_value(head->headers, head->header_count, S("retry-after"))` */
static inline bw_str bw_header_value(const bw_header* headers, size_t count, bw_str name) {
    size_t i;
    for (i = 0; i < count; ++i) {
        if (bw_str_equal(headers[i].name, name)) return headers[i].value;
    }
    return bw_str_of(NULL, 0);
}

/* What both of the next do. */
static inline bw_status bw_ask(bw_teller to, bw_send asked, bw_str url, bw_str auth) {
    asked.size = sizeof asked;
    asked.url = url;
    asked.auth = &auth;
    asked.auth_count = auth.len > 0 ? 1 : 0;
    return to.api->send(to.attempt, &asked);
}

/* Posts JSON, which is what most calls send: anything else is a bw_send of your own. `auth` is a
 * credential's name in the manifest, or empty; `frame` is a BW_FRAME_*. */
static inline bw_status bw_post(bw_teller to, bw_str url, bw_str auth, uint32_t frame,
                                bw_str body) {
    bw_piece piece;
    bw_send asked;
    memset(&piece, 0, sizeof piece);
    memset(&asked, 0, sizeof asked);
    piece.bytes = body;
    asked.method = BW_S("POST");
    asked.frame = frame;
    asked.body = &piece;
    asked.body_count = 1;
    return bw_ask(to, asked, url, auth);
}

/* Gets what is at a URL, such as a list of models; it comes whole. */
static inline bw_status bw_get(bw_teller to, bw_str url, bw_str auth) {
    bw_send asked;
    memset(&asked, 0, sizeof asked);
    asked.method = BW_S("GET");
    return bw_ask(to, asked, url, auth);
}

/* ---- the client and the books ------------------------------------------------------------ */

/* A reply or a chunk of JSON: `kind` is a BW_EMIT_*. */
static inline bw_status bw_emit_json(bw_teller to, uint32_t kind, bw_str json) {
    bw_emit piece;
    memset(&piece, 0, sizeof piece);
    piece.size = sizeof piece;
    piece.kind = kind;
    piece.data = json;
    return to.api->emit(to.attempt, &piece);
}

/* What was used so far of one thing, "input", "output.reasoning", "web_search" ...: see bw_usage.
 * An amount below 0 was not said. */
static inline bw_status bw_used(bw_teller to, bw_str name, int64_t amount) {
    bw_amount one;
    bw_usage usage;
    memset(&usage, 0, sizeof usage);
    one.name = name;
    one.amount = amount;
    usage.size = sizeof usage;
    usage.amounts = &one;
    usage.amount_count = 1;
    return amount < 0 ? BW_OK : to.api->usage(to.attempt, &usage);
}

/* The tier of service that served, by the upstream's name; an empty one was not said. */
static inline bw_status bw_used_tier(bw_teller to, bw_str tier) {
    bw_usage usage;
    memset(&usage, 0, sizeof usage);
    usage.size = sizeof usage;
    usage.tier = tier;
    return tier.len == 0 ? BW_OK : to.api->usage(to.attempt, &usage);
}

/* ---- the table --------------------------------------------------------------------------- */

/* Makes the file that it stands in a plugin, of the functions create, destroy, call_open,
 * call_head, call_data, call_end and call_close that are above it. Not for C++: that has
 * BW_PROVIDER. */
#define BW_PLUGIN(its_id, its_version, its_manifest)                                       \
    BW_PLUGIN_OF(its_id, its_version, its_manifest, create, destroy, call_open, call_head, \
                 call_data, call_end, call_close)

/* The same of functions with names of their own. */
#define BW_PLUGIN_OF(its_id, its_version, its_manifest, its_create, its_destroy, its_open, \
                     its_head, its_data, its_end, its_close)                               \
    const bw_plugin* bw_plugin_v1(const bw_hello* host) {                                  \
        static const bw_plugin table = {.size = sizeof table,                              \
                                        .abi_minor = BW_ABI_MINOR,                         \
                                        .id = its_id,                                      \
                                        .version = its_version,                            \
                                        .manifest = its_manifest,                          \
                                        .create = its_create,                              \
                                        .destroy = its_destroy,                            \
                                        .call_open = its_open,                             \
                                        .call_head = its_head,                             \
                                        .call_data = its_data,                             \
                                        .call_end = its_end,                               \
                                        .call_close = its_close};                          \
        (void)host;                                                                        \
        return &table;                                                                     \
    }

#endif

/* bellwether/provider.h - the whole contract between the host and a provider plugin.
 *
 * A plugin is a shared library that exports one function, `bw_plugin_v1`. It translates: an
 * OpenAI-shaped request becomes an HTTP request, the upstream's bytes become OpenAI-shaped JSON.
 * The host owns sockets, TLS, timers, retries, credentials and memory on the wire.
 * C11; also valid C++17. C++ authors will prefer <bellwether/provider.hpp>.
 *
 * Threads  [any]   callable on any thread at any time.
 *          [loop]  the provider instance's own loop: calls never overlap for one instance and never
 *                  re-enter it; must not block (budget: 5 ms). The host creates one instance for
 *                  each of its workers, so an instance needs no locks.
 * Memory   Every pointer is borrowed until the function it was passed to returns; the reader copies
 *          what it keeps. Nothing is ever freed on the other side.
 * Text     UTF-8, counted and not NUL-terminated, unless the type is `const char *`.
 * Growth   A struct that begins with `size` grows only at its end: test a later field with BW_HAS
 *          before you read it. All other structs, and every number, are frozen for good. A field
 *          that says "0" for reserved must be 0.
 * Errors   A function that returns bw_status fills the bw_error it was given when it returns
 *          anything but BW_OK. No exception may leave a function: in C++ the pointer types are
 *          `noexcept`, so a throwing one does not compile. */
/* clang-format off: set by hand, for the columns of comments */
#ifndef BELLWETHER_PROVIDER_H
#define BELLWETHER_PROVIDER_H

#include <stddef.h>
#include <stdint.h>

/* Minor version of this header: +1 with each release that appends. A new major is a new symbol. */
#define BW_ABI_MINOR 0u

#if defined(_WIN32)
#define BW_EXPORT __declspec(dllexport)
#else
#define BW_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
#define BW_NOEXCEPT noexcept
extern "C" {
#else
#define BW_NOEXCEPT
#endif

/* True if `field` lies within the struct that the other side filled in. */
#define BW_HAS(p, field) \
    ((size_t)((const char*)&(p)->field - (const char*)(p)) + sizeof((p)->field) <= (p)->size)

/* ---- text -------------------------------------------------------------------------------- */

/* `len` bytes at `ptr`; `ptr` may be NULL only if `len` is 0. Frozen. */
typedef struct bw_str {
    const char* ptr;
    size_t len;
} bw_str;

/* One header field. Names of response headers arrive in lower case. Frozen. */
typedef struct bw_header {
    bw_str name;
    bw_str value;
} bw_header;

/* ---- handles ----------------------------------------------------------------------------- */

typedef struct bw_host bw_host;         /* the host's; one per provider instance: from create to the
                                           return of destroy */
typedef struct bw_exchange bw_exchange; /* the host's; one per attempt: from call_open to the return
                                           of call_close */
typedef struct bw_provider bw_provider; /* the plugin's; one per instance */
typedef struct bw_call bw_call;         /* the plugin's; one per attempt */

/* ---- errors ------------------------------------------------------------------------------ */

/* What went wrong, as far as it decides what happens next. Never a C enum: its width would be the
 * compiler's choice. A reader treats a number it does not know as BW_E_UPSTREAM. */
typedef int32_t bw_status;
enum {
    BW_COMPLETE = -1, /* from call_data only: the reply is complete. What the upstream still sends
                         is dropped, and call_end comes next, at the latest 0.1 s later */
    BW_OK = 0,
    BW_E_INVALID = 1,         /* the request (in create: the config) is wrong; nobody retries */
    BW_E_UNSUPPORTED = 2,     /* a fair request that this provider cannot serve; next route */
    BW_E_AUTH = 3,            /* the credential was refused, or lacks the permission; next route */
    BW_E_QUOTA = 4,           /* the account is out of credit or unpaid; next route */
    BW_E_RATE = 5,            /* too fast: see retry_after_ms; retry or next route */
    BW_E_UPSTREAM = 6,        /* the provider failed or is overloaded; retry or next route */
    BW_E_PROTOCOL = 7,        /* the answer made no sense, or was cut; retry or next route */
    BW_E_INTERNAL = 8,        /* a bug in the plugin; the host stops trusting this instance */
    BW_E_NOT_FOUND = 9,       /* the provider does not know the model; next route */
    BW_E_CONTEXT_LENGTH = 10, /* the prompt is too long for the model; next route */
    BW_E_CONTENT_FILTER = 11  /* refused by moderation; nobody retries */
};

/* Filled in place: no allocation, nothing to release. The caller sets `size`, retry_after_ms to -1
 * and zeroes the rest. Text longer than its array is cut at a character boundary. */
typedef struct bw_error {
    uint32_t size;
    uint32_t http_status;   /* the upstream's, or the one that its body names; 0: none */
    int64_t retry_after_ms; /* wait before the next try, >= 0; -1: not said */
    uint32_t message_len;   /* bytes used in message */
    uint32_t code_len;      /* bytes used in code */
    uint32_t param_len;     /* bytes used in param */
    uint32_t reserved;      /* 0 */
    char message[1024];     /* for a person: what happened and what to do; never a secret */
    char code[64];          /* the upstream's own code, for programs; may be empty */
    char param[64];         /* the request field at fault; may be empty */
} bw_error;

/* ---- what is asked ----------------------------------------------------------------------- */

/* Operations. The body and the reply have the shape of OpenAI's endpoint of that name. */
enum {
    BW_OP_CHAT = 1,        /* POST /v1/chat/completions */
    BW_OP_COMPLETIONS = 2, /* POST /v1/completions */
    BW_OP_EMBEDDINGS = 3   /* POST /v1/embeddings; never streamed */
};

enum { BW_REQUEST_STREAM = 1u << 0 /* the client wants a stream of chunks */ };

/* One attempt to answer one client request. The reader ignores flags it does not know. */
typedef struct bw_request {
    uint32_t size;
    uint32_t operation;  /* BW_OP_*; one that the plugin does not know is BW_E_UNSUPPORTED */
    uint32_t flags;      /* BW_REQUEST_* */
    uint32_t attempt;    /* 0 for the first try of this client request, then 1, 2 ... */
    int64_t deadline_ms; /* time left until the host gives up, from now; -1: no limit */
    bw_str id;           /* the client request's id, for the upstream's logs */
    bw_str model;        /* the upstream's name of the model, after routing */
    bw_str body; /* valid JSON: the client's object, unknown members untouched, `model` set to
                    the upstream's name and, if it streams, `stream_options.include_usage` set
                    to true */
} bw_request;

/* ---- what comes back --------------------------------------------------------------------- */

/* How the host cuts the upstream's body before call_data sees it. */
enum {
    BW_FRAME_RAW = 0,  /* as it arrives, at any byte */
    BW_FRAME_SSE = 1,  /* one server-sent event at a time: data joined, comments dropped; one
                          without data is skipped. A body that begins, after white space, with
                          '{' or '[' comes WHOLE. */
    BW_FRAME_LINE = 2, /* one line at a time, without its end; empty lines are skipped */
    BW_FRAME_WHOLE = 3 /* the complete body, once, at its end. A body of a response whose status is
                          not 2xx always comes like this (cut at 64 KiB). */
};

typedef struct bw_frame {
    uint32_t size;
    uint32_t kind; /* BW_FRAME_*: how this one was cut */
    bw_str data;   /* RAW: bytes; SSE: the event's data; LINE: the line; WHOLE: the body */
    bw_str event;  /* SSE: the event's name, empty if it has none; otherwise empty */
} bw_frame;

/* The head of the upstream's response. */
typedef struct bw_head {
    uint32_t size;
    uint32_t http_status;     /* 200..599; the host handles 1xx, and refuses redirects */
    const bw_header* headers; /* `header_count` fields, in the order received */
    size_t header_count;
} bw_head;

/* What an emitted piece of JSON is. */
enum {
    BW_EMIT_REPLY = 0, /* not streaming: the complete reply object, exactly once */
    BW_EMIT_CHUNK = 1, /* streaming: one chunk object */
    BW_EMIT_USAGE = 2  /* streaming: the closing chunk, with no choices and with `usage`; only for a
                          client that asked. Optional: the host makes one from emit_usage. */
};

/* Something that is billed by the piece. Frozen. */
typedef struct bw_unit {
    bw_str name; /* as in a price list, for one of them: "web_search", "image" */
    int64_t count;
} bw_unit;

/* What the call has used so far, all of it. Tokens, as the upstream counted them; -1: not said. The
 * last one emitted holds, but nothing that was said is taken back by less. */
typedef struct bw_usage {
    uint32_t size;
    uint32_t reserved;             /* 0 */
    int64_t input_tokens;          /* the whole prompt, cached tokens included */
    int64_t output_tokens;         /* everything generated, reasoning included */
    int64_t cached_input_tokens;   /* the part of input_tokens read from a cache */
    int64_t reasoning_tokens;      /* the part of output_tokens that was reasoning */
    int64_t total_tokens;          /* input and output, of an upstream that says only that */
    int64_t cache_write_tokens;    /* the part of input_tokens written to a cache, however long it
                                      is kept there */
    int64_t cache_write_1h_tokens; /* the part of cache_write_tokens that is kept for an hour */
    int64_t audio_input_tokens;    /* the part of input_tokens that was sound */
    int64_t audio_output_tokens;   /* the part of output_tokens that was sound */
    int64_t image_input_tokens;    /* the part of input_tokens that was pictures */
    int64_t image_output_tokens;   /* the part of output_tokens that was pictures */
    bw_str service_tier;           /* the upstream's name of what it served the call as, such as
                                      "priority"; empty: not said */
    const bw_unit* units;          /* `unit_count` of them, each name once; may be NULL */
    size_t unit_count;
} bw_usage;

/* ---- the host's services ----------------------------------------------------------------- */

enum { BW_LOG_DEBUG = 0, BW_LOG_INFO = 1, BW_LOG_WARN = 2, BW_LOG_ERROR = 3 };

/* Valid from create to the return of destroy; no entry is NULL. A call that breaks a rule below
 * makes the attempt fail with "plugin misbehaved: ..." and is counted. */
typedef struct bw_host_api {
    uint32_t size;
    uint32_t abi_minor; /* the host's BW_ABI_MINOR */

    /* Writes one line to the host's log. Never log a credential or a prompt. A level the host does
     * not know counts as BW_LOG_INFO. [any] */
    void (*log)(bw_host*, int32_t level, bw_str message) BW_NOEXCEPT;

    /* Wall clock, milliseconds since 1970-01-01 UTC. [any] */
    int64_t (*unix_ms)(bw_host*) BW_NOEXCEPT;

    /* 1 if the credential `name` (as in the manifest) was given and can be used, else 0. [loop] */
    int32_t (*has_secret)(bw_host*, bw_str name) BW_NOEXCEPT;

    /* The extension `id` ("bw.<name>/<revision>"), or NULL if this host has not got it. The struct
     * behind the pointer is described by a header in bellwether/ext/ and lives as long as this
     * table. [any] */
    const void* (*extension)(bw_host*, const char* id)BW_NOEXCEPT;

    /* Inside call_open only: what to send. send comes first and exactly once (unless an extension
     * answers in its place). `url` is absolute and has the origin (scheme, host, port) of the
     * config's base_url, or the host refuses. [loop] */
    void (*send)(bw_exchange*, bw_str method, bw_str url, uint32_t frame) BW_NOEXCEPT;

    /* Adds a header. The host adds Host, Content-Length and, unless given, User-Agent,
     * Content-Type: application/json and Accept; it refuses framing and connection headers. [loop]
     */
    void (*send_header)(bw_exchange*, bw_str name, bw_str value) BW_NOEXCEPT;

    /* Adds a header whose value is `prefix` followed by the credential `secret`, which the plugin
     * never sees; for example ("authorization", "Bearer ", "api_key"). [loop] */
    void (*send_secret)(bw_exchange*, bw_str name, bw_str prefix, bw_str secret) BW_NOEXCEPT;

    /* Appends to the body. Bytes that lie within the request's own body are not copied. [loop] */
    void (*send_body)(bw_exchange*, bw_str bytes) BW_NOEXCEPT;

    /* Inside call_data and call_end (and where an extension says so): delivers valid JSON, a
     * BW_EMIT_* `kind`, to the client. Never calls back into the plugin. [loop] */
    void (*emit)(bw_exchange*, uint32_t kind, bw_str json) BW_NOEXCEPT;

    /* As emit: tells what the call has used so far. [loop] */
    void (*emit_usage)(bw_exchange*, const bw_usage*) BW_NOEXCEPT;
} bw_host_api;

/* ---- the plugin's table ------------------------------------------------------------------ */

/* Static, constant, and valid for the life of the process. */
typedef struct bw_plugin {
    uint32_t size;
    uint32_t abi_minor;         /* the BW_ABI_MINOR that the plugin was built with */
    uint32_t host_minor_needed; /* an older host must not use the plugin; 0 suits nearly everyone */
    uint32_t reserved;          /* 0 */
    const char* id;             /* for example "ai.holysheep"; reverse domain, at most 64 bytes */
    const char* version;        /* the plugin's own version, for example "1.0.3" */

    /* Facts about the plugin as one JSON object, read before any instance exists. All members are
     * optional and unknown ones are ignored:
     *   "summary"       one line for `plugin list`
     *   "operations"    ["chat", "completions", "embeddings"]; default ["chat"]
     *   "base_url"      the default of the config's base_url
     *   "base_url_env"  the environment variable that overrides that default
     *   "secrets"       [{"name", "env", "required",
     *                     "foreign": [{"prefix", "vendor", "certain"}]}]: credentials, the
     *                   variable each is read from unless the config says otherwise, whether one
     *                   must be there, and beginnings that tell that a key is another vendor's
     *                   ("certain" false: the host warns, and goes on)
     *   "options"       {"<key>": {"type", "default", "values", "help"}}: the plugin's own config
     *                   keys; type is string, integer, number, boolean, duration, array or table
     *   "models"        [{"id", "context", "max_output", "owned_by", "stream_only"}]: the models
     *                   known when the plugin was built; "context" and "max_output" in tokens;
     *                   "stream_only": it thinks unless it is told not to, and then
     *                   answers in streams only; the plugin sees to that, and the host holds for
     *                   the thoughts
     *   "models_elsewhere"  false: they are listed only where base_url is the plugin's own, as
     *                   another server that speaks the same has others; default true
     *   "continues_with"  the upstream can go on with an answer that was begun elsewhere: a last
     *                   message of the role "assistant" with this member set to true holds its
     *                   beginning, and the upstream's answer is the rest. For example "partial".
     *                   Without it the host never sends the rest of an answer there */
    const char* manifest;

    /* Makes an instance. `config` is a JSON object: the provider's own options from the host's
     * config, checked against the manifest, plus "name" (the provider's name in the config) and
     * "base_url" (resolved, without a trailing slash; absent if there is none). A duration is a
     * number of milliseconds. No I/O, no threads. On failure sets nothing but the error. [loop] */
    bw_status (*create)(const bw_host_api*, bw_host*, bw_str config, bw_provider** out, bw_error*)
        BW_NOEXCEPT;

    /* Ends an instance, after its last call was closed. [loop] */
    void (*destroy)(bw_provider*) BW_NOEXCEPT;

    /* One attempt: call_open, call_head, call_data any number of times, call_end, in that order.
     * After a good call_open, call_close comes exactly once, at any point: it is also what a cancel
     * and an error look like. After a failed call_open nothing more comes. After any other failure
     * the host only closes. Once call_close has returned the exchange is gone. [loop] */
    bw_status (*call_open)(bw_provider*, bw_exchange*, const bw_request*, bw_call** out, bw_error*)
        BW_NOEXCEPT;
    bw_status (*call_head)(bw_call*, const bw_head*, bw_error*) BW_NOEXCEPT;
    bw_status (*call_data)(bw_call*, const bw_frame*, bw_error*) BW_NOEXCEPT;
    /* The upstream's response is complete. BW_OK means that the reply is, too: a plugin that misses
     * its end (no finish reason, no terminator) answers BW_E_PROTOCOL. */
    bw_status (*call_end)(bw_call*, bw_error*) BW_NOEXCEPT;
    void (*call_close)(bw_call*) BW_NOEXCEPT;

    /* The plugin's side of extension `id`, or NULL; static. This entry itself may be NULL. [any] */
    const void* (*extension)(const char* id)BW_NOEXCEPT;
} bw_plugin;

/* The one exported symbol. Returns the plugin's table; NULL refuses this host. Runs before any
 * check and more than once, so it only returns static data. `host_minor` is the host's
 * BW_ABI_MINOR. [any] */
BW_EXPORT const bw_plugin* bw_plugin_v1(uint32_t host_minor) BW_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif

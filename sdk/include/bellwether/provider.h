/* bellwether/provider.h - the whole contract between the host and a provider plugin, ABI 1.
 *
 * A plugin is a shared library that exports one function, `bw_plugin_v1`. It translates: a client's
 * request becomes HTTP requests, the upstream's bytes become what the client understands. The host
 * owns sockets, TLS, timers, retries, credentials and memory on the wire.
 * C11; also valid C++17. C++ authors will prefer <bellwether/provider.hpp>.
 *
 * Lives    library (the table, static) > service (optional: what the instances of one provider of
 *          the config share) > instance (one a worker) > call (one attempt at a request).
 * Threads  [any]   on any thread, from the birth of the handle to its end.
 *          [loop]  the instance's own loop: calls never overlap for one instance and never re-enter
 *                  it; must not block (5 ms). Instances of one service run at the same time.
 *          [slow]  a thread of the host's on which blocking is allowed; never two at once for one
 *                  service, but beside [loop] calls of its instances.
 * Memory   Every pointer but a handle is borrowed until the function it was passed to returns; the
 *          reader copies what it keeps. Nothing is ever freed on the other side. Tables, ids and
 *          manifests are static. A handle is passed back and never looked into: host and plugin
 *          need not share an address space.
 * Text     UTF-8, counted and not NUL-terminated, unless the type is `const char *`.
 * Zero     A member that is 0, NULL or empty says nothing: zero a struct, set `size`, go on.
 * Growth   A struct with `size` grows only at its end, extensions' too; all other structs, numbers
 *          and names are frozen. The reader starts from zeroes and copies min(size, its own). It
 *          ignores flags and numbers that it does not know, except a bit of `must`: that makes it
 *          refuse with BW_E_UNSUPPORTED. A later member that may not be ignored comes with a bit of
 *          `must`. Tables grow by functions: test one that is newer than 1.0 with BW_CAN. No
 *          function ever gets another parameter, no published struct another meaning.
 * Errors   A function of the plugin tells what happened with `fail`, then returns the same status.
 *          A function of the host returns BW_OK or why not, and has told itself: return its status
 *          as it is, or try something else. If the plugin goes on as though nothing were, the host
 *          fails the attempt with that error. No exception may leave a function. */
/* clang-format off */
#ifndef BELLWETHER_PROVIDER_H
#define BELLWETHER_PROVIDER_H
#include <stddef.h>
#include <stdint.h>

#define BW_ABI_MINOR 0u /* +1 with each release that appends; a new major is a new symbol */

#if defined(_WIN32)
#define BW_EXPORT __declspec(dllexport)
#else
#define BW_EXPORT __attribute__((visibility("default")))
#endif
#ifdef __cplusplus
#define BW_NOEXCEPT noexcept /* part of the pointer's type: what may throw does not compile */
extern "C" {
#else
#define BW_NOEXCEPT
#endif

/* `member` lies within the struct that the other side filled in; and is a function that it has. */
#define BW_HAS(p, member) \
    ((size_t)((const char*)&(p)->member - (const char*)(p)) + sizeof((p)->member) <= (p)->size)
#define BW_CAN(table, function) (BW_HAS(table, function) && (table)->function != NULL)

typedef struct bw_str { const char* ptr; size_t len; } bw_str; /* ptr may be NULL if len is 0 */
typedef struct bw_header { bw_str name, value; } bw_header;    /* names arrive in lower case */

typedef struct bw_host bw_host;         /* the host's, for a service or an instance: from
                                           service_open/create to the return of close/destroy */
typedef struct bw_attempt bw_attempt;   /* the host's: call_open to the return of call_close */
typedef struct bw_service bw_service;   /* the plugin's three: never define these structs, cast */
typedef struct bw_provider bw_provider; /* an instance */
typedef struct bw_call bw_call;

/* ---- what may go wrong -------------------------------------------------------------------- */
/* Decides what happens next. A reader takes one that it does not know for BW_E_UPSTREAM. */
typedef int32_t bw_status;
enum {
    BW_COMPLETE = -1, /* the reply is complete: see call_open */
    BW_OK = 0,
    BW_E_INVALID = 1,         /* the request (config, argument) is wrong; nobody retries */
    BW_E_UNSUPPORTED = 2,     /* a fair request that cannot be served here; next route */
    BW_E_AUTH = 3,            /* the credential is missing, refused, or not allowed; next route */
    BW_E_QUOTA = 4,           /* the account is out of credit or unpaid; next route */
    BW_E_RATE = 5,            /* too fast or full: see retry_after_ms; retry or next route */
    BW_E_UPSTREAM = 6,        /* the provider failed or is overloaded; retry or next route */
    BW_E_PROTOCOL = 7,        /* the answer made no sense, or was cut; retry or next route */
    BW_E_INTERNAL = 8,        /* a bug in the plugin: the host makes a new instance */
    BW_E_NOT_FOUND = 9,       /* the provider does not know the model; next route */
    BW_E_CONTEXT_LENGTH = 10, /* the prompt is too long for the model; next route */
    BW_E_CONTENT_FILTER = 11  /* refused by moderation; nobody retries */
};

/* Told by `fail`. Texts of any length (the host keeps 64 KiB); no credential in them. */
typedef struct bw_error {
    uint32_t size;
    bw_status status;         /* fail returns it */
    uint32_t http_status;     /* the upstream's, or the one that its body names */
    uint32_t flags;           /* none yet */
    int64_t retry_after_ms;   /* wait before the next try */
    bw_str message;           /* for a person: what happened and what to do */
    bw_str code, type, param; /* the upstream's own, for programs; param: the request's member */
    bw_str raw;               /* the upstream's body, for a client of the same dialect */
} bw_error;

/* ---- what is asked ------------------------------------------------------------------------ */
/* Operations, and the dialect of body and reply. One that the manifest does not list never comes:
 * the host takes the next route. */
enum {
    BW_OP_CHAT = 1, BW_OP_COMPLETIONS = 2, BW_OP_EMBEDDINGS = 3, /* OpenAI /v1/... */
    BW_OP_RESPONSES = 4,                              /* OpenAI /v1/responses, untouched */
    BW_OP_MESSAGES = 5, BW_OP_COUNT_TOKENS = 6,       /* Anthropic /v1/messages, .../count_tokens */
    BW_OP_IMAGES = 7, BW_OP_IMAGE_EDITS = 8,          /* OpenAI /v1/images/generations, .../edits */
    BW_OP_SPEECH = 9,                                 /* OpenAI /v1/audio/speech: replies bytes */
    BW_OP_TRANSCRIPTION = 10, BW_OP_TRANSLATION = 11, /* OpenAI /v1/audio/...: see bw_file */
    BW_OP_RERANK = 12,                                /* Cohere /v2/rerank */
    BW_OP_MODERATION = 13,                            /* OpenAI /v1/moderations */
    BW_OP_MODELS = 14,                                /* see ext/models.h */
    BW_OP_BATCH = 15, BW_OP_FILES = 16, BW_OP_VIDEO = 17, BW_OP_REALTIME = 18 /* reserved */
};

/* A file of a multipart request. The host keeps its contents; a bw_piece sends them on. */
typedef struct bw_file { bw_str field, name, content_type; int64_t bytes; /* if known */ } bw_file;

enum { BW_REQUEST_STREAM = 1u << 0 /* the client wants a stream */ };
typedef struct bw_request {
    uint32_t size;
    uint32_t must;       /* only bits of the table's request_must */
    uint32_t flags;      /* BW_REQUEST_* */
    uint32_t operation;  /* BW_OP_* */
    uint32_t attempt, reserved; /* 0 for the first try of this client request, then 1 ...; 0 */
    int64_t deadline_ms; /* time left for all of the attempt, from now */
    bw_str id;           /* the client request's id, for the upstream's logs */
    bw_str model;        /* the upstream's name of the model, after routing */
    bw_str body;         /* valid JSON: the client's object, `model` set to the upstream's name;
                            of a multipart request its fields as one object */
    const bw_header* headers; /* the client's, those that the manifest asks for; no credential */
    size_t header_count;
    const bw_file* files;
    size_t file_count;
} bw_request;

/* ---- an exchange with the upstream -------------------------------------------------------- */
/* How a response's body is cut. One whose status is not 2xx comes WHOLE (64 KiB at most), unless
 * call_head says otherwise. */
enum {
    BW_FRAME_WHOLE = 0, /* the complete body, once, at its end (64 MiB) */
    BW_FRAME_RAW = 1,   /* as it arrives, at any byte */
    BW_FRAME_SSE = 2,   /* one server-sent event (16 MiB): data joined, comments dropped; a body
                           that begins with '{' or '[' comes WHOLE */
    BW_FRAME_LINE = 3,  /* one line without its end (16 MiB); empty ones are skipped */
    BW_FRAME_AWS = 4,   /* one message of an AWS event stream, lengths and CRCs checked */
    BW_FRAME_ITEM = 5   /* one element of a JSON array */
};

/* A piece of a request's body. Bytes of the client's body are not copied. A file can be sent once
 * in an attempt, unless the host has "body.replay". */
enum { BW_PIECE_BYTES = 0, BW_PIECE_FILE = 1, BW_PIECE_FILE_BASE64 = 2 };
typedef struct bw_piece { uint32_t kind; uint32_t file; /* index */ bw_str bytes; } bw_piece;

/* What to send, all in one struct. The host adds Host, Content-Length, User-Agent, and unless given
 * Accept and Content-Type: application/json. It refuses framing and connection headers, redirects,
 * and methods other than GET, POST, PUT, PATCH, DELETE. */
typedef struct bw_send {
    uint32_t size;
    uint32_t must, flags; /* none yet */
    uint32_t frame;  /* BW_FRAME_*, unless call_head chooses another */
    int64_t wait_ms; /* send it so much later; deadline and cancel hold meanwhile */
    bw_str method, url; /* url: absolute, of an origin in the manifest's list */
    const bw_header* headers;
    size_t header_count;
    const bw_str* auth; /* credentials, by name: the host applies each by its kind, signers last */
    size_t auth_count;
    const bw_piece* body;
    size_t body_count;
} bw_send;

typedef struct bw_head {
    uint32_t size;
    uint32_t http_status; /* 200..599; the host handles 1xx */
    uint32_t exchange, reserved; /* 0 for the attempt's first, then 1, 2 ...; 0 */
    const bw_header* headers; /* in the order received */
    size_t header_count;
} bw_head;

enum { BW_FRAME_CUT = 1u << 0 /* an error's body was longer */ };
typedef struct bw_frame {
    uint32_t size;
    uint32_t kind;  /* BW_FRAME_*: how this one was cut */
    uint32_t flags; /* BW_FRAME_CUT */
    uint32_t exchange;
    bw_str data;    /* empty only if WHOLE or AWS */
    bw_str event;   /* SSE: the event's name; AWS: its :event-type or :exception-type */
    const bw_header* headers; /* AWS: the message's */
    size_t header_count;
} bw_frame;

typedef struct bw_end { uint32_t size; uint32_t exchange; } bw_end;

enum { BW_CLOSE_DONE = 0, BW_CLOSE_FAILED = 1, BW_CLOSE_CLIENT_GONE = 2, BW_CLOSE_TIMEOUT = 3,
       BW_CLOSE_LOST = 4 /* another attempt won */, BW_CLOSE_SHUTDOWN = 5 };
typedef struct bw_close { uint32_t size; uint32_t reason; } bw_close;

/* ---- what goes to the client and to the books --------------------------------------------- */
enum {
    BW_EMIT_REPLY = 0, /* not streaming: the complete reply object, exactly once */
    BW_EMIT_CHUNK = 1, /* streaming: one object of the operation's dialect */
    BW_EMIT_USAGE = 2, /* streaming chat: the closing chunk with `usage`; the host can make it */
    BW_EMIT_BYTES = 3  /* the next bytes of a reply that is not JSON, streaming or not */
};
typedef struct bw_emit {
    uint32_t size;
    uint32_t must, flags; /* none yet */
    uint32_t kind;       /* BW_EMIT_* */
    bw_str data;         /* but for BYTES valid JSON, at most 64 levels deep */
    bw_str event;        /* CHUNK: the event's name, in dialects that have them */
    bw_str content_type; /* BYTES: with the first */
} bw_emit;

/* What was used so far, by name; of each name the largest that was told holds, and one that never
 * is told is charged by the estimate. "input" is the whole prompt, with the parts "input.cached",
 * "input.cache_write", "input.cache_write_1h", "input.audio", "input.image"; "output" has
 * "output.reasoning", "output.audio", "output.image"; "total" is for an upstream that tells only
 * that. Others are units that the config can price: "web_search", "image", "second", "page" ... */
typedef struct bw_amount { bw_str name; int64_t amount; } bw_amount;
typedef struct bw_usage {
    uint32_t size, flags; /* flags: none yet */
    int64_t cost_nano;       /* the provider's own bill, in 10^-9 of the currency */
    bw_str currency, tier;   /* tier: of service, that served */
    const bw_amount* amounts;
    size_t amount_count;
} bw_usage;

/* The upstream's own limits, as it told them: "requests", "tokens", "input_tokens" ... */
typedef struct bw_limit { bw_str name; int64_t limit, remaining, reset_ms; } bw_limit;
typedef struct bw_limits { uint32_t size, flags; const bw_limit* limits; size_t count; } bw_limits;

enum { BW_TEXT = 0, BW_INTEGER = 1, BW_REAL = 2, BW_BOOLEAN = 3 /* in integer */ };
typedef struct bw_attribute {
    uint32_t size;
    uint32_t type; /* BW_TEXT ... */
    int64_t integer; double real;
    bw_str name, text; /* name: OpenTelemetry's where it has one */
} bw_attribute;

enum { BW_LOG_DEBUG = 0, BW_LOG_INFO = 1, BW_LOG_WARN = 2, BW_LOG_ERROR = 3 };
typedef struct bw_log { uint32_t size; int32_t level; bw_str message; } bw_log;
typedef struct bw_count { uint32_t size, flags; int64_t add; bw_str name, label; } bw_count;

/* ---- the host's table --------------------------------------------------------------------- */
typedef struct bw_hello { /* who the host is */
    uint32_t size;
    uint32_t abi_minor;        /* the host's BW_ABI_MINOR */
    const char *name, *version; /* "bellwether", or the test or tool that plays it */
} bw_hello;

/* No function of 1.0 is NULL. In the first three the attempt may be NULL: it is then about the
 * service or instance. Those of an attempt: inside any call_* or step of it but call_close, where
 * not said otherwise; they never call back. What breaks a rule fails the attempt with "plugin
 * misbehaved: ..." and is counted. */
typedef struct bw_host_api {
    uint32_t size, reserved; /* reserved: 0 */
    const bw_hello* hello;

    /* Why this function of the plugin fails; the last one holds. Returns the error's status. Inside
     * functions of the plugin that return one. */
    bw_status (*fail)(bw_host*, bw_attempt*, const bw_error*) BW_NOEXCEPT;
    /* A line of the log; an unknown level counts as INFO. Never a credential or a prompt. [any];
     * with an attempt [loop] */
    void (*log)(bw_host*, bw_attempt*, const bw_log*) BW_NOEXCEPT;
    /* Adds to a counter of the manifest's. Threads as log. */
    void (*count)(bw_host*, bw_attempt*, const bw_count*) BW_NOEXCEPT;
    /* Wall clock, milliseconds since 1970-01-01 UTC. [any] */
    int64_t (*unix_ms)(bw_host*) BW_NOEXCEPT;
    /* 1 if the host can do it, for good: "frame.aws", "auth.aws-sigv4", "bw.engine/1" ... [any] */
    int32_t (*has)(bw_host*, const char* capability) BW_NOEXCEPT;
    /* The host's side of extension `id` (bellwether/ext/), or NULL; lives as this table. [any] */
    const void* (*extension)(bw_host*, const char* id) BW_NOEXCEPT;

    /* Begins an exchange: inside call_open, and at most once inside each call_end. [loop] */
    bw_status (*send)(bw_attempt*, const bw_send*) BW_NOEXCEPT;
    /* Inside call_head: how the body is cut. [loop] */
    bw_status (*frame)(bw_attempt*, uint32_t kind) BW_NOEXCEPT;
    /* To the client, in the order of the calls; what it no longer wants is dropped. [loop] */
    bw_status (*emit)(bw_attempt*, const bw_emit*) BW_NOEXCEPT;
    /* Before the first emit; one that the manifest does not list is dropped. [loop] */
    bw_status (*reply_header)(bw_attempt*, const bw_header*) BW_NOEXCEPT;
    bw_status (*usage)(bw_attempt*, const bw_usage*) BW_NOEXCEPT; /* also in call_close. [loop] */
    bw_status (*limits)(bw_attempt*, const bw_limits*) BW_NOEXCEPT;       /* [loop] */
    bw_status (*attribute)(bw_attempt*, const bw_attribute*) BW_NOEXCEPT; /* of the span. [loop] */
} bw_host_api;

/* ---- the plugin's table ------------------------------------------------------------------- */
typedef struct bw_setup { /* for service_open and create */
    uint32_t size, flags; /* flags: none yet */
    const bw_host_api* api;
    bw_host* host;
    bw_service* service; /* create: the instance's; service_open: the one of this same library that
                            the new one will replace, still in use, to take weights over from */
    bw_str config; /* a JSON object: the provider's options, defaults filled in, checked, durations
                      in ms; and "name", "base_url" (no trailing slash), "credentials": the names of
                      those that can be used */
} bw_setup;

enum { BW_NOTICE_DRAIN = 1 /* no new clients */, BW_NOTICE_MEMORY = 2 /* give back what you can */,
       BW_NOTICE_CREDENTIALS = 3 /* one was renewed */ };
typedef struct bw_notice { uint32_t size; uint32_t kind; } bw_notice; /* unknown: ignore */

typedef struct bw_plugin {
    uint32_t size;
    uint32_t abi_minor;         /* the BW_ABI_MINOR that the plugin was built with */
    uint32_t host_minor_needed; /* an older host must not use the plugin; 0 suits nearly everyone */
    uint32_t request_must;      /* bits of bw_request.must that are understood; 0 in 1.0 */
    const struct bw_plugin* next; /* one more plugin in this library, or NULL */
    const char* id;             /* "ai.holysheep": reverse domain, at most 64 bytes */
    const char* version;        /* the plugin's own, "1.0.3" */
    const char* manifest;       /* one JSON object, at most 1 MiB; see docs/manifest.md: "summary",
                                   "needs", "operations", "base_url", "origins", "credentials",
                                   "options", "request_headers", "response_headers", "counters",
                                   "concurrency", "models". Unknown members are ignored */

    /* The shared part; all three NULL if there is none. An instance has one; two of one provider
     * may live at once (reload, isolation). In close its threads have ended. [slow] */
    bw_status (*service_open)(const bw_setup*, bw_service** out) BW_NOEXCEPT;
    void (*service_close)(bw_service*) BW_NOEXCEPT; /* after the last destroy */
    void (*service_notice)(bw_service*, const bw_notice*) BW_NOEXCEPT;

    /* No I/O, no threads. destroy comes after the last call_close. [loop] */
    bw_status (*create)(const bw_setup*, bw_provider** out) BW_NOEXCEPT;
    void (*destroy)(bw_provider*) BW_NOEXCEPT;

    /* One attempt: call_open; for each exchange call_head, call_data any number of times, call_end.
     * If call_end sends, the next exchange follows; if not, BW_OK means that the reply is complete
     * (one that misses its end: BW_E_PROTOCOL). BW_COMPLETE from call_open: answered without an
     * exchange. From call_head or call_data: what still comes is dropped and call_end is next, at
     * the latest 0.1 s later. Once call_open has returned BW_OK or BW_COMPLETE, call_close comes
     * exactly once, at any point: a cancel and an error look like that. If it returned an error
     * nothing more comes. After another error only call_close does. [loop] */
    bw_status (*call_open)(bw_provider*, bw_attempt*, const bw_request*, bw_call** out) BW_NOEXCEPT;
    bw_status (*call_head)(bw_call*, const bw_head*) BW_NOEXCEPT;
    bw_status (*call_data)(bw_call*, const bw_frame*) BW_NOEXCEPT;
    bw_status (*call_end)(bw_call*, const bw_end*) BW_NOEXCEPT;
    void (*call_close)(bw_call*, const bw_close*) BW_NOEXCEPT;

    /* The plugin's side of extension `id`, or NULL; static. This entry may be NULL. [any] */
    const void* (*extension)(const char* id) BW_NOEXCEPT;
} bw_plugin;

/* The one exported symbol. Returns the table; NULL refuses this host. Runs before any check and
 * more than once, so it only returns static data of this library. [any] */
BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello*) BW_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif

/* Plugins whose service, instance or call is not born, or is said to be and is not there. */
#include "bad.h"

static const trick tricks[] = {
    {"create-refuses", .open = NULL},   {"create-99", .open = NULL},
    {"create-null", .open = NULL},      {"create-fails-silently", .open = NULL},
    {"service-refuses", .open = NULL},  {"service-null", .open = NULL},
    {"service-complete", .open = NULL}, {"call-null", .open = NULL},
};

static int is_how(bw_str config, const char* how) {
    return bw_json_equals(bw_json_get(config, "how"), bw_str_from(how));
}

static bw_status refuse(const bw_setup* setup) {
    const bw_error error = {
        .size = sizeof error, .status = BW_E_INVALID, .message = S("the option tone must be loud")};
    return setup->api->fail(setup->host, NULL, &error);
}

static bw_status create(const bw_setup* setup, bw_provider** out) {
    if (is_how(setup->config, "create-refuses")) return refuse(setup);
    if (is_how(setup->config, "create-99")) return 99;
    if (is_how(setup->config, "create-fails-silently")) return BW_E_INTERNAL;
    if (is_how(setup->config, "create-null")) return BW_OK;
    return bad_create(setup, out);
}

static bw_status service_open(const bw_setup* setup, bw_service** out) {
    static int shared;
    if (is_how(setup->config, "service-refuses")) return refuse(setup);
    if (is_how(setup->config, "service-complete")) return BW_COMPLETE;
    if (!is_how(setup->config, "service-null")) *out = (bw_service*)&shared;
    return BW_OK;
}

static void service_close(bw_service* gone) { (void)gone; }

/* Forgets to hand over the call that it has made. */
static bw_status call_open(bw_provider* of, bw_attempt* attempt, const bw_request* request,
                           bw_call** out) {
    bw_call* lost = NULL;
    const bw_status status = bad_open(of, attempt, request, &lost);
    *out = NULL;
    free(lost);
    return status;
}

static bw_status call_head(bw_call* self, const bw_head* head) {
    return self == NULL ? BW_OK : bad_head(self, head);
}

static bw_status call_data(bw_call* self, const bw_frame* frame) {
    return self == NULL ? BW_OK : bad_data(self, frame);
}

static bw_status call_end(bw_call* self, const bw_end* end) {
    return self == NULL ? BW_OK : bad_end(self, end);
}

BAD_TRICKS
BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello* host) {
    static const bw_plugin table = {.size = sizeof table,
                                    .abi_minor = BW_ABI_MINOR,
                                    .id = "com.example.bad.births",
                                    .version = "6.6.6",
                                    .manifest = BAD_OPTIONS,
                                    .service_open = service_open,
                                    .service_close = service_close,
                                    .create = create,
                                    .destroy = bad_destroy,
                                    .call_open = call_open,
                                    .call_head = call_head,
                                    .call_data = call_data,
                                    .call_end = call_end,
                                    .call_close = bad_close,
                                    .extension = bad_side};
    (void)host;
    return &table;
}

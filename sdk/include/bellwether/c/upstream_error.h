/* bellwether/c/upstream_error.h - what an upstream's error is: its class, by a table of the
 * plugin's and else by its HTTP status, and how long to wait. Part of <bellwether/c/helpers.h>;
 * <bellwether/http/error_class.hpp> and <bellwether/http/retry_after.hpp> know more forms.
 *
 *   static const bw_error_rule rules[] = {{BW_E_CONTEXT_LENGTH, 400, "exceeds the context"},
 *                                         {BW_OK, 0, NULL}};
 *   bw_chat_fail_upstream(reply, message, frame->data, rules); */
#ifndef BELLWETHER_C_UPSTREAM_ERROR_H
#define BELLWETHER_C_UPSTREAM_ERROR_H

#include <bellwether/c/error_class.h>
#include <bellwether/c/host.h>

/* An error that satisfies both is of class `status`. A table ends with one without words. */
typedef struct bw_error_rule {
    bw_status status;
    uint32_t http_status; /* 0: any */
    const char* words;    /* that are in its message, letters in either case */
} bw_error_rule;

/* By the first rule that fits, or else by the status alone. */
static inline bw_status bw_error_class_of(uint32_t http_status, bw_str message,
                                          const bw_error_rule* rules) {
    for (; rules->words != NULL; ++rules) {
        if (rules->http_status != 0 && rules->http_status != http_status) continue;
        if (bw_str_contains_nocase(message, bw_str_from(rules->words))) return rules->status;
    }
    return bw_error_class_of_status(http_status);
}

/* A decimal number of `unit_ms` milliseconds each; 0 for anything else, and at most 31 days. */
static inline int64_t bw_wait_ms(bw_str number, int64_t unit_ms) {
    const int64_t most = (int64_t)31 * 24 * 3600 * 1000;
    int64_t wait = 0;
    int64_t unit = unit_ms;
    size_t i;
    for (i = 0; i < number.len; ++i) {
        const char c = number.ptr[i];
        if (c == '.' && unit == unit_ms && i > 0 && i + 1 < number.len) {
            unit = unit_ms / 10;
            continue;
        }
        if (c < '0' || c > '9') return 0;
        if (unit == unit_ms) {
            wait = wait > most ? wait : wait * 10 + (c - '0') * unit_ms;
        } else {
            wait += (c - '0') * unit;
            unit /= 10;
        }
    }
    return wait > most ? most : wait;
}

/* How long a response asks to wait, in `retry-after-ms` or `retry-after`; 0: it does not say, or
 * names a date. */
static inline int64_t bw_retry_after_ms(const bw_head* head) {
    const bw_str ms = bw_header_value(head->headers, head->header_count, BW_S("retry-after-ms"));
    const bw_str s = bw_header_value(head->headers, head->header_count, BW_S("retry-after"));
    const int64_t wait = bw_wait_ms(ms, 1);
    return wait > 0 ? wait : bw_wait_ms(s, 1000);
}

#endif

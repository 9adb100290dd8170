/* bellwether/c/error_class.h - which BW_E_* an upstream's error is by its HTTP status alone. Part
 * of <bellwether/c/helpers.h>; <bellwether/http/error_class.hpp> knows codes and words besides. */
#ifndef BELLWETHER_C_ERROR_CLASS_H
#define BELLWETHER_C_ERROR_CLASS_H

#include <bellwether/provider.h>

/* Of 400 to 599; anything else is BW_E_UPSTREAM. Only what speaks of the client's request is the
 * client's mistake. The path, the method, the headers, the protocol and the place are the
 * provider's, or this host's. */
static inline bw_status bw_error_class_of_status(uint32_t status) {
    switch (status) {
        case 401:
        case 403:
        case 407: return BW_E_AUTH;
        case 402: return BW_E_QUOTA;
        case 404:
        case 410: return BW_E_NOT_FOUND;
        case 413: return BW_E_CONTEXT_LENGTH;
        case 405:
        case 406:
        case 408:
        case 409:
        case 411:
        case 412:
        case 414:
        case 415:
        case 417:
        case 421:
        case 423:
        case 424:
        case 426:
        case 428:
        case 431:
        case 451: return BW_E_UPSTREAM;
        case 420:
        case 425:
        case 429: return BW_E_RATE;
        case 501: return BW_E_UNSUPPORTED;
        default: return status >= 400 && status < 499 ? BW_E_INVALID : BW_E_UPSTREAM;
    }
}

#endif

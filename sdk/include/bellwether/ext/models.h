/* bellwether/ext/models.h - extension "bw.models/1": a provider that lists its upstream's models.
 *
 * For checks by people and for probes, never on the path of a call. The host calls the plugin's
 * `ask`, which says what to send with the host's send, send_header and send_secret as in
 * call_open: a GET, once. The host asks the upstream and hands the whole response to `read`,
 * which calls the host's `add` for each model. The exchange lives from the call of `ask` to the
 * return of `read`; `read` may never come. */
#ifndef BELLWETHER_EXT_MODELS_H
#define BELLWETHER_EXT_MODELS_H

#include <bellwether/provider.h>

#define BW_EXT_MODELS "bw.models/1"

#ifdef __cplusplus
extern "C" {
#endif

/* From the host: bw_host_api.extension(host, BW_EXT_MODELS). */
typedef struct bw_models_host {
    uint32_t size;
    uint32_t reserved; /* 0 */
    /* Inside read only: the upstream has a model of this name. Names longer than 256 bytes, and all
     * after the first 100,000, are dropped. [loop] */
    void (*add)(bw_exchange*, bw_str id) BW_NOEXCEPT;
} bw_models_host;

/* From the plugin: bw_plugin.extension(BW_EXT_MODELS). */
typedef struct bw_models_plugin {
    uint32_t size;
    uint32_t reserved; /* 0 */
    /* Says what to send; the frame kind is not looked at. [loop] */
    bw_status (*ask)(bw_provider*, bw_exchange*, bw_error*) BW_NOEXCEPT;
    /* Reads the response, whatever its status; the body is whole. A status that is no success is an
     * error of the class that call_data would give it. [loop] */
    bw_status (*read)(bw_provider*, bw_exchange*, const bw_head*, bw_str body, bw_error*)
        BW_NOEXCEPT;
} bw_models_plugin;

#ifdef __cplusplus
}
#endif
#endif

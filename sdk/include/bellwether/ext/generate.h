/* bellwether/ext/generate.h - extension "bw.generate/1": a provider that answers by itself.
 *
 * For engines that need no upstream: a local model, an echo, a test double. In call_open the plugin
 * calls the host's `begin` in place of `send`. The host then calls the plugin's `step` until it
 * says that the reply is complete; between two steps it waits as long as the step asked, and longer
 * while the client reads slowly. There is no call_head, call_data or call_end; call_close comes as
 * always, and a cancel is a call_close between two steps. */
#ifndef BELLWETHER_EXT_GENERATE_H
#define BELLWETHER_EXT_GENERATE_H

#include <bellwether/provider.h>

#define BW_EXT_GENERATE "bw.generate/1"

#ifdef __cplusplus
extern "C" {
#endif

/* From the host: bw_host_api.extension(host, BW_EXT_GENERATE). */
typedef struct bw_generate_host {
    uint32_t size;
    uint32_t reserved; /* 0 */
    /* Inside call_open only, in place of send: this call answers by itself. [loop] */
    void (*begin)(bw_exchange*) BW_NOEXCEPT;
} bw_generate_host;

/* From the plugin: bw_plugin.extension(BW_EXT_GENERATE). */
typedef struct bw_generate_plugin {
    uint32_t size;
    uint32_t reserved; /* 0 */
    /* Produces the next piece; may emit. On BW_OK sets *wait_ms: the pause before the next step in
     * milliseconds, >= 0, or -1 when the reply is complete. Must not block. [loop] */
    bw_status (*step)(bw_call*, int64_t* wait_ms, bw_error*) BW_NOEXCEPT;
} bw_generate_plugin;

#ifdef __cplusplus
}
#endif
#endif

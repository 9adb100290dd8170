/* bellwether/ext/engine.h - extension "bw.engine/1": a provider that answers by itself.
 *
 * For a local model, an echo, a test double. In call_open the plugin calls `begin` in place of
 * `send`. The host calls `step` once and from then on after each `wake` and each wait that a step
 * asked for, but not while the client reads too slowly. There is no call_head, call_data or
 * call_end.
 *
 * Threads belong to the service: started in service_open, joined before service_close returns. A
 * thread hands its output to a queue of the plugin's and calls `wake`; `step` takes it from there
 * and emits. call_close may come at any moment: it marks the work as unwanted and returns, without
 * waiting for the thread. A thread may still hold the ticket then, and only the ticket: it is a
 * number that is never used again, so waking it does nothing.
 *
 * No wake is lost: after it returns, one more step begins unless the call has been closed. Many may
 * become one. The plugin bounds its queue: steps stop when the client is slow. How many calls run
 * at once is the manifest's "concurrency"; further ones wait at the host. */
#ifndef BELLWETHER_EXT_ENGINE_H
#define BELLWETHER_EXT_ENGINE_H

#include <bellwether/provider.h>

#define BW_EXT_ENGINE "bw.engine/1"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t bw_ticket; /* names an attempt, of whichever instance, for good; 0 is none */

typedef struct bw_engine_host {
    uint32_t size, reserved; /* reserved: 0 */
    /* Inside call_open, in place of send: gives the attempt's ticket, or 0 if it may not. [loop] */
    bw_ticket (*begin)(bw_attempt*) BW_NOEXCEPT;
    /* Asks for a step. `host` is the service's, or any instance's. [any] */
    void (*wake)(bw_host*, bw_ticket) BW_NOEXCEPT;
} bw_engine_host;

typedef struct bw_step {
    uint32_t size, flags; /* flags: none yet */
    int64_t wait_ms;      /* out: the next step so much later even if nobody wakes; 0: only then */
} bw_step;

typedef struct bw_engine_plugin {
    uint32_t size, reserved; /* reserved: 0 */
    /* Emits what there is. BW_OK goes on, BW_COMPLETE: the reply is complete. [loop] */
    bw_status (*step)(bw_call*, bw_step*) BW_NOEXCEPT;
} bw_engine_plugin;

#ifdef __cplusplus
}
#endif
#endif

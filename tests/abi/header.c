/* The ABI's headers as C, alone and twice. */
#include <bellwether/ext/engine.h>
#include <bellwether/ext/estimate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>

const bw_plugin* bw_plugin_v1(const bw_hello* host) BW_NOEXCEPT {
    static bw_plugin table;
    return BW_HAS(&table, extension) && host != 0 ? &table : NULL;
}

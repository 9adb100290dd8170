// The ABI's headers as C++, alone and twice.
#include <bellwether/ext/generate.h>
#include <bellwether/ext/models.h>
#include <bellwether/provider.h>

const bw_plugin* bw_plugin_v1(uint32_t host_minor) BW_NOEXCEPT {
    static bw_plugin table;
    return BW_HAS(&table, extension) && host_minor == 0 ? &table : nullptr;
}

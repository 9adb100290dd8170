// Must not compile unless KEEP_NOEXCEPT is defined: a function that may throw does not fit the
// table.
#include <bellwether/provider.h>

#ifdef KEEP_NOEXCEPT
#define MAYBE_NOEXCEPT noexcept
#else
#define MAYBE_NOEXCEPT
#endif

static void destroy(bw_provider*) MAYBE_NOEXCEPT {}

bw_plugin made() {
    bw_plugin table = {};
    table.destroy = &destroy;
    return table;
}

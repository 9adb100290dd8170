// Must not compile unless KEEP_NOEXCEPT is defined: a function that may throw does not fit the
// table.
#include <bellwether/provider.h>

#ifdef KEEP_NOEXCEPT
#define MAYBE_NOEXCEPT noexcept
#else
#define MAYBE_NOEXCEPT
#endif

static void destroy(bw_provider*) MAYBE_NOEXCEPT {}

bw_plugin table = {sizeof(bw_plugin), 0,       0,       0,       "x",     "1",     nullptr, nullptr,
                   &destroy,          nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};

#include "pages/build_info.hpp"

#include <bellwether/provider.h>
#include <fmt/format.h>

#ifndef BELLWETHER_VERSION
#error "BELLWETHER_VERSION comes from the build"
#endif

namespace bellwether::pages {

#ifdef __clang__
constexpr std::string_view k_compiler = __VERSION__;
#else
constexpr std::string_view k_compiler = "gcc " __VERSION__;
#endif

BuildInfo build_info() {
    return {.version = BELLWETHER_VERSION,
            .abi = fmt::format("1.{}", BW_ABI_MINOR),
            .compiler = k_compiler};
}

}  // namespace bellwether::pages

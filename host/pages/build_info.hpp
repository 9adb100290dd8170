// The version of this program, its plugin ABI and its compiler.
#pragma once

#include <string>
#include <string_view>

namespace bellwether::pages {

struct BuildInfo {
    std::string_view version;
    std::string abi;  // the newest plugin ABI it speaks: "1.0"
    std::string_view compiler;
};

BuildInfo build_info();

}  // namespace bellwether::pages

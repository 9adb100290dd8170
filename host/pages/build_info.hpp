// What this program was made of.
#pragma once

#include <string>
#include <string_view>

namespace bw::pages {

struct BuildInfo {
    std::string_view version;
    std::string abi;  // the newest plugin ABI it speaks: "1.0"
    std::string_view compiler;
};

BuildInfo build_info();

}  // namespace bw::pages

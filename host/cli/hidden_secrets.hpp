// Lines of a config as they may be shown: credentials are in stars.
#pragma once

#include <string>
#include <string_view>

namespace bw::cli {

// The line with a star for each character that may be of a credential, so that columns stay.
// `section` is the name of the section that it stands in.
std::string without_secrets(std::string_view line, std::string_view section = {});

}  // namespace bw::cli

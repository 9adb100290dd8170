// Whether a plugin's own setting may hold a credential in plain text, so that no page shows it. The
// reader of the config only warns of such a setting, because it cannot be sure. Pure.
#pragma once

#include <string_view>

namespace bellwether::pages {

// `json` is the setting's value; any member within it counts, however deep.
bool may_hold_secret(std::string_view key, std::string_view json);

}  // namespace bellwether::pages

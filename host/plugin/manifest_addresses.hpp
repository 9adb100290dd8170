// Checks of a manifest's base URL and list of origins, and of the texts that the config's values
// fill.
#pragma once

#include <string>
#include <string_view>

#include "json/value.hpp"
#include "plugin/member_checks.hpp"

namespace bellwether::plugin {

// `root` is the whole manifest.
void check_addresses(const json::Value& root, MemberChecks& checks);

// Whether the value is a text whose braces name options of the manifest that a text can take. What
// is wrong is noted; a value that is not given is no mistake, and no text either.
bool check_filled(const json::Value& value, const std::string& where, const json::Value& root,
                  MemberChecks& checks);

// A text with something that fits anywhere in place of its braces, to check the rest.
std::string with_stand_ins(std::string_view text);
// The same, of a URL, which may begin with an option that is scheme and host.
std::string url_with_stand_ins(std::string_view url);

}  // namespace bellwether::plugin

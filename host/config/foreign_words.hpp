// What other gateways call the things of this one, so that whoever brings their words is told ours.
// Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bw::config {

// The hint for a key that is unknown in a section ("" at the top, "server", "providers.NAME",
// "routes.to"): what it is called here, else the nearest of the known keys; empty: neither.
std::string advice_on_key(std::string_view section, std::string_view key,
                          std::span<const std::string> known);

// What to expect beside that hint: all known keys, unless it says what there is to say.
std::string expected_beside(std::string_view advice, std::span<const std::string> known);

// The variable that a text of the form "${NAME}", "$NAME", "os.environ/NAME", "{env:NAME}",
// "{{ NAME }}" or "%NAME%" means; empty: it has none of these forms.
std::string foreign_variable(std::string_view text);

}  // namespace bw::config

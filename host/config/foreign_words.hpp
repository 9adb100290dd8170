// Knows the words of other gateways: whoever copies a key or a variable from another program's
// config is told how to write it here. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bellwether::config {

// The hint for an unknown key of a section ("" at the top, "server", "providers.NAME",
// "routes.to"): how to write it here, else the most similar known key; empty: there is neither.
std::string advice_on_key(std::string_view section, std::string_view key,
                          std::span<const std::string> known);

// The hint for a strategy as another gateway calls it ("simple-shuffle"); empty: the word is not
// known.
std::string strategy_of_others(std::string_view word);

// What a message expects beside the hint of advice_on_key(): a list of all known keys; empty: the
// hint itself says what to write.
std::string expected_beside(std::string_view advice, std::span<const std::string> known);

// The name of the variable in a text such as "${NAME}", "$NAME", "os.environ/NAME", "{env:NAME}",
// "{{ NAME }}" or "%NAME%"; empty: the text refers to no variable.
std::string foreign_variable(std::string_view text);

}  // namespace bellwether::config

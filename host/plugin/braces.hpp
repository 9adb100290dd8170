// Texts with names in braces, as "https://{region}.example.com", which values replace. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bellwether::plugin {

// The names in their order. Nothing: a brace is not closed or not opened, or holds no name.
std::optional<std::vector<std::string>> names_in(std::string_view text);

// The text with what `value_of` gives in place of each name. It is called with the place of the
// opening brace as well. The braces of the text are in order.
using ValueOf = std::function<std::string(std::string_view name, std::size_t at)>;
std::string with_values(std::string_view text, const ValueOf& value_of);

// The place where the host of a URL ends, and its port.
std::size_t end_of_authority(std::string_view url);

// Whether a value may stand within the name of a host: letters, digits and dashes, perhaps with
// dots between them. Nothing that would make another host of what stands around it.
bool fits_host(std::string_view value);

}  // namespace bellwether::plugin

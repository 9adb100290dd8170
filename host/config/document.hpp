// Reads a TOML file as text and parses the text into a table. Its size and its depth are bounded.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/report.hpp"

namespace toml {
inline namespace v3 {
class table;
}  // namespace v3
}  // namespace toml

namespace bellwether::config {

inline constexpr std::size_t k_config_bytes_max = 1u << 20;

// The error is written to follow "the file cannot be read: ".
std::expected<std::string, std::string> read_text(const std::filesystem::path& file);

// Parses the text of a file that has the index `file` in the report. False: the text is not TOML,
// and the report says why.
bool parse_toml(std::string_view text, int file, toml::table& table, Report& report);

}  // namespace bellwether::config

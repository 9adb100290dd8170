// Diagnostics of a config: for people on standard error, for programs as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.hpp"
#include "config/config.hpp"
#include "json/writer.hpp"

namespace bw::cli {

// One a line. On a terminal each is followed by its line of the file, with a mark below the place.
void print_diagnostics(const std::vector<config::Diagnostic>& diagnostics);

// An array. What concerns a file as a whole stands at its line 1, column 1, as editors have it.
void write_diagnostics(json::PrettyWriter& writer,
                       const std::vector<config::Diagnostic>& diagnostics);

// The line of a file that a diagnostic is about, with a mark below the column, both after a margin;
// nothing that may be a key is shown. Empty: there is no such line. `width` 0: any.
std::string excerpt(std::string_view text, config::Position at, std::size_t width, Colour colour);

// The line with a star for each character that may be of a credential, so that columns stay.
// `section` is the name of the section that it stands in.
std::string without_secrets(std::string_view line, std::string_view section = {});

}  // namespace bw::cli

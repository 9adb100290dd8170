// Prints the diagnostics of a config: for people on standard error, for programs as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.hpp"
#include "config/config.hpp"
#include "json/writer.hpp"

namespace bellwether::cli {

// Prints one diagnostic a line. On a terminal an excerpt() of the file follows each.
void print_diagnostics(const std::vector<config::Diagnostic>& diagnostics);

// Writes an array. A diagnostic of a whole file gets line 1, column 1: editors need a place.
void write_diagnostics(json::PrettyWriter& writer,
                       const std::vector<config::Diagnostic>& diagnostics);

// The line of a file that a diagnostic is about, with a mark below the column, both after a margin.
// What may be a key is hidden. Empty: there is no such line. A `width` of 0, or one too small for
// anything, is no limit.
std::string excerpt(std::string_view text, config::Position at, std::size_t width, Colour colour);

// The line with a star for each character that may belong to a credential, so that columns stay.
// `section` is the header of the section that the line stands in.
std::string without_secrets(std::string_view line, std::string_view section = {});

// A character that a key, or the path of a file, may have.
bool is_word(char c);

}  // namespace bellwether::cli

#include "config/document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "config/section.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

// The parser recurses once for each part of a dotted key, so the length of a line bounds the stack.
constexpr std::size_t k_line_bytes_max = 16u << 10;

Position position_of_error(const toml::parse_error& error, int file) {
    const auto at = error.source().begin;
    return {static_cast<int>(at.line), static_cast<int>(at.column), file};
}

// Hides a number that the parser repeats because it cannot represent it: it may be a credential.
std::string without_values(std::string text) {
    if (!text.starts_with('\'')) return text;
    const auto end = text.rfind('\'');
    return "the number" + text.substr(end + 1);
}

// The first line that is neither empty nor a comment, without the blanks around it.
std::string_view first_line(std::string_view text) {
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        while (!line.empty() && (line.front() == ' ' || line.front() == '\t'))
            line.remove_prefix(1);
        if (!line.empty() && line.front() != '#') return line;
    }
    return {};
}

// The hint for JSON or YAML: people bring along the files of other programs.
std::string language_hint(std::string_view text) {
    const std::string_view line = first_line(text);
    const bool json = line.starts_with('{') || line == "[" || line.starts_with("[{");
    if (json) return "this looks like JSON, and the config is TOML; see docs/configuration.md";
    const auto colon = line.find(':');
    const bool key = colon != line.npos && line.find('=') == line.npos && !line.starts_with('[') &&
                     (colon + 1 == line.size() || line[colon + 1] == ' ');
    if (line == "---" || key || line.starts_with("- ")) {
        return "this looks like YAML, and the config is TOML; see docs/from-litellm.md";
    }
    return {};
}

// The parser's "Error while parsing boolean: expected ..." says what it took a word for. If that is
// a value of another type, the text probably lacks its quotes.
void report_syntax(const toml::parse_error& error, std::string_view file_text, int file,
                   Report& report) {
    constexpr std::string_view k_lead = "Error while parsing ";
    std::string text(error.description());
    std::string context;
    const auto colon = text.find(": ");
    if (text.starts_with(k_lead) && colon != text.npos) {
        context = text.substr(k_lead.size(), colon - k_lead.size());
        text = without_values(text.substr(colon + 2));
    }
    if (text.starts_with('E')) text.front() = 'e';
    constexpr std::string_view k_unquoted[] = {
        "value", "boolean", "date", "time", "date-time", "decimal integer", "floating-point"};
    const bool unquoted = std::ranges::find(k_unquoted, context) != std::ranges::end(k_unquoted);
    std::string hint = language_hint(file_text);
    if (hint.empty() && unquoted) hint = "text stands in quotes: key = \"text\"";
    report.error(position_of_error(error, file), fmt::format("not valid TOML: {}", visible(text)),
                 {}, std::move(hint));
}

bool check_lines(std::string_view text, int file, Report& report) {
    for (int line = 1; !text.empty(); ++line) {
        const std::size_t length = std::min(text.find('\n'), text.size());
        if (length > k_line_bytes_max) {
            report.error({line, 1, file},
                         fmt::format("the line is longer than {} bytes", k_line_bytes_max));
            return false;
        }
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return true;
}

}  // namespace

// The parser keeps a text with each value, which is meant for the name of the file. It gets the
// file's index, from which position_of() makes a position. Debian builds toml++ with exceptions.
// None of them leaves this function.
bool parse_toml(std::string_view text, int file, toml::table& table, Report& report) {
    if (!check_lines(text, file, report)) return false;
    try {
        table = toml::parse(text, fmt::format("{}", file));
        return true;
    } catch (const toml::parse_error& error) {
        report_syntax(error, text, file, report);
        return false;
    }
}

std::expected<std::string, std::string> read_text(const fs::path& file) {
    std::error_code error;
    if (fs::is_directory(file, error)) return std::unexpected("it is a folder");
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return std::unexpected(std::strerror(errno));
    std::string text(k_config_bytes_max + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > k_config_bytes_max) {
        return std::unexpected(fmt::format("it is longer than {} bytes", k_config_bytes_max));
    }
    return text;
}

}  // namespace bellwether::config

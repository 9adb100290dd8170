#include "cli/diagnostic_text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "base/ascii.hpp"

namespace bellwether::cli {
namespace {

using config::Diagnostic;
using config::Severity;

constexpr std::string_view k_red = "\x1b[1;31m";
constexpr std::string_view k_yellow = "\x1b[1;33m";
constexpr std::string_view k_bold = "\x1b[1m";
constexpr std::string_view k_plain = "\x1b[0m";
constexpr std::size_t k_file_bytes_max = 2u << 20;

std::string painted(std::string_view text, std::string_view paint, Colour colour) {
    if (colour == Colour::off) return std::string(text);
    return fmt::format("{}{}{}", paint, text, k_plain);
}

std::string_view paint_of(Severity severity) {
    return severity == Severity::error ? k_red : k_yellow;
}

// "FILE:LINE:COLUMN: error: what", with a bold place and the word "error" or "warning" in colour.
std::string headline(const Diagnostic& diagnostic, Colour colour) {
    const std::string text =
        diagnostic.file.empty() ? "error: " + diagnostic.what : to_string(diagnostic);
    const std::string_view word = diagnostic.severity == Severity::error ? "error:" : "warning:";
    const auto at = text.find(word);
    if (colour == Colour::off || at == text.npos) return text;
    return painted(text.substr(0, at), k_bold, colour) +
           painted(word, paint_of(diagnostic.severity), colour) + text.substr(at + word.size());
}

// The text of a file; empty if it is no regular file: a pipe has been read before, and reading it
// again would block.
std::string read(const std::string& file) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) return {};
    std::ifstream stream(file, std::ios::binary);
    std::string text(k_file_bytes_max, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
    return text;
}

std::string_view line_of(std::string_view text, int number) {
    for (int line = 1; line < number; ++line) {
        const auto end = text.find('\n');
        if (end == text.npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find_first_of("\r\n"));
}

// The header of the section that a line is in: the last line before it that begins with a bracket.
std::string_view section_of(std::string_view text, int number) {
    std::string_view section;
    for (int line = 1; line < number && !text.empty(); ++line) {
        if (text.starts_with('[')) section = text.substr(0, text.find_first_of("\r\n"));
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    return section;
}

// The UTF-8 characters of a text, so that columns can be counted.
std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> all;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
        all.push_back(text.substr(i, end - i));
        i = end;
    }
    return all;
}

// How many characters the mark covers: a string with its quotes, else a word.
std::size_t marked(std::string_view from_place) {
    if (from_place.empty()) return 1;
    const char first = from_place.front();
    if (first == '"' || first == '\'') {
        const auto close = from_place.find(first, 1);
        return characters(from_place.substr(0, close == from_place.npos ? close : close + 1))
            .size();
    }
    const auto end = std::ranges::find_if_not(from_place, is_word);
    return std::max<std::size_t>(1, static_cast<std::size_t>(end - from_place.begin()));
}

}  // namespace

std::string excerpt(std::string_view text, config::Position at, std::size_t width, Colour colour) {
    const std::string line = without_secrets(line_of(text, at.line), section_of(text, at.line));
    const auto all = characters(line);
    const auto column = static_cast<std::size_t>(std::max(1, at.column)) - 1;
    if (at.line == 0 || line.empty() || column > all.size()) return {};
    constexpr std::size_t k_context = 20;
    const std::string margin = fmt::format("{:5} | ", at.line);
    // A terminal too narrow for anything, such as one that does not say its width, is no limit.
    const bool limited = width > margin.size() + k_context;
    const std::size_t room = limited ? width - margin.size() : all.size();
    const std::size_t begin = limited && column + k_context > room ? column + k_context - room : 0;
    std::string shown;
    std::string before;  // keeps tabs, so that the mark stands below its place
    for (std::size_t i = begin; i < std::min(all.size(), begin + room); ++i) {
        shown += all[i];
        if (i < column) before += all[i] == "\t" ? "\t" : " ";
    }
    std::size_t offset = 0;
    for (std::size_t i = 0; i < column; ++i) offset += all[i].size();
    const std::size_t length =
        std::min(marked(std::string_view(line).substr(offset)), begin + room - column);
    const std::string mark = "^" + std::string(std::max<std::size_t>(1, length) - 1, '~');
    return fmt::format("{}{}\n{:>5} | {}{}\n", margin, shown, "", before,
                       painted(mark, k_bold, colour));
}

void print_diagnostics(const std::vector<Diagnostic>& diagnostics) {
    const Colour colour = colour_of(STDERR_FILENO);
    const bool terminal = isatty(STDERR_FILENO) != 0;
    std::map<std::string, std::string> texts;
    for (const Diagnostic& diagnostic : diagnostics) {
        fmt::print(stderr, "{}\n", headline(diagnostic, colour));
        if (!terminal || diagnostic.at.line == 0) continue;
        const auto [text, is_new] = texts.try_emplace(diagnostic.file);
        if (is_new) text->second = read(diagnostic.file);
        fmt::print(stderr, "{}",
                   excerpt(text->second, diagnostic.at, columns_of(STDERR_FILENO), colour));
    }
}

void write_diagnostics(json::PrettyWriter& writer, const std::vector<Diagnostic>& diagnostics) {
    writer.begin_array();
    for (const Diagnostic& one : diagnostics) {
        writer.begin_object();
        writer.field("severity", one.severity == Severity::error ? "error" : "warning");
        writer.field_or_null("file", one.file);
        writer.field("line", std::int64_t{std::max(1, one.at.line)});
        writer.field("column", std::int64_t{std::max(1, one.at.column)});
        writer.field("message", one.what);
        writer.field_or_null("expected", one.expected).field_or_null("hint", one.hint);
        writer.end_object();
    }
    writer.end_array();
}

}  // namespace bellwether::cli

#include "cli/diagnostic_text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "config/key_form.hpp"
#include "config/secret.hpp"

namespace bw::cli {
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

// "FILE:LINE:COLUMN: error: what": the place bold, the word in its colour.
std::string headline(const Diagnostic& diagnostic, Colour colour) {
    const std::string text =
        diagnostic.file.empty() ? "error: " + diagnostic.what : to_string(diagnostic);
    const std::string_view word = diagnostic.severity == Severity::error ? "error:" : "warning:";
    const auto at = text.find(word);
    if (colour == Colour::off || at == text.npos) return text;
    return painted(text.substr(0, at), k_bold, colour) +
           painted(word, paint_of(diagnostic.severity), colour) + text.substr(at + word.size());
}

std::string read(const std::string& file) {
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

bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '+' || c == '/' || c == '=' || c == '.';
}

// Whether what is set on the line may be a credential, by the name of its key; a URL may hold one.
bool sets_secret(std::string_view line) {
    std::string_view key = line.substr(0, line.find('='));
    while (key.ends_with(' ')) key.remove_suffix(1);
    while (key.starts_with(' ')) key.remove_prefix(1);
    for (const std::string_view word :
         {"key", "token", "secret", "password", "auth", "header", "sha256"}) {
        if (key.find(word) != key.npos) return true;
    }
    return key == "url" || key == "id" || line.find('@') != line.npos;
}

// Words that may be keys, in stars: what is long and mixed, and all that a key of the file sets
// which may be one, but for references.
std::string without_secrets(std::string_view line) {
    constexpr std::size_t k_long = 20;
    std::string shown(line);
    const bool secret = sets_secret(line);
    const auto equals = std::min(line.find('='), line.size());
    for (std::size_t i = 0; i < line.size();) {
        std::size_t end = i;
        while (end < line.size() && is_word(line[end])) ++end;
        const std::string_view word = line.substr(i, end - i);
        const std::string_view rest = line.substr(i);
        const bool reference = rest.starts_with("env:") || rest.starts_with("file:");
        if (reference) end = std::min(line.find_first_of("\"' ", i), line.size());
        const bool hidden = !reference && (word.size() >= k_long || config::may_be_secret(word) ||
                                           (secret && i > equals && word.size() > 3));
        if (hidden)
            std::fill(shown.begin() + static_cast<std::ptrdiff_t>(i),
                      shown.begin() + static_cast<std::ptrdiff_t>(end), '*');
        i = std::max(end, i + 1);
    }
    return shown;
}

// Whole characters, so that columns can be counted.
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

// How much the mark covers: a string with its quotes, else a word.
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
    const std::string line = without_secrets(line_of(text, at.line));
    const auto all = characters(line);
    const auto column = static_cast<std::size_t>(std::max(1, at.column)) - 1;
    if (at.line == 0 || line.empty() || column > all.size()) return {};
    constexpr std::size_t k_context = 20;
    const std::string margin = fmt::format("{:5} | ", at.line);
    const std::size_t room =
        width > margin.size() + k_context ? width - margin.size() : std::max(all.size(), k_context);
    const std::size_t begin = column + k_context > room ? column + k_context - room : 0;
    std::string shown;
    std::string before;  // a tab stays one, so that the mark stands below its place
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
    for (const Diagnostic& diagnostic : diagnostics) {
        fmt::print(stderr, "{}\n", headline(diagnostic, colour));
        if (!terminal || diagnostic.at.line == 0) continue;
        fmt::print(
            stderr, "{}",
            excerpt(read(diagnostic.file), diagnostic.at, columns_of(STDERR_FILENO), colour));
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

}  // namespace bw::cli

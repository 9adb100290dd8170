#include "config/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/nearest.hpp"
#include "config/key_form.hpp"

namespace bellwether::config {
namespace {

constexpr std::size_t k_quoted_bytes_max = 80;

std::string_view name_of(Severity severity) {
    return severity == Severity::error ? "error" : "warning";
}

auto order_of(const Diagnostic& diagnostic) {
    const bool known = diagnostic.at.line != 0;
    return std::tuple(diagnostic.at.file,
                      known ? diagnostic.at.line : std::numeric_limits<int>::max(),
                      diagnostic.at.column);
}

bool is_before(Position a, Position b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
}

// Whether the text holds the word, and not only as a part of a longer word.
bool has_word(std::string_view text, std::string_view word) {
    const auto goes_on = [&](std::size_t at) {
        return at < text.size() && ((text[at] >= 'a' && text[at] <= 'z') || text[at] == '_');
    };
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        if ((at == 0 || !goes_on(at - 1)) && !goes_on(at + word.size())) return true;
    }
    return false;
}

// Cuts where a character begins, so that the message stays valid UTF-8.
std::string_view cut(std::string_view text) {
    if (text.size() <= k_quoted_bytes_max) return text;
    std::size_t end = k_quoted_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace

std::string visible(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            result += fmt::format("\\x{:02x}", byte);
        } else {
            result += c;
        }
    }
    return result;
}

std::string in_quotes(std::string_view text) {
    if (is_long_secret(text)) return "a text that looks like a key";
    const std::string whole = with_keys_masked(text);
    const std::string_view shown = cut(whole);
    return fmt::format("\"{}{}\"", visible(shown), shown.size() < whole.size() ? "..." : "");
}

std::string did_you_mean(std::string_view name, std::span<const std::string> known) {
    const auto near = nearest(name, known);
    return near ? fmt::format("did you mean {}?", in_quotes(*near)) : std::string();
}

// A name may hold a tab or a line end, or be a key that was pasted in the wrong place.
void make_printable(Diagnostic& diagnostic) {
    for (std::string* text : {&diagnostic.what, &diagnostic.expected, &diagnostic.hint}) {
        *text = visible(with_keys_masked(*text));
    }
}

int Report::add_file(std::filesystem::path file) {
    files_.push_back(std::move(file));
    return static_cast<int>(files_.size()) - 1;
}

const std::filesystem::path& Report::file_of(Position at) const {
    return files_[static_cast<std::size_t>(at.file)];
}

std::string Report::place(Position first, Position second) const {
    if (first.file == second.file) return fmt::format("line {}", first.line);
    return fmt::format("{}:{}", file_of(first).string(), first.line);
}

void Report::error(Position at, std::string what, std::string expected, std::string hint) {
    add(Severity::error, at, std::move(what), std::move(expected), std::move(hint));
}

void Report::warning(Position at, std::string what, std::string expected, std::string hint) {
    add(Severity::warning, at, std::move(what), std::move(expected), std::move(hint));
}

void Report::add(Severity severity, Position at, std::string what, std::string expected,
                 std::string hint) {
    make_printable(diagnostics_.emplace_back(severity, file_of(at).string(), at, std::move(what),
                                             std::move(expected), std::move(hint)));
}

void Report::absent(Position section, std::vector<std::string> keys, std::string what,
                    std::string expected) {
    absences_.push_back({section, std::move(keys), std::move(what), std::move(expected)});
}

void Report::unknown(Position section, Position at, std::string what, std::string expected,
                     std::string advice) {
    if (!advice.empty()) advice_.push_back({section, advice});
    error(at, std::move(what), std::move(expected), std::move(advice));
}

bool Report::is_explained(const Absence& absence) const {
    return std::ranges::any_of(advice_, [&](const Advice& advice) {
        const auto names = [&](const std::string& key) { return has_word(advice.text, key); };
        return advice.section == absence.section && std::ranges::any_of(absence.keys, names);
    });
}

bool Report::has_error() const {
    return std::ranges::find(diagnostics_, Severity::error, &Diagnostic::severity) !=
           diagnostics_.end();
}

bool Report::has_error(Position begin, Position end) const {
    return std::ranges::any_of(diagnostics_, [&](const Diagnostic& diagnostic) {
        return diagnostic.severity == Severity::error && !is_before(diagnostic.at, begin) &&
               (is_before(diagnostic.at, end) || !is_before(begin, diagnostic.at));
    });
}

bool Report::advise(Position at, const std::string& hint) {
    bool told = false;
    for (Diagnostic& diagnostic : diagnostics_) {
        if (diagnostic.at != at) continue;
        diagnostic.hint = hint;
        make_printable(diagnostic);
        told = true;
    }
    return told;
}

std::vector<Diagnostic> Report::take() {
    for (Absence& absence : absences_) {
        if (is_explained(absence)) continue;
        error(absence.section, std::move(absence.what), std::move(absence.expected));
    }
    absences_.clear();
    std::ranges::stable_sort(diagnostics_, {}, order_of);
    return std::move(diagnostics_);
}

std::string to_string(const Diagnostic& diagnostic) {
    std::string text = diagnostic.file;
    if (diagnostic.at.line != 0) {
        text += fmt::format(":{}:{}", diagnostic.at.line, diagnostic.at.column);
    }
    text += fmt::format(": {}: {}", name_of(diagnostic.severity), diagnostic.what);
    if (!diagnostic.expected.empty()) text += "; expected " + diagnostic.expected;
    if (!diagnostic.hint.empty()) text += "; " + diagnostic.hint;
    return text;
}

}  // namespace bellwether::config

#include "cli/diagnostic_text.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "config/key_form.hpp"
#include "config/secret.hpp"

namespace bellwether::cli {
namespace {

constexpr std::string_view k_blanks = " \t";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(k_blanks);
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(k_blanks) + 1 - begin);
}

bool is_quote(char c) { return c == '"' || c == '\''; }

// Where a line's values begin that may be credentials; npos: it has none. A line without a key
// continues a value of an earlier line, whose key is not known here, so all of it may be one.
std::size_t secret_from(std::string_view line, std::string_view section) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') return 0;
    const auto equals = line.find('=');
    const bool header = text.front() == '[' && text.find_first_of("\"'") == text.npos;
    if (header && equals == line.npos) return line.npos;
    if (equals == line.npos || is_quote(text.front()) || text.front() == '[') return 0;
    const std::string_view value = line.substr(equals + 1);
    const auto query = value.find('?');
    const bool secret = config::may_hold_secret(trimmed(line.substr(0, equals))) ||
                        section.find("header") != section.npos ||
                        value.find_first_of("@{") != value.npos ||
                        (query != value.npos && value.find('=', query) != value.npos);
    return secret ? equals + 1 : line.npos;
}

// Writes stars over the values of a line that may be credentials. The keys of inline tables and
// references such as "env:NAME" stay.
class Cover {
  public:
    explicit Cover(std::string_view text) : text_(text) {}

    std::string covered() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_quote(c)) {
                string(c);
            } else if (std::string_view(" \t{}[],=").find(c) != std::string_view::npos) {
                key_follows_ = c == '{' || c == ',' || (key_follows_ && k_blanks.contains(c));
                shown_ += c;
                ++at_;
            } else {
                word();
            }
        }
        return std::move(shown_);
    }

  private:
    void string(char quote) {
        ++at_;
        auto end = at_;
        while (end < text_.size() && text_[end] != quote) {
            end += quote == '"' && text_[end] == '\\' ? 2 : 1;
        }
        end = std::min(end, text_.size());
        const std::string_view content = text_.substr(at_, end - at_);
        shown_ += quote;
        show(content, !config::reference_fault(content));
        if (end < text_.size()) shown_ += quote;
        at_ = std::min(end + 1, text_.size());
        key_follows_ = false;
    }

    void word() {
        constexpr std::size_t k_short = 3;
        const auto end = std::min(text_.find_first_of(" \t{}[],=\"'", at_), text_.size());
        const std::string_view content = text_.substr(at_, end - at_);
        const auto next = text_.find_first_not_of(k_blanks, end);
        const bool key = key_follows_ && next != text_.npos && text_[next] == '=';
        show(content, key || content.size() <= k_short || content == "true" || content == "false");
        at_ = end;
        key_follows_ = false;
    }

    // One star stands for one character, of however many bytes.
    void show(std::string_view content, bool plain) {
        for (const char c : content) {
            if (plain) {
                shown_ += c;
            } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
                shown_ += '*';
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool key_follows_ = false;
    std::string shown_;
};

// Writes stars over words that look like keys, whatever setting they belong to.
std::string without_keys(std::string_view line) {
    constexpr std::size_t k_long = 20;
    std::string shown(line);
    for (std::size_t i = 0; i < line.size();) {
        std::size_t end = i;
        while (end < line.size() && is_word(line[end])) ++end;
        const std::string_view word = line.substr(i, end - i);
        const std::string_view rest = line.substr(i);
        const bool reference = rest.starts_with("env:") || rest.starts_with("file:");
        if (reference) end = std::min(line.find_first_of("\"' ", i), line.size());
        if (!reference && (word.size() >= k_long || config::may_be_secret(word))) {
            std::fill(shown.begin() + static_cast<std::ptrdiff_t>(i),
                      shown.begin() + static_cast<std::ptrdiff_t>(end), '*');
        }
        i = std::max(end, i + 1);
    }
    return shown;
}

}  // namespace

bool is_word(char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=' ||
           c == '.';
}

std::string without_secrets(std::string_view line, std::string_view section) {
    const std::size_t from = std::min(secret_from(line, section), line.size());
    return without_keys(line.substr(0, from)) + Cover(line.substr(from)).covered();
}

}  // namespace bellwether::cli

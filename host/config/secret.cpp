#include "config/secret.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/foreign_words.hpp"
#include "config/letters.hpp"
#include "config/report.hpp"

namespace bellwether::config {
namespace {

constexpr std::size_t k_secret_bytes_max = 64u << 10;

using Resolved = std::expected<std::string, std::string>;

bool is_variable_name(std::string_view name) {
    const auto follows = [](char c) { return begins_name(c) || is_digit(c); };
    return !name.empty() && begins_name(name.front()) && std::ranges::all_of(name, follows);
}

bool is_printable_ascii(char c) { return c >= 0x20 && c <= 0x7E; }

// A credential goes into a header: one line of printable ASCII. A stray space or byte-order mark
// would only show as a refusal by the provider, much later.
Resolved checked(std::string value, const std::string& source) {
    if (value.empty()) return std::unexpected(source + " is empty");
    if (value.size() > k_secret_bytes_max) {
        return std::unexpected(
            fmt::format("{} holds more than {} bytes", source, k_secret_bytes_max));
    }
    if (!std::ranges::all_of(value, is_printable_ascii)) {
        return std::unexpected(
            source + " holds a control or non-ASCII character, which a credential cannot contain");
    }
    if (value.front() == ' ' || value.back() == ' ') {
        return std::unexpected(source + " begins or ends with a space");
    }
    return value;
}

// The source of a value as messages name it.
std::string source_of(std::string_view reference) {
    if (!reference.starts_with(k_file)) {
        return fmt::format("the environment variable {}", reference.substr(k_env.size()));
    }
    return fmt::format("the file {}", in_quotes(reference.substr(k_file.size())));
}

Resolved read_file(const std::filesystem::path& file, const std::string& source) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (!std::filesystem::exists(status)) {
        return std::unexpected(source +
                               " does not exist or is in a folder that cannot be searched");
    }
    if (!std::filesystem::is_regular_file(status)) {
        return std::unexpected(source + " is not a regular file");
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return std::unexpected(source + " cannot be read");
    std::string value(k_secret_bytes_max + 2, '\0');
    stream.read(value.data(), static_cast<std::streamsize>(value.size()));
    value.resize(static_cast<std::size_t>(stream.gcount()));
    return value;
}

// The bytes to which a reference refers.
Resolved bytes_of(std::string_view reference) {
    if (const auto fault = reference_fault(reference)) {
        return std::unexpected("the reference " + *fault);
    }
    const std::string source = source_of(reference);
    if (reference.starts_with(k_file)) return read_file(reference.substr(k_file.size()), source);
    const char* value = std::getenv(std::string(reference.substr(k_env.size())).c_str());
    if (value == nullptr) return std::unexpected(source + " is not set");
    return value;
}

// Whether the key is a placeholder from an example. "EMPTY", "none" and "dummy" are not, because
// people use them for servers that need no key.
bool is_placeholder(std::string_view key) {
    constexpr std::array k_begins = {"your",   "<",      "my-api-key", "my_api_key",
                                     "insert", "enter-", "paste"};
    constexpr std::array k_holds = {"...",          "your-",        "your_",    "changeme",
                                    "change-me",    "change_me",    "replace",  "placeholder",
                                    "api-key-here", "api_key_here", "key-here", "key_here"};
    const std::string text = lower(key);
    const auto begins = [&](const char* word) { return text.starts_with(word); };
    const auto holds = [&](const char* word) { return text.find(word) != text.npos; };
    if (std::ranges::any_of(k_begins, begins) || std::ranges::any_of(k_holds, holds)) return true;
    const auto dash = text.find_last_of("-_");
    const std::string_view body = std::string_view(text).substr(dash == text.npos ? 0 : dash + 1);
    constexpr std::size_t k_filling_min = 3;
    return body.size() >= k_filling_min &&
           (body.find_first_not_of('x') == body.npos || body.find_first_not_of('*') == body.npos ||
            body.find_first_not_of('.') == body.npos);
}

// Whether the key is a line of a shell or an env file: "OPENAI_API_KEY=sk-1" or "export ...".
bool is_assignment(std::string_view key) {
    if (key.starts_with("export ")) return true;
    const auto equals = key.find('=');
    if (equals == key.npos || equals == 0) return false;
    const std::string_view name = key.substr(0, equals);
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
    return name.find('_') != name.npos && std::ranges::all_of(name, fits);
}

// Whether the key is a reference of this host, or a reference of another program that cannot be a
// key. "$abcDEF" may be a key.
bool is_reference(std::string_view key) {
    if (!reference_fault(key)) return true;
    const std::string name = foreign_variable(key);
    if (name.empty()) return false;
    if (key.starts_with("${") || key.starts_with("os.environ")) return true;
    const bool whole = key == "$" + name || key == "%" + name + "%";
    return whole && std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
}

CredentialFault error(std::string_view what, std::string_view hint) {
    return {Severity::error, std::string(what), std::string(hint)};
}

constexpr std::string_view k_line_ends = "\r\n";
constexpr std::string_view k_blanks = " \t";
constexpr std::string_view k_quotes = "\"'`";

bool is_any(char c, std::string_view of) { return of.find(c) != of.npos; }

}  // namespace

bool names_secret(std::string_view key) {
    return key.ends_with("_key") || key.ends_with("_token") || key.ends_with("_secret");
}

bool may_hold_secret(std::string_view key) {
    constexpr std::string_view k_words[] = {"key",  "token",  "secret", "pass",   "pwd",    "auth",
                                            "cred", "header", "cookie", "bearer", "sha256", "url",
                                            "uri",  "dsn",    "proxy",  "base",   "sign",   "hmac"};
    const std::string text = lower(key);
    const auto holds = [&](std::string_view word) { return text.find(word) != text.npos; };
    return text == "id" || std::ranges::any_of(k_words, holds);
}

std::optional<std::string> reference_fault(std::string_view reference) {
    if (reference.starts_with(k_env)) {
        if (is_variable_name(reference.substr(k_env.size()))) return std::nullopt;
        return "has no variable name after \"env:\"";
    }
    if (reference.starts_with(k_file)) {
        if (reference.substr(k_file.size()).starts_with('/')) return std::nullopt;
        return "has no absolute path after \"file:\"";
    }
    return R"(does not begin with "env:" or "file:")";
}

std::expected<std::string, std::string> resolve(std::string_view reference) {
    auto value = bytes_of(reference);
    if (!value) return value;
    const std::string source = source_of(reference);
    if (reference.starts_with(k_file)) {
        if (value->ends_with('\n')) value->pop_back();
        if (value->ends_with('\r')) value->pop_back();
    } else if (value->ends_with('\n') || value->ends_with('\r')) {
        return std::unexpected(source + " ends in a line end: take it out, a credential has none");
    }
    return checked(*std::move(value), source);
}

std::expected<std::string, std::string> resolve_document(std::string_view reference) {
    auto text = bytes_of(reference);
    if (!text) return text;
    if (text->empty()) return std::unexpected(source_of(reference) + " is empty");
    if (text->size() <= k_secret_bytes_max) return text;
    return std::unexpected(
        fmt::format("{} holds more than {} bytes", source_of(reference), k_secret_bytes_max));
}

std::optional<CredentialFault> credential_fault(std::string_view key) {
    const std::string text = lower(key);
    if (const auto stray = stray_text(key); !stray.empty() && stray != k_inner_space) {
        return error(stray,
                     "take what is around the key away: env files are read with their quotes");
    }
    for (const std::string_view prefix : {"bearer ", "authorization:", "basic ", "x-api-key:"}) {
        if (!text.starts_with(prefix)) continue;
        return error("begins with a part of a header",
                     "write the key alone: the host adds the rest");
    }
    if (is_assignment(key)) {
        return error("begins with the name of a variable", "write what stands behind the =");
    }
    if (is_reference(key)) {
        return error("is a reference to a variable or a file that nothing replaced",
                     "the variable has to hold the key itself");
    }
    if (!foreign_variable(key).empty()) {
        return CredentialFault{Severity::warning,
                               "looks like a reference to a variable that nothing replaced",
                               "check that it is the key itself"};
    }
    if (is_placeholder(key)) {
        return CredentialFault{Severity::warning, "looks like a placeholder",
                               "put the key there that the provider gave you"};
    }
    if (key.find_first_of(" \"'`,;") != key.npos) {
        return CredentialFault{Severity::warning, "holds a space, a quote or a comma",
                               "check that it holds one key and nothing else"};
    }
    return std::nullopt;
}

std::string_view stray_text(std::string_view value) {
    if (value.empty()) return {};
    const char first = value.front();
    const char last = value.back();
    if (is_any(last, k_line_ends)) return "ends in a line end";
    if (value.find_first_of(k_line_ends) != value.npos) return "holds a line end";
    if (is_any(first, k_blanks) || is_any(last, k_blanks)) return "begins or ends with a space";
    const bool opens = is_any(first, k_quotes);
    const bool closes = is_any(last, k_quotes);
    if (opens && closes && value.size() > 1) return "stands in quotes";
    if (opens || closes) return "begins or ends with a quote";
    if (value.starts_with("\xef\xbb\xbf")) return "begins with a byte-order mark";
    return value.find_first_of(k_blanks) != value.npos ? k_inner_space : std::string_view();
}

}  // namespace bellwether::config

#include "config/secret.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/letters.hpp"
#include "config/report.hpp"

namespace bw::config {
namespace {

constexpr std::size_t k_secret_bytes_max = 64u << 10;
constexpr std::string_view k_env = "env:";
constexpr std::string_view k_file = "file:";

using Resolved = std::expected<std::string, std::string>;

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

bool is_variable_name(std::string_view name) {
    const auto follows = [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, follows);
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

Resolved from_environment(const std::string& name) {
    const std::string source = fmt::format("the environment variable {}", name);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::unexpected(source + " is not set");
    const std::string_view text(value);
    if (text.ends_with('\n') || text.ends_with('\r')) {
        return std::unexpected(source + " ends in a line end: take it out, a credential has none");
    }
    return checked(value, source);
}

Resolved from_file(const std::filesystem::path& file) {
    const std::string source = fmt::format("the file {}", in_quotes(file.string()));
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
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
    return checked(std::move(value), source);
}

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
    if (const auto fault = reference_fault(reference)) {
        return std::unexpected("the reference " + *fault);
    }
    if (reference.starts_with(k_env))
        return from_environment(std::string(reference.substr(k_env.size())));
    return from_file(reference.substr(k_file.size()));
}

}  // namespace bw::config

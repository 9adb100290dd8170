#include "credentials/aws_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/ascii.hpp"
#include "credentials/told_text.hpp"

namespace bellwether::credentials {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_blanks = " \t\r";
constexpr std::size_t k_file_bytes_max = 1u << 20;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(k_blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(k_blanks) - first + 1);
}

// A comment behind a value has white space before it.
std::string_view without_comment(std::string_view value) {
    for (std::size_t at = 1; at < value.size(); ++at) {
        const bool sign = value[at] == '#' || value[at] == ';';
        if (sign && k_blanks.find(value[at - 1]) != k_blanks.npos) return value.substr(0, at);
    }
    return value;
}

void take(AwsKeys& keys, std::string_view name, std::string_view value) {
    const std::string key = lower(name);
    if (key == "aws_access_key_id") keys.key_id = value;
    if (key == "aws_secret_access_key") keys.secret = value;
    if (key == "aws_session_token") keys.session_token = value;
}

std::string value_of(const Variables& variables, const char* name) {
    return variables(name).value_or(std::string());
}

}  // namespace

Variables process_variables() {
    return [](const char* name) -> std::optional<std::string> {
        const char* const value = std::getenv(name);
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

std::expected<AwsKeys, std::string> read_shared_credentials(std::string_view text,
                                                            std::string_view profile) {
    AwsKeys keys;
    bool within = false;
    bool seen = false;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view whole = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::string_view line = trimmed(whole);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.front() == '[') {
            std::string_view name = trimmed(line.substr(1, line.find(']') - 1));
            if (name.starts_with("profile ")) name = trimmed(name.substr(8));
            within = name == profile;
            seen = seen || within;
            continue;
        }
        const auto equals = line.find('=');
        const bool nested = k_blanks.find(whole.front()) != k_blanks.npos;
        if (!within || nested || equals == line.npos) continue;
        take(keys, trimmed(line.substr(0, equals)),
             trimmed(without_comment(line.substr(equals + 1))));
    }
    if (!seen) return std::unexpected(fmt::format("has no profile [{}]", profile));
    if (const std::string fault = fault_of(keys); !fault.empty()) {
        return std::unexpected(fmt::format("{} in its profile [{}]", fault, profile));
    }
    return keys;
}

std::string fault_of(const AwsKeys& keys) {
    if (keys.key_id.empty()) return "has no aws_access_key_id";
    if (keys.secret.empty()) return "has no aws_secret_access_key";
    const auto odd = [](std::string_view text) {
        return !text.empty() && (!fits_header(text) || text.find(' ') != text.npos);
    };
    if (odd(keys.key_id)) return "has an aws_access_key_id with a character that none has";
    if (odd(keys.secret)) return "has an aws_secret_access_key with a character that none has";
    if (odd(keys.session_token)) return "has an aws_session_token with a character that none has";
    return {};
}

std::expected<std::optional<AwsKeys>, std::string> keys_of_environment(const Variables& variables) {
    const AwsKeys keys{.key_id = value_of(variables, "AWS_ACCESS_KEY_ID"),
                       .secret = value_of(variables, "AWS_SECRET_ACCESS_KEY"),
                       .session_token = value_of(variables, "AWS_SESSION_TOKEN")};
    if (keys.key_id.empty() && keys.secret.empty()) return std::nullopt;
    if (keys.secret.empty()) {
        return std::unexpected("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
    }
    if (keys.key_id.empty()) {
        return std::unexpected("AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not");
    }
    if (const std::string fault = fault_of(keys); !fault.empty()) {
        return std::unexpected("the environment " + fault);
    }
    return keys;
}

std::expected<std::optional<AwsKeys>, std::string> keys_of_file(const Variables& variables,
                                                                std::string_view profile) {
    const std::string named = value_of(variables, "AWS_SHARED_CREDENTIALS_FILE");
    const std::string home = value_of(variables, "HOME");
    if (named.empty() && home.empty()) return std::nullopt;
    const fs::path file = named.empty() ? fs::path(home) / ".aws" / "credentials" : fs::path(named);
    std::string wanted(profile);
    if (wanted.empty()) wanted = value_of(variables, "AWS_PROFILE");
    const bool asked = !named.empty() || !wanted.empty();
    if (wanted.empty()) wanted = "default";
    auto text = read_small_file(file);
    if (!text) return asked ? std::unexpected(text.error()) : decltype(keys_of_file({}, {}))();
    auto keys = read_shared_credentials(*text, wanted);
    if (keys) return std::move(*keys);
    if (!asked && keys.error() == "has no profile [default]") return std::nullopt;
    return std::unexpected(
        fmt::format("the shared credentials file \"{}\" {}", file.string(), keys.error()));
}

std::expected<std::string, std::string> read_small_file(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text(k_file_bytes_max + 1, '\0');
    if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad() || (!stream && stream.gcount() == 0 && !stream.eof())) {
        return std::unexpected(fmt::format("the file \"{}\" cannot be read", file.string()));
    }
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > k_file_bytes_max) {
        return std::unexpected(fmt::format("the file \"{}\" holds more than 1 MiB", file.string()));
    }
    return text;
}

}  // namespace bellwether::credentials

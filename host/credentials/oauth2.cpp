#include "credentials/oauth2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/ascii.hpp"
#include "credentials/told_text.hpp"
#include "http/authority.hpp"
#include "json/value.hpp"

namespace bellwether::credentials {
namespace {

using std::chrono::seconds;

// Some endpoints write the number as text.
std::optional<seconds> lifetime_of(const json::Value& value) {
    double count = 0;
    if (const auto number = value.number()) {
        count = *number;
    } else if (value.kind() == json::Kind::string) {
        const std::string text = value.string();
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    } else {
        return k_lifetime_unsaid;
    }
    if (!std::isfinite(count) || count < 1) return std::nullopt;
    return seconds(static_cast<long>(std::min(count, double(k_lifetime_max.count()))));
}

// The endpoint's own words, from the forms of RFC 6749 and of Google's other APIs.
TokenRefusal refused(int status, const json::Value& answer,
                     std::span<const std::string_view> secrets) {
    const json::Value error = answer["error"];
    const bool nested = error.kind() == json::Kind::object;
    const std::string code = told_text((nested ? error["status"] : error).string(), secrets);
    const std::string words =
        told_text((nested ? error["message"] : answer["error_description"]).string(), secrets);
    std::string what = fmt::format("answered {}", status);
    if (!code.empty()) what += " " + code;
    if (!words.empty()) what += ": " + words;
    if (code.empty() && words.empty()) what += " without a reason";
    const bool may_pass = status >= 500 || status == 429 || status == 408 ||
                          code == "temporarily_unavailable" || code == "server_error" ||
                          code == "slow_down";
    return {.what = std::move(what), .code = code, .may_pass = may_pass, .status = status};
}

}  // namespace

TokenRequest form_request(std::string url, std::string body) {
    return {
        .url = std::move(url),
        .headers = {"content-type: application/x-www-form-urlencoded", "accept: application/json"},
        .body = std::move(body)};
}

std::expected<Token, TokenRefusal> read_token_answer(int status, std::string_view body,
                                                     std::span<const std::string_view> secrets) {
    const bool is_json = json::valid(body);
    const json::Value answer(is_json ? body : std::string_view());
    if (status != 200 || answer["error"]) {
        return std::unexpected(refused(status, answer, secrets));
    }
    const auto unusable = [&](std::string what) {
        return std::unexpected(TokenRefusal{.what = std::move(what), .status = status});
    };
    if (answer.kind() != json::Kind::object) {
        return unusable("answered 200 with a text that is no JSON object; check its URL");
    }
    std::string token = answer["access_token"].string();
    if (token.empty()) return unusable("answered 200 without an access_token");
    if (!fits_header(token) || token.find(' ') != token.npos) {
        return unusable("gave an access_token that no header can carry");
    }
    const json::Value type = answer["token_type"];
    if (type && lower(type.string()) != "bearer") {
        return unusable("gave a token of another type than Bearer");
    }
    const auto lifetime = lifetime_of(answer["expires_in"]);
    if (!lifetime) return unusable("gave an expires_in that is no number of seconds");
    return Token{.value = std::move(token), .lifetime = *lifetime};
}

std::string token_url_fault(std::string_view url) {
    constexpr std::string_view k_secure = "https://";
    constexpr std::string_view k_plain = "http://";
    const bool secure = url.starts_with(k_secure);
    if (!secure && !url.starts_with(k_plain)) return "does not begin with https://";
    url.remove_prefix(secure ? k_secure.size() : k_plain.size());
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    if (authority.find('@') != authority.npos) return "has a user in it";
    if (!http::is_authority(authority)) return "has no host";
    const auto odd = [](char c) { return c <= 0x20 || c >= 0x7F; };
    if (std::ranges::any_of(url, odd)) return "has a character in it that no URL has";
    const std::string host = lower(http::host_of(authority));
    const bool here = host == "localhost" || host == "127.0.0.1" || host == "::1";
    return secure || here ? "" : "is not encrypted: it must begin with https://";
}

}  // namespace bellwether::credentials

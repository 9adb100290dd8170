#include "credentials/sigv4.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/ascii.hpp"
#include "base/sha256.hpp"
#include "credentials/crypto.hpp"
#include "credentials/percent.hpp"
#include "http/query.hpp"

namespace bellwether::credentials {
namespace {

constexpr std::string_view k_algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view k_white_space = " \t\r\n";

// Headers that proxies, meshes or the transport may change on the way.
constexpr std::array<std::string_view, 13> k_unsigned = {
    "accept-encoding", "authorization",   "connection", "expect",     "keep-alive",
    "traceparent",     "tracestate",      "te",         "user-agent", "transfer-encoding",
    "upgrade",         "x-amzn-trace-id", "via"};

struct UrlParts {
    std::string_view scheme;
    std::string_view authority;
    std::string_view path;
    std::string_view query;
};

UrlParts parts_of(std::string_view url) {
    UrlParts parts;
    url = url.substr(0, url.find('#'));
    const auto colon = url.find("://");
    if (colon != url.npos) {
        parts.scheme = url.substr(0, colon);
        url.remove_prefix(colon + 3);
    }
    const auto end = std::min(url.find_first_of("/?"), url.size());
    parts.authority = url.substr(0, end);
    url.remove_prefix(end);
    const auto mark = std::min(url.find('?'), url.size());
    parts.path = url.substr(0, mark);
    parts.query = url.substr(std::min(mark + 1, url.size()));
    return parts;
}

// The Host header that goes out with this URL: without a port that its scheme implies.
std::string host_of(const UrlParts& url) {
    std::string_view authority = url.authority;
    const bool secure = lower(url.scheme) == "https";
    const std::string_view usual = secure ? ":443" : ":80";
    if (authority.ends_with(usual)) authority.remove_suffix(usual.size());
    return std::string(authority);
}

// The path without "." and "..", and with single slashes.
std::string plain_path(std::string_view path) {
    std::vector<std::string_view> segments;
    bool open = true;  // ends in a slash
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        const std::string_view segment = path.substr(0, end);
        open = end != path.size() || segment.empty() || segment == "." || segment == "..";
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    std::string plain = fmt::format("/{}", fmt::join(segments, "/"));
    if (open && !segments.empty()) plain += '/';
    return plain;
}

// Services encode the path that they were sent once more, whatever was encoded in it. S3 takes it
// as it is.
std::string canonical_path(std::string_view path, bool s3) {
    if (s3) return percent_encoded(http::percent_decoded(path.empty() ? "/" : path), "/");
    return percent_encoded(plain_path(path), "/");
}

std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> fields;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const std::string_view field = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (field.empty()) continue;
        const auto equals = std::min(field.find('='), field.size());
        const std::string_view value = field.substr(std::min(equals + 1, field.size()));
        const auto encoded = [](std::string_view text) {
            return percent_encoded(http::percent_decoded(text));
        };
        fields.emplace_back(encoded(field.substr(0, equals)), encoded(value));
    }
    std::ranges::sort(fields);
    std::string sorted;
    for (const auto& [name, value] : fields) {
        sorted.append(sorted.empty() ? "" : "&").append(name).append("=").append(value);
    }
    return sorted;
}

// Runs of white space become one space each; none is left at the ends.
std::string collapsed(std::string_view value) {
    std::string text;
    for (const char c : value) {
        const bool blank = k_white_space.find(c) != k_white_space.npos;
        if (!blank) {
            text += c;
        } else if (!text.empty() && text.back() != ' ') {
            text += ' ';
        }
    }
    if (text.ends_with(' ')) text.pop_back();
    return text;
}

struct CanonicalHeaders {
    std::string lines;  // "name:value\n" each
    std::string names;  // "host;x-amz-date"
};

// Values of one name stand in the order in which they are sent.
CanonicalHeaders canonical_headers(const SignedRequest& request) {
    std::map<std::string, std::string> fields;
    for (const std::string_view header : request.headers) {
        const auto colon = std::min(header.find(':'), header.size());
        const std::string name = lower(collapsed(header.substr(0, colon)));
        if (name.empty() || std::ranges::find(k_unsigned, name) != k_unsigned.end()) continue;
        const auto value = collapsed(header.substr(std::min(colon + 1, header.size())));
        const auto [field, is_first] = fields.try_emplace(name, value);
        if (!is_first) field->second.append(",").append(value);
    }
    fields.try_emplace("host", host_of(parts_of(request.url)));
    CanonicalHeaders canonical;
    for (const auto& [name, value] : fields) {
        canonical.lines.append(name).append(":").append(value).append("\n");
        canonical.names.append(canonical.names.empty() ? "" : ";").append(name);
    }
    return canonical;
}

std::string canonical_text(const SignedRequest& request, const CanonicalHeaders& headers, bool s3) {
    const UrlParts url = parts_of(request.url);
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(url.path, s3),
                       canonical_query(url.query), headers.lines, headers.names, request.body_hash);
}

std::string signature(const std::string& text, const AwsKeys& keys, const AwsScope& scope,
                      std::string_view date) {
    Sha256 key = hmac_sha256("AWS4" + keys.secret, date);
    key = hmac_sha256(bytes_of(key), scope.region);
    key = hmac_sha256(bytes_of(key), scope.service);
    key = hmac_sha256(bytes_of(key), "aws4_request");
    return to_hex(hmac_sha256(bytes_of(key), text));
}

bool is_s3(const AwsScope& scope) { return scope.service == "s3"; }

}  // namespace

std::string canonical_request(const SignedRequest& request, const AwsScope& scope) {
    return canonical_text(request, canonical_headers(request), is_s3(scope));
}

std::vector<std::string> sigv4_headers(const SignedRequest& request, const AwsKeys& keys,
                                       const AwsScope& scope, WallTime now) {
    const std::string time = compact_time(now);
    const std::string_view date = std::string_view(time).substr(0, time.find('T'));
    std::vector<std::string> added{"x-amz-date: " + time};
    if (!keys.session_token.empty()) {
        added.push_back("x-amz-security-token: " + keys.session_token);
    }
    if (request.tell_body_hash || is_s3(scope)) {
        added.push_back(fmt::format("x-amz-content-sha256: {}", request.body_hash));
    }
    std::vector<std::string> all(request.headers.begin(), request.headers.end());
    all.insert(all.end(), added.begin(), added.end());
    SignedRequest whole = request;
    whole.headers = all;
    const CanonicalHeaders headers = canonical_headers(whole);
    const std::string where =
        fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
    const std::string text =
        fmt::format("{}\n{}\n{}\n{}", k_algorithm, time, where,
                    to_hex(sha256(canonical_text(whole, headers, is_s3(scope)))));
    added.push_back(fmt::format(
        "authorization: {} Credential={}/{}, SignedHeaders={}, Signature={}", k_algorithm,
        keys.key_id, where, headers.names, signature(text, keys, scope, date)));
    return added;
}

}  // namespace bellwether::credentials

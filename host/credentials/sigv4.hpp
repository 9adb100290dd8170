// AWS Signature Version 4: from a request as it will be sent to the headers that prove who sends
// it. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "credentials/utc.hpp"

namespace bellwether::credentials {

struct AwsKeys {
    std::string key_id;
    std::string secret;         // never printed
    std::string session_token;  // of temporary keys; else empty. Never printed

    bool operator==(const AwsKeys&) const = default;
};

struct AwsScope {
    std::string region;   // "us-east-1"
    std::string service;  // "bedrock"; "s3" signs paths in its own way
};

// A body that is not known yet when its request is signed, where the service allows that.
inline constexpr std::string_view k_unsigned_payload = "UNSIGNED-PAYLOAD";

// What is signed. Only the transport may add headers afterwards.
struct SignedRequest {
    std::string_view method;
    std::string_view url;                  // absolute; what the service is asked for
    std::span<const std::string> headers;  // "name: value"
    std::string_view body_hash;            // SHA-256 in hexadecimal, or k_unsigned_payload
    // Says the hash in the header x-amz-content-sha256, too. S3 wants it and is given it always.
    bool tell_body_hash = false;
};

// The headers to add, "name: value": x-amz-date, x-amz-security-token for temporary keys,
// x-amz-content-sha256 where it is told, and authorization. Headers that the network on the way may
// change, such as user-agent or traceparent, are left unsigned.
std::vector<std::string> sigv4_headers(const SignedRequest& request, const AwsKeys& keys,
                                       const AwsScope& scope, WallTime now);

// The text whose hash is signed, for a service that says "signature does not match" and shows the
// text that it has computed. It contains no secret but the session token. `request` must have all
// headers that are signed.
std::string canonical_request(const SignedRequest& request, const AwsScope& scope);

}  // namespace bellwether::credentials

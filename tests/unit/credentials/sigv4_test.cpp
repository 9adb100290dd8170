// The vectors are those of AWS's own test suite for the signature (Apache-2.0, awslabs/aws-c-auth):
// each gives a request and the signature that a service expects of it.
#include "credentials/sigv4.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.hpp"

namespace bellwether::credentials {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const WallTime k_time = *read_rfc3339("2015-08-30T12:36:00Z");
const std::string k_token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";

AwsKeys keys(std::string token = {}) {
    return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", std::move(token)};
}

struct Vector {
    std::string name;
    std::string method = "GET";
    std::string target = "/";
    std::vector<std::string> headers = {};
    std::string names = "host;x-amz-date";
    std::string signature;
    std::string body = {};
    std::string token = {};
};

void PrintTo(const Vector& vector, std::ostream* out) { *out << vector.name; }

std::vector<std::string> sign(const Vector& vector, std::string service = "service") {
    const std::string url = "https://example.amazonaws.com" + vector.target;
    const std::string hash = to_hex(sha256(vector.body));
    const SignedRequest request{.method = vector.method,
                                .url = url,
                                .headers = vector.headers,
                                .body_hash = hash,
                                .tell_body_hash = !vector.body.empty()};
    return sigv4_headers(request, keys(vector.token), {"us-east-1", std::move(service)}, k_time);
}

class SigV4Suite : public ::testing::TestWithParam<Vector> {};

TEST_P(SigV4Suite, SignsAsTheServiceExpects) {
    const auto headers = sign(GetParam());
    EXPECT_EQ(headers.front(), "x-amz-date: 20150830T123600Z");
    EXPECT_EQ(headers.back(),
              "authorization: AWS4-HMAC-SHA256 "
              "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
                  GetParam().names + ", Signature=" + GetParam().signature);
}

const std::string k_unreserved_path =
    "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const std::string k_plain = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const std::string k_plain_post = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
const std::string k_one_header = "host;my-header1;x-amz-date";
const std::string k_form_headers =
    "content-length;content-type;host;x-amz-content-sha256;x-amz-date";

INSTANTIATE_TEST_SUITE_P(
    Paths, SigV4Suite,
    ::testing::Values(
        Vector{.name = "get-vanilla", .signature = k_plain},
        Vector{.name = "no path", .target = "", .signature = k_plain},
        Vector{.name = "get-relative", .target = "/example/..", .signature = k_plain},
        Vector{.name = "get-relative-relative",
               .target = "/example1/example2/../..",
               .signature = k_plain},
        Vector{.name = "get-slash", .target = "//", .signature = k_plain},
        Vector{.name = "get-slash-dot-slash", .target = "/./", .signature = k_plain},
        Vector{.name = "get-slash-pointless-dot",
               .target = "/./example",
               .signature = "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
        Vector{.name = "get-slashes",
               .target = "//example//",
               .signature = "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
        Vector{.name = "get-space",
               .target = "/example space/",
               .signature = "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
        Vector{.name = "get-unreserved",
               .target = "/" + k_unreserved_path,
               .signature = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
        Vector{.name = "get-utf8",
               .target = "/\u1234",
               .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"}));

INSTANTIATE_TEST_SUITE_P(
    Queries, SigV4Suite,
    ::testing::Values(
        Vector{.name = "get-vanilla-empty-query-key",
               .target = "/?Param1=value1",
               .signature = "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
        Vector{.name = "get-vanilla-query-order-key-case",
               .target = "/?Param2=value2&Param1=value1",
               .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        Vector{.name = "get-vanilla-query-order-key",
               .target = "/?Param1=value2&Param1=Value1",
               .signature = "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
        Vector{.name = "get-vanilla-query-order-value",
               .target = "/?Param1=value2&Param1=value1",
               .signature = "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
        Vector{.name = "get-vanilla-query-order-encoded",
               .target = "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
               .signature = "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
        Vector{.name = "get-vanilla-query-unreserved",
               .target = "/?" + k_unreserved_path + "=" + k_unreserved_path,
               .signature = "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
        Vector{.name = "get-vanilla-utf8-query",
               .target = "/?\u1234=bar",
               .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        Vector{.name = "post-vanilla-query",
               .method = "POST",
               .target = "/?Param1=value1",
               .signature = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"}));

INSTANTIATE_TEST_SUITE_P(
    Headers, SigV4Suite,
    ::testing::Values(
        Vector{.name = "get-header-key-duplicate",
               .headers = {"Host:example.amazonaws.com", "My-Header1:value2", "My-Header1:value2",
                           "My-Header1:value1"},
               .names = k_one_header,
               .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        Vector{.name = "get-header-value-multiline",
               .headers = {"My-Header1:value1\n  value2\n     value3"},
               .names = k_one_header,
               .signature = "cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd"},
        Vector{.name = "get-header-value-order",
               .headers = {"My-Header1:value4", "My-Header1:value1", "My-Header1:value3",
                           "My-Header1:value2"},
               .names = k_one_header,
               .signature = "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
        Vector{.name = "get-header-value-trim",
               .headers = {"My-Header1: value1", "My-Header2: \"a   b   c\""},
               .names = "host;my-header1;my-header2;x-amz-date",
               .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        Vector{.name = "post-header-key-sort",
               .method = "POST",
               .headers = {"My-Header1:value1"},
               .names = k_one_header,
               .signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
        Vector{.name = "post-header-value-case",
               .method = "POST",
               .headers = {"My-Header1:VALUE1"},
               .names = k_one_header,
               .signature = "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
        Vector{.name = "what may change on the way",
               .method = "POST",
               .headers = {"User-Agent: bellwether", "traceparent: 00-1-2-00"},
               .signature = k_plain_post}));

INSTANTIATE_TEST_SUITE_P(
    BodiesAndTokens, SigV4Suite,
    ::testing::Values(
        Vector{.name = "post-vanilla", .method = "POST", .signature = k_plain_post},
        Vector{.name = "post-x-www-form-urlencoded",
               .method = "POST",
               .headers = {"Content-Type:application/x-www-form-urlencoded", "Content-Length:13"},
               .names = k_form_headers,
               .signature = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
               .body = "Param1=value1"},
        Vector{.name = "post-x-www-form-urlencoded-parameters",
               .method = "POST",
               .headers = {"Content-Type:application/x-www-form-urlencoded; charset=utf-8",
                           "Content-Length:13"},
               .names = k_form_headers,
               .signature = "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
               .body = "Param1=value1"},
        Vector{.name = "get-vanilla-with-session-token",
               .names = "host;x-amz-date;x-amz-security-token",
               .signature = "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
               .token = k_token},
        Vector{.name = "post-sts-header-before",
               .method = "POST",
               .names = "host;x-amz-date;x-amz-security-token",
               .signature = "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
               .token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWs"
                        "KWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/"
                        "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75Y"
                        "U9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+sc"
                        "qKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="}));

TEST(SigV4, TemporaryKeysSendTheirToken) {
    EXPECT_THAT(sign({.token = k_token}), Contains("x-amz-security-token: " + k_token));
}

TEST(SigV4, WhatStandsEncodedInAPathIsEncodedOnceMore) {
    const SignedRequest request{
        .method = "POST",
        .url = "https://bedrock-runtime.us-east-1.amazonaws.com:443/model/a.b-v1%3A0/converse",
        .body_hash = "h"};
    EXPECT_EQ(canonical_request(request, {"us-east-1", "bedrock"}),
              "POST\n/model/a.b-v1%253A0/converse\n\n"
              "host:bedrock-runtime.us-east-1.amazonaws.com\n\nhost\nh");
}

TEST(SigV4, APortOfItsOwnIsPartOfTheHost) {
    const SignedRequest request{.method = "GET", .url = "http://127.0.0.1:8080?a#b"};
    EXPECT_THAT(canonical_request(request, {"r", "s"}),
                StartsWith("GET\n/\na=\nhost:127.0.0.1:8080\n"));
}

TEST(SigV4, S3TakesAPathAsItIsAndWantsTheBodysHash) {
    const auto headers = sign({.target = "/a//../b%20c"}, "s3");
    EXPECT_THAT(headers, ElementsAre(StartsWith("x-amz-date: "),
                                     "x-amz-content-sha256: " + to_hex(sha256("")),
                                     HasSubstr("SignedHeaders=host;x-amz-content-sha256;")));
    const SignedRequest request{.method = "GET", .url = "https://b.s3.amazonaws.com/a//../b%20c"};
    EXPECT_THAT(canonical_request(request, {"us-east-1", "s3"}),
                StartsWith("GET\n/a//../b%20c\n\n"));
}

}  // namespace
}  // namespace bellwether::credentials

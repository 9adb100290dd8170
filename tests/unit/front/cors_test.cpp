// What pages of other origins are told.
#include "front/cors.hpp"

#include <gmock/gmock.h>

namespace bellwether::front {
namespace {

using testing::HasSubstr;
using testing::Not;

const Origins k_one{"https://app.example"};
const Origins k_all{"https://app.example", "*"};

http::IncomingRequest request(std::vector<http::Field> fields, std::string_view method = "POST") {
    http::IncomingRequest made;
    made.method = method;
    made.fields = std::move(fields);
    return made;
}

TEST(Cors, NothingUnlessOriginsAreNamed) {
    EXPECT_EQ(cors_headers(request({{"origin", "https://app.example"}}), {}), "");
    EXPECT_FALSE(is_preflight(
        request({{"origin", "https://app.example"}, {"access-control-request-method", "POST"}},
                "OPTIONS"),
        {}));
}

TEST(Cors, ANamedOriginMayReadTheAnswer) {
    const std::string headers = cors_headers(request({{"origin", "https://app.example"}}), k_one);
    EXPECT_THAT(headers, HasSubstr("access-control-allow-origin: https://app.example\r\n"));
    EXPECT_THAT(headers, HasSubstr("vary: origin\r\n"));
    for (const auto* name : {"x-request-id", "retry-after", "x-ratelimit-remaining-tokens",
                             "x-bellwether-provider", "x-bellwether-cost"}) {
        EXPECT_THAT(headers, HasSubstr(name));
    }
}

// The answer to one page must not be taken out of a cache for another.
TEST(Cors, AnotherOriginGetsNone) {
    for (const auto* other : {"https://evil.example", "http://app.example", "https://app.example/",
                              "https://APP.example", "https://app.example:8443", "null", ""}) {
        EXPECT_EQ(cors_headers(request({{"origin", other}}), k_one), "vary: origin\r\n") << other;
    }
    EXPECT_EQ(cors_headers(request({}), k_one), "vary: origin\r\n");
    EXPECT_EQ(cors_headers(request({{"origin", "https://app.example"}, {"origin", "https://x.y"}}),
                           k_one),
              "vary: origin\r\n");
}

TEST(Cors, AStarIsForEverybody) {
    for (const auto* origin : {"https://evil.example", "null", ""}) {
        EXPECT_THAT(cors_headers(request({{"origin", origin}}), k_all),
                    HasSubstr("access-control-allow-origin: *\r\n"));
    }
}

TEST(Cors, APreflightHasItsThreeSigns) {
    const std::vector<http::Field> fields{{"origin", "https://app.example"},
                                          {"access-control-request-method", "POST"}};
    EXPECT_TRUE(is_preflight(request(fields, "OPTIONS"), k_one));
    EXPECT_FALSE(is_preflight(request(fields, "POST"), k_one));
    EXPECT_FALSE(is_preflight(request({fields[0]}, "OPTIONS"), k_one));
    EXPECT_FALSE(is_preflight(request({fields[1]}, "OPTIONS"), k_one));
    EXPECT_FALSE(
        is_preflight(request({{"origin", "https://evil.example"}, fields[1]}, "OPTIONS"), k_one));
}

TEST(Cors, APreflightMayHaveAnyHeaderThatItAsksFor) {
    const Answer answer = preflight_answer(
        request({{"access-control-request-headers", "authorization,Content-Type , x-stainless-os"},
                 {"access-control-request-headers", "x y, a\"b, ,x-last"}}));
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.content_type, "");
    EXPECT_THAT(answer.headers,
                HasSubstr("access-control-allow-headers: authorization, Content-Type, "
                          "x-stainless-os, x-last\r\n"));
    EXPECT_THAT(answer.headers, HasSubstr("access-control-allow-methods: GET, HEAD, POST\r\n"));
    EXPECT_THAT(answer.headers, HasSubstr("access-control-max-age: "));
    EXPECT_THAT(answer.headers, Not(HasSubstr("private-network")));
}

TEST(Cors, WhatIsRepeatedIsBounded) {
    std::string many;
    for (int i = 0; i < 1'000; ++i) many += "x-header,";
    const Answer answer = preflight_answer(request({{"access-control-request-headers", many}}));
    EXPECT_LT(answer.headers.size(), 3'000u);
}

TEST(Cors, APrivateNetworkIsAgreedToWhenAskedFor) {
    EXPECT_THAT(
        preflight_answer(request({{"access-control-request-private-network", "true"}})).headers,
        HasSubstr("access-control-allow-private-network: true\r\n"));
}

}  // namespace
}  // namespace bellwether::front

// What is asked of a head besides being HTTP: a name that is this host's, and a body that is JSON.
#include "front/http_request.hpp"

#include <gtest/gtest.h>

namespace bellwether::front {
namespace {

http::IncomingRequest post() {
    return {.method = "POST",
            .target = "/v1/chat/completions",
            .path = "/v1/chat/completions",
            .authority = "localhost",
            .fields = {{"content-type", "application/json"}}};
}

int status(const std::optional<http::Refusal>& refused) { return refused ? refused->status : 200; }

int status_by_name(std::string_view authority, bool loopback, const config::Front& front) {
    http::IncomingRequest request = post();
    request.authority = authority;
    return status(check_host(request, loopback, front));
}

// What a web page may post without asking first is not taken.
TEST(CheckHead, ABodyIsDeclaredAsJson) {
    for (const char* type : {"application/json", "Application/JSON",
                             "application/json; charset=utf-8", "application/json ;x"}) {
        http::IncomingRequest request = post();
        request.fields = {{"content-type", type}};
        EXPECT_EQ(status(check_content_type(request)), 200) << type;
    }
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data", "application/jsonx", ""}) {
        http::IncomingRequest request = post();
        request.fields = {{"content-type", type}};
        EXPECT_EQ(status(check_content_type(request)), 415) << type;
    }
    http::IncomingRequest none = post();
    none.fields.clear();
    EXPECT_EQ(status(check_content_type(none)), 415);
    none.method = "GET";
    EXPECT_EQ(status(check_content_type(none)), 200);
}

// A web page whose name leads here must not be answered.
TEST(CheckHead, OnLoopbackOnlyNamesThatNobodyElseCanHave) {
    const auto of = [](std::string_view authority, const config::Front& front = {}) {
        return status_by_name(authority, true, front);
    };
    for (const char* own : {"localhost", "LOCALHOST:4141", "localhost.", "api.localhost:1", "",
                            "127.0.0.1", "127.0.0.1:4141", "[::1]:4141", "[::1]", "10.1.2.3"}) {
        EXPECT_EQ(of(own), 200) << own;
    }
    for (const char* other : {"example.com", "localhost.example.com", "notlocalhost", "x:4141",
                              "127.0.0.1.example.com", "1e100.net"}) {
        EXPECT_EQ(of(other), 421) << other;
    }
    config::Front named;
    named.hosts = {"gateway.example.com"};
    EXPECT_EQ(of("Gateway.Example.com:80", named), 200);
    EXPECT_EQ(of("example.com", named), 421);
}

// Where a page would need a client key, too, the operator's list counts, if there is one.
TEST(CheckHead, BeyondLoopbackOnlyNamesOfTheListIfThereIsOne) {
    EXPECT_EQ(status_by_name("example.com", false, {}), 200);
    config::Front named;
    named.hosts = {"gateway.example.com"};
    EXPECT_EQ(status_by_name("gateway.example.com:443", false, named), 200);
    EXPECT_EQ(status_by_name("10.1.2.3:4141", false, named), 200);
    EXPECT_EQ(status_by_name("example.com", false, named), 421);
}

TEST(CheckHead, ARefusalHasTheEnvelope) {
    const ErrorReply wrong = error_reply(http::malformed("No."));
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(wrong.body, R"({"error":{"message":"No.","type":"invalid_request_error",)"
                          R"("param":null,"code":"malformed_request"}})");
    const ErrorReply full = error_reply({.status = 503, .code = "too_many_connections"});
    EXPECT_NE(full.body.find("server_error"), std::string::npos);
    EXPECT_EQ(full.headers, "retry-after: 1\r\n");
}

}  // namespace
}  // namespace bellwether::front

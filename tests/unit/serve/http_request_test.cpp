// Heads that two readers could understand differently are refused, and bodies that are not JSON.
#include "serve/http_request.hpp"

#include <gtest/gtest.h>

namespace bw::serve {
namespace {

namespace http = boost::beast::http;

HttpRequest post() {
    HttpRequest request(http::verb::post, "/v1/chat/completions", 11);
    request.set(http::field::host, "localhost");
    request.set(http::field::content_type, "application/json");
    return request;
}

int status(const HttpRequest& request) {
    const auto refused = check_head(request);
    return refused ? refused->status : 200;
}

TEST(CheckHead, LetsAPlainRequestPass) {
    EXPECT_EQ(status(post()), 200);
    HttpRequest chunked = post();
    chunked.set(http::field::transfer_encoding, "Chunked");
    EXPECT_EQ(status(chunked), 200);
}

TEST(CheckHead, ATransferCodingIsChunkedOrNothing) {
    for (const char* coding : {"xchunked", "chunked, identity", "gzip, chunked", "identity", ""}) {
        HttpRequest request = post();
        request.set(http::field::transfer_encoding, coding);
        EXPECT_EQ(status(request), 501) << coding;
    }
    HttpRequest twice = post();
    twice.insert(http::field::transfer_encoding, "chunked");
    twice.insert(http::field::transfer_encoding, "chunked");
    EXPECT_EQ(status(twice), 501);
}

TEST(CheckHead, LengthAndChunksTogetherAreAnAttack) {
    HttpRequest request = post();
    request.set(http::field::transfer_encoding, "chunked");
    request.set(http::field::content_length, "5");
    EXPECT_EQ(status(request), 400);
}

TEST(CheckHead, ThereAreNoChunksInHttp10) {
    HttpRequest request = post();
    request.version(10);
    request.set(http::field::transfer_encoding, "chunked");
    EXPECT_EQ(status(request), 400);
}

TEST(CheckHead, OneHostNoMoreNoLess) {
    HttpRequest none = post();
    none.erase(http::field::host);
    EXPECT_EQ(status(none), 400);
    none.version(10);
    EXPECT_EQ(status(none), 200);
    HttpRequest two = post();
    two.insert(http::field::host, "other");
    EXPECT_EQ(status(two), 400);
}

// What a web page may post without asking first is not taken.
TEST(CheckHead, ABodyIsDeclaredAsJson) {
    for (const char* type : {"application/json", "Application/JSON",
                             "application/json; charset=utf-8", "application/json ;x"}) {
        HttpRequest request = post();
        request.set(http::field::content_type, type);
        EXPECT_EQ(status(request), 200) << type;
    }
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data", "application/jsonx", ""}) {
        HttpRequest request = post();
        request.set(http::field::content_type, type);
        EXPECT_EQ(status(request), 415) << type;
    }
    HttpRequest none = post();
    none.erase(http::field::content_type);
    EXPECT_EQ(status(none), 415);
    none.method(http::verb::get);
    EXPECT_EQ(status(none), 200);
}

}  // namespace
}  // namespace bw::serve

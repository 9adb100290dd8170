// The rules that the host and the testing host share: what passes a plugin's own tests is not
// refused in service.
#include <bellwether/provider/rules.hpp>
#include <bellwether/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bellwether/provider.hpp>

namespace {

using bw::rules::check_emit;
using bw::rules::check_header;
using bw::rules::check_send;
using bw::rules::Conduct;
using bw::rules::Phase;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNull;
using ::testing::StrEq;

constexpr const char* k_origin = "https://x.test:443";

Conduct opening(bool sent = false) {
    Conduct conduct;
    conduct.phase = Phase::opening;
    conduct.sent = sent;
    return conduct;
}

Conduct emitting(bool stream, bool replied = false) {
    Conduct conduct;
    conduct.phase = Phase::emitting;
    conduct.stream = stream;
    conduct.replied = replied;
    return conduct;
}

TEST(Rules, SendGoesOnceAndOnlyToTheOriginOfBaseUrl) {
    EXPECT_THAT(check_send(opening(), "POST", "https://X.test/v1", BW_FRAME_SSE, k_origin),
                IsNull());
    EXPECT_THAT(check_send(opening(), "GET", "https://x.test:443/", BW_FRAME_RAW, k_origin),
                IsNull());
    EXPECT_THAT(check_send({}, "GET", "https://x.test/", BW_FRAME_RAW, k_origin),
                StrEq("send outside call_open"));
    EXPECT_THAT(check_send(opening(true), "GET", "https://x.test/", BW_FRAME_RAW, k_origin),
                StrEq("send called twice"));
    EXPECT_THAT(check_send(opening(), "PUT", "https://x.test/", BW_FRAME_RAW, k_origin),
                StrEq("send with a method other than GET or POST"));
    EXPECT_THAT(check_send(opening(), "GET", "https://x.test/", 4, k_origin),
                StrEq("send with an unknown frame kind"));
    EXPECT_THAT(check_send(opening(), "GET", "https://x.test/a b", BW_FRAME_RAW, k_origin),
                StrEq("send with a malformed URL"));
    for (const char* url : {"http://x.test/", "https://y.test/", "https://x.test:8/", "/v1",
                            "https://x.test@y.test/"}) {
        EXPECT_THAT(check_send(opening(), "GET", url, BW_FRAME_RAW, k_origin),
                    StrEq("send to another origin than the provider's base_url"))
            << url;
    }
    EXPECT_THAT(check_send(opening(), "GET", "https://x.test/", BW_FRAME_RAW, ""),
                StrEq("send to another origin than the provider's base_url"));
}

TEST(Rules, HeadersAreWellFormedAndNotTheHosts) {
    EXPECT_THAT(check_header(opening(true), "User-Agent", "mine/1"), IsNull());
    EXPECT_THAT(check_header(opening(), "x-a", "b"), StrEq("send_header before send"));
    for (const char* name : {"", "a b", "a:", "x\x7f"}) {
        EXPECT_THAT(check_header(opening(true), name, "b"),
                    StrEq("send_header with a malformed field"));
    }
    for (const char* value : {"a\nb", "a\r", "\x01"}) {
        EXPECT_THAT(check_header(opening(true), "x-a", value),
                    StrEq("send_header with a malformed field"));
    }
    for (const char* name : {"Host", "content-length", "Expect", "accept-encoding", "TE"}) {
        EXPECT_THAT(check_header(opening(true), name, "b"),
                    StrEq("send_header with a framing header"));
    }
}

constexpr const char* k_reply = R"({"id":"x","choices":[{"index":0}]})";

TEST(Rules, EmittedPiecesLookLikeReplies) {
    for (const char* good : {k_reply, R"({"data":[]})", R"({"choices":[1]})"}) {
        EXPECT_THAT(check_emit(emitting(false), BW_EMIT_REPLY, good), IsNull()) << good;
    }
    for (const char* bad :
         {"{}", R"({"choices":[ ]})", R"({"choices":{}})", R"({"message":[1]})"}) {
        EXPECT_THAT(check_emit(emitting(false), BW_EMIT_REPLY, bad),
                    StrEq("emit of a reply without choices or data"))
            << bad;
    }
    for (const char* good : {k_reply, R"({"choices":[]})"}) {
        EXPECT_THAT(check_emit(emitting(true), BW_EMIT_CHUNK, good), IsNull()) << good;
    }
    for (const char* bad : {"{}", R"({"data":[1]})", R"({"choices":null})"}) {
        EXPECT_THAT(check_emit(emitting(true), BW_EMIT_CHUNK, bad),
                    StrEq("emit of a chunk without choices"))
            << bad;
    }
    for (const char* bad : {"[]", "\"x\"", "null", "1"}) {
        EXPECT_THAT(check_emit(emitting(true), BW_EMIT_CHUNK, bad),
                    StrEq("emit of JSON that is not an object"))
            << bad;
    }
    for (const char* bad : {"", "{", "{}x", R"({"choices":[})"}) {
        EXPECT_THAT(check_emit(emitting(false), BW_EMIT_REPLY, bad),
                    StrEq("emit of text that is not valid JSON"))
            << bad;
    }
}

TEST(Rules, EmittedPiecesFitTheRequest) {
    EXPECT_THAT(check_emit(emitting(false), BW_EMIT_REPLY, k_reply), IsNull());
    EXPECT_THAT(check_emit(emitting(true, true), BW_EMIT_CHUNK, k_reply), IsNull());
    EXPECT_THAT(check_emit(emitting(true), BW_EMIT_USAGE, "{}"), IsNull());
    EXPECT_THAT(check_emit({}, BW_EMIT_REPLY, "{}"),
                StrEq("emit outside call_data, call_end and step"));
    EXPECT_THAT(check_emit(emitting(false), 3, "{}"), StrEq("emit with an unknown kind"));
    EXPECT_THAT(check_emit(emitting(true), BW_EMIT_REPLY, "{}"),
                StrEq("emit of a kind that does not fit the request"));
    EXPECT_THAT(check_emit(emitting(false), BW_EMIT_CHUNK, "{}"),
                StrEq("emit of a kind that does not fit the request"));
    EXPECT_THAT(check_emit(emitting(false, true), BW_EMIT_REPLY, "{}"),
                StrEq("emit of a second reply"));
}

// Sends what it is told to, and emits nothing.
struct Silent {
    explicit Silent(const bw::Setup& setup) : url(setup.base_url() + "/") {}
    struct Call {
        Call(Silent& silent, const bw::Request&, bw::Exchange exchange) {
            exchange.send("POST", silent.url, bw::Frame::sse).body("{}");
        }
        void data(const bw::Frame&) {}
    };
    std::string url;
};

std::vector<std::string> broken_rules(const char* base_url, bool stream) {
    bw::testing::FakeHost host;
    bw::testing::Instance silent(host, bw::plugin_table<Silent>("test.silent", "1", "{}"),
                                 "{\"base_url\":" + bw::json::quote(base_url) + "}");
    bw::testing::Asked asked;
    asked.stream = stream;
    silent.call(asked, {200, {}, "data: {}\n\n"});
    return host.misbehaviours;
}

// The host answers such a call with "ended its answer without a reply".
TEST(Rules, TheTestingHostSeesAStreamWithoutAnything) {
    for (const bool stream : {false, true}) {
        EXPECT_THAT(broken_rules("https://x.test", stream),
                    ElementsAre("the call ended well without a reply"));
    }
}

// The host asks for a URL of http or https.
TEST(Rules, TheTestingHostKnowsWhatAnOriginIs) {
    EXPECT_THAT(broken_rules("ftp://x.test", true),
                ElementsAre("send to another origin than the provider's base_url",
                            "the call ended well without a reply"));
}

}  // namespace

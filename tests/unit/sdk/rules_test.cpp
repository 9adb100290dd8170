// The rules that the host and the testing host share: what passes a plugin's own tests is not
// refused in service.
#include <bellwether/provider/rules.hpp>
#include <bellwether/testing/fake_host.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bellwether/provider.hpp>
#include <cstring>
#include <string>

namespace {

using bw::rules::Conduct;
using bw::rules::Phase;
using bw::rules::Verdict;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StrEq;

Conduct in(Phase phase, bool stream = false, bool replied = false) {
    Conduct conduct;
    conduct.phase = phase;
    conduct.stream = stream;
    conduct.replied = replied;
    return conduct;
}

bw_str str(const char* text) { return {text, std::strlen(text)}; }
std::string said(const Verdict& verdict) { return verdict.ok() ? "" : verdict.why; }

// A request that is sent in call_open, changed by the test.
struct Sent {
    explicit Sent(const char* method = "POST", const char* url = "https://x.test/v1") {
        request.size = sizeof request;
        request.method = str(method);
        request.url = str(url);
    }
    std::string check(Conduct conduct = in(Phase::opening), bool own_origin = true) const {
        return said(bw::rules::check_send(conduct, request, own_origin));
    }
    std::string with_header(const char* name, const char* value) {
        const bw_header header = {str(name), str(value)};
        request.headers = &header;
        request.header_count = 1;
        return check();
    }
    bw_send request = {};
};

TEST(Rules, SendGoesOnceInCallOpenAndInCallEndAndOnlyWhereItMay) {
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        EXPECT_EQ(Sent(method).check(), "");
    }
    EXPECT_EQ(Sent().check(in(Phase::ending)), "");
    for (const Phase phase : {Phase::waiting, Phase::heading, Phase::receiving, Phase::closing}) {
        EXPECT_EQ(Sent().check(in(phase)), "send outside call_open and call_end");
    }
    Conduct twice = in(Phase::opening);
    twice.sent = true;
    EXPECT_EQ(Sent().check(twice), "send called twice");
    EXPECT_EQ(Sent("TRACE").check(),
              "send with a method other than GET, POST, PUT, PATCH and DELETE");
    EXPECT_EQ(Sent("GET", "https://x.test/a b").check(), "send with a malformed URL");
    EXPECT_EQ(Sent().check(in(Phase::opening), false),
              "send to an origin that the provider may not talk to");
}

TEST(Rules, WhatAHostCannotDoIsNoBugOfThePlugin) {
    Sent sent;
    sent.request.frame = 99;
    EXPECT_EQ(bw::rules::check_send(in(Phase::opening), sent.request, true).status,
              BW_E_UNSUPPORTED);
    sent = Sent();
    sent.request.must = 1;
    EXPECT_EQ(bw::rules::check_send(in(Phase::opening), sent.request, true).status,
              BW_E_UNSUPPORTED);
    sent.request.must = 0;
    sent.request.flags = ~0u;
    EXPECT_EQ(sent.check(), "") << "an unknown flag is passed over";
}

TEST(Rules, AnOriginIsSchemeHostAndPort) {
    EXPECT_EQ(bw::rules::origin("https://X.test/v1"), "https://x.test:443");
    EXPECT_EQ(bw::rules::origin("http://x.test:8/"), "http://x.test:8");
    for (const char* url : {"/v1", "ftp://x.test", "https://x.test@y.test/", "https://"}) {
        EXPECT_EQ(bw::rules::origin(url), "") << url;
    }
}

TEST(Rules, HeadersAreWellFormedAndNotTheHosts) {
    EXPECT_EQ(Sent().with_header("User-Agent", "mine/1"), "");
    for (const char* name : {"", "a b", "a:", "x\x7f"}) {
        EXPECT_EQ(Sent().with_header(name, "b"), "send with a malformed header");
    }
    for (const char* value : {"a\nb", "a\r", "\x01"}) {
        EXPECT_EQ(Sent().with_header("x-a", value), "send with a malformed header");
    }
    for (const char* name : {"Host", "content-length", "Expect", "accept-encoding", "TE"}) {
        EXPECT_EQ(Sent().with_header(name, "b"), "send with a framing header");
    }
}

std::string emitted(const Conduct& conduct, std::uint32_t kind, const char* json) {
    bw_emit piece = {};
    piece.size = sizeof piece;
    piece.kind = kind;
    piece.data = str(json);
    return said(bw::rules::check_emit(conduct, piece));
}

constexpr const char* k_reply = R"({"id":"x","choices":[{"index":0}]})";

TEST(Rules, EmittedPiecesLookLikeReplies) {
    const Conduct plain = in(Phase::receiving);
    const Conduct stream = in(Phase::receiving, true);
    for (const char* good : {k_reply, R"({"data":[]})", R"({"choices":[1]})"}) {
        EXPECT_EQ(emitted(plain, BW_EMIT_REPLY, good), "") << good;
    }
    for (const char* bad :
         {"{}", R"({"choices":[ ]})", R"({"choices":{}})", R"({"message":[1]})"}) {
        EXPECT_EQ(emitted(plain, BW_EMIT_REPLY, bad), "emit of a reply without choices or data")
            << bad;
    }
    for (const char* good : {k_reply, R"({"choices":[]})"}) {
        EXPECT_EQ(emitted(stream, BW_EMIT_CHUNK, good), "") << good;
    }
    for (const char* bad : {"{}", R"({"data":[1]})", R"({"choices":null})"}) {
        EXPECT_EQ(emitted(stream, BW_EMIT_CHUNK, bad), "emit of a chunk without choices") << bad;
    }
    for (const char* bad : {"[]", "\"x\"", "null", "1"}) {
        EXPECT_EQ(emitted(stream, BW_EMIT_CHUNK, bad), "emit of JSON that is not an object") << bad;
    }
    for (const char* bad : {"", "{", "{}x", R"({"choices":[})"}) {
        EXPECT_EQ(emitted(plain, BW_EMIT_REPLY, bad), "emit of text that is not valid JSON") << bad;
    }
}

TEST(Rules, EmittedPiecesFitTheRequest) {
    for (const Phase phase : {Phase::opening, Phase::heading, Phase::ending, Phase::stepping}) {
        EXPECT_EQ(emitted(in(phase), BW_EMIT_REPLY, k_reply), "");
    }
    EXPECT_EQ(emitted(in(Phase::receiving, true, true), BW_EMIT_CHUNK, k_reply), "");
    EXPECT_EQ(emitted(in(Phase::receiving, true), BW_EMIT_USAGE, "{}"), "");
    for (const Phase phase : {Phase::waiting, Phase::closing}) {
        EXPECT_EQ(emitted(in(phase), BW_EMIT_REPLY, k_reply),
                  "emit outside a call, or in call_close");
    }
    EXPECT_EQ(emitted(in(Phase::receiving, true), BW_EMIT_REPLY, k_reply),
              "emit of a kind that does not fit the request");
    EXPECT_EQ(emitted(in(Phase::receiving), BW_EMIT_CHUNK, k_reply),
              "emit of a kind that does not fit the request");
    EXPECT_EQ(emitted(in(Phase::receiving, false, true), BW_EMIT_REPLY, k_reply),
              "emit of a second reply");
}

// Sends what it is told to, and emits nothing.
struct Silent {
    explicit Silent(const bw::Setup& setup) : url(setup.base_url() + "/") {}
    struct Call : bw::NoHead, bw::NoEnd {
        Call(Silent& silent, const bw::Request&, bw::Attempt attempt) {
            attempt.send(bw::Send("POST", silent.url).frame(bw::Frame::sse).body("{}"));
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
                ElementsAre("send to an origin that the provider may not talk to"));
}

}  // namespace

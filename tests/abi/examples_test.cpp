// The example plugins and the throwing one, as files, driven by the testing host.
#include <gtest/gtest.h>

#include <bellwether/testing/fake_host.hpp>
#include <string>

namespace {

using namespace bw::testing;

const std::string k_folder = BELLWETHER_TEST_PLUGIN_DIR;

class Examples : public ::testing::Test {
  protected:
    void TearDown() override {
        for (const std::string& rule : host.misbehaviours) ADD_FAILURE() << rule;
    }
    FakeHost host;
};

TEST_F(Examples, MinimalC) {
    const Library library(k_folder + "/minimal_c.so");
    Instance minimal(host, library.table(), R"({"name":"m","base_url":"https://x.test/chat"})");
    ASSERT_FALSE(minimal.error());
    const Result result = minimal.call({}, {200, {}, R"({"choices":[1]})"}, 1);
    EXPECT_EQ(result.reply(), R"({"choices":[1]})");
    EXPECT_EQ(result.sent.url, "https://x.test/chat");
    EXPECT_EQ(minimal.call({}, {500, {}, "no"}).status(), BW_E_UPSTREAM);
    Asked stream;
    stream.stream = true;
    EXPECT_EQ(minimal.call(stream).status(), BW_E_UNSUPPORTED);
    Instance nowhere(host, library.table(), "{}");
    EXPECT_EQ(nowhere.error().value().status, BW_E_INVALID);
}

TEST_F(Examples, MinimalCpp) {
    const Library library(k_folder + "/minimal_cpp.so");
    ASSERT_TRUE(bw::json::valid(library.table()->manifest));
    host.secrets = {"api_key"};
    Instance oracle(host, library.table(),
                    R"({"name":"o","base_url":"https://oracle.example/v1","tone":"plain"})");
    ASSERT_FALSE(oracle.error());
    const Result result = oracle.call({}, {200, {}, R"({"answer":"42","tokens":2})"}, 1);
    EXPECT_EQ(result.text(), "42");
    EXPECT_EQ(result.usage.value().output_tokens, 2);
    EXPECT_EQ(result.sent.body, "{\"tone\":\"plain\",\"question\":\"hello\\n\"}");
    EXPECT_EQ(oracle.call({}, {429, {}, ""}).status(), BW_E_RATE);
    EXPECT_EQ(oracle.call({}, {500, {}, R"({"problem":"fog"})"}).error.value().message,
              "the oracle failed: fog");
    EXPECT_EQ(oracle.call({}, {200, {}, "{}"}).status(), BW_E_PROTOCOL);
}

TEST_F(Examples, ThrowingNeverGetsOut) {
    const Library library(k_folder + "/throwing.so");
    for (const std::string where : {"create", "open", "head", "data", "end", "step"}) {
        for (const std::string what : {"standard", "memory", "other", "rate"}) {
            Instance throwing(host, library.table(),
                              R"({"base_url":"https://x.test","where":")" + where +
                                  R"(","what":")" + what + "\"}");
            const auto failed =
                throwing.error() ? throwing.error() : throwing.call({}, {200, {}, "{}"}).error;
            ASSERT_TRUE(failed) << where << what;
            EXPECT_EQ(failed->status, what == "rate" ? BW_E_RATE : BW_E_INTERNAL);
        }
    }
}

}  // namespace

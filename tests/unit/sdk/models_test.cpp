// bw.models/1 of the shipped plugins: what is asked, and what is made of the answer.
#include <bellwether/testing/fake_host.hpp>
#include <string>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;

class Models : public PluginTest {
  protected:
    Models() : PluginTest("openai") {}
    Result list(std::uint32_t status, const std::string& body) {
        Instance openai(host, library_.table(), config_);
        EXPECT_FALSE(openai.error());
        return openai.list_models({status, {}, body});
    }
};

TEST_F(Models, AreAskedForWithTheKey) {
    const Result result = list(200, R"({"object":"list","data":[{"id":"a"},{"id":"b/c"}]})");
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.sent.method, "GET");
    EXPECT_EQ(result.sent.url, "https://api.openai.com/v1/models");
    EXPECT_EQ(result.sent.auth, (std::vector<std::string>{"api_key"}));
    EXPECT_EQ(result.models, (std::vector<std::string>{"a", "b/c"}));
}

TEST_F(Models, ARefusalHasItsClass) {
    EXPECT_EQ(list(401, R"({"error":{"message":"no","code":"invalid_api_key"}})").status(),
              BW_E_AUTH);
    EXPECT_EQ(list(500, "oops").status(), BW_E_UPSTREAM);
}

TEST_F(Models, WhatIsNoListIsAnError) {
    for (const char* body : {"", "{", "[]", "{}", R"({"data":{}})", "<html>"}) {
        EXPECT_EQ(list(200, body).status(), BW_E_PROTOCOL) << body;
    }
}

}  // namespace

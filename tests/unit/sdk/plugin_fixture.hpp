// A built plugin, an instance of it with a key, and requests to it.
#pragma once

#include <gtest/gtest.h>

#include <bellwether/json.hpp>
#include <bellwether/testing/fake_host.hpp>
#include <string>
#include <string_view>

namespace bw::testing {

class PluginTest : public ::testing::Test {
  protected:
    explicit PluginTest(const std::string& name, std::string config = "")
        : library_(BELLWETHER_PLUGIN_DIR "/" + name + ".so"),
          config_(config.empty() ? default_config(name) : std::move(config)) {
        host.secrets = {"api_key"};
    }
    void TearDown() override {
        for (const std::string& rule : host.misbehaviours) ADD_FAILURE() << "misbehaved: " << rule;
    }

    static std::string default_config(const std::string& name) {
        return R"({"name":")" + name + R"(","base_url":")" + base_url(name) + "\"}";
    }
    static std::string base_url(const std::string& name) {
        return name == "holysheep" ? "https://api.holysheep.ai/v1" : "https://api.openai.com/v1";
    }

    Result call(const Asked& asked, const Response& response = {}, std::size_t cut = 0) {
        Instance instance(host, library_.table(), config_);
        EXPECT_FALSE(instance.error());
        return instance.call(asked, response, cut);
    }
    Result call_with(const std::string& config, const Asked& asked, const Response& response = {}) {
        config_ = config;
        return call(asked, response);
    }

    FakeHost host;
    Library library_;
    std::string config_;
};

inline Asked streaming(std::string model = "m") {
    Asked asked;
    asked.stream = true;
    asked.body = R"({"model":")" + model +
                 R"(","messages":[{"role":"user","content":"hi"}],"stream":true,)"
                 R"("stream_options":{"include_usage":true}})";
    asked.model = std::move(model);
    return asked;
}

inline Asked complete(std::string model = "m") {
    Asked asked;
    asked.body = R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi"}]})";
    asked.model = std::move(model);
    return asked;
}

}  // namespace bw::testing

// The gemini and vertex plugins, with what the simulated services answered.
#pragma once

#include "sdk/plugin_fixture.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace bw::testing {

inline constexpr const char* k_gemini_config =
    R"({"name":"g","base_url":"https://generativelanguage.googleapis.com/v1beta"})";

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// The response of a recorded exchange.
inline Response recorded(const std::string& name) {
    const std::string folder = BELLWETHER_SOURCE_DIR "/tests/upstream/vendors/recorded/gemini/";
    const std::string text = read_file(folder + name + ".json");
    const json::Value told = json::Value(text)["response"];
    Response response;
    response.status = static_cast<std::uint32_t>(told["status"].integer().value_or(0));
    for (const json::Member& header : told["headers"].members()) {
        response.headers.emplace_back(header.key(), header.value().string());
    }
    response.body = told["stream"] ? read_file(folder + told["stream"].string())
                                   : std::string(told["body"].raw());
    return response;
}

// An answer of one candidate, whole.
inline Response said(const std::string& parts, const std::string& finish = "STOP") {
    return {200,
            {{"content-type", "application/json; charset=UTF-8"}},
            R"({"candidates":[{"content":{"role":"model","parts":)" + parts +
                R"(},"finishReason":")" + finish + R"(","index":0}],"responseId":"r1"})"};
}

inline Response events(const std::string& body) {
    return {200, {{"content-type", "text/event-stream"}}, body};
}

// A request that is no stream, with these members beside the model.
inline Asked asking(const std::string& members, const std::string& model = "gemini-2.5-flash") {
    Asked asked;
    asked.model = model;
    asked.body = R"({"model":")" + model + "\"," + members + "}";
    return asked;
}

class GeminiTest : public PluginTest {
  protected:
    GeminiTest() : PluginTest("gemini", k_gemini_config) {}

    // What is sent for these members of a request.
    json::Value sent(const std::string& members, const std::string& model = "gemini-2.5-flash") {
        result = call(asking(members, model), said(R"([{"text":"ok"}])"));
        EXPECT_TRUE(result.ok()) << (result.error ? result.error->message : "");
        EXPECT_TRUE(json::valid(result.sent.body)) << result.sent.body;
        return json::Value(result.sent.body);
    }
    // Why these members are refused; their request is never sent.
    Failed refused(const std::string& members) {
        result = call(asking(members));
        EXPECT_TRUE(result.sent.url.empty());
        return result.error.value_or(Failed{});
    }

    Result result;
};

inline constexpr const char* k_hello = R"("messages":[{"role":"user","content":"hello"}])";

}  // namespace bw::testing

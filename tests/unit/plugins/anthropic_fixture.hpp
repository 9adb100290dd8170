// The anthropic plugin, and what Anthropic answers, as recorded.
#pragma once

#include "sdk/plugin_fixture.hpp"

#include <fstream>
#include <iterator>
#include <string>

namespace bw::testing::anthropic {

inline std::string anthropic_file(const std::string& name) {
    std::ifstream in(BELLWETHER_SOURCE_DIR "/tests/upstream/vendors/recorded/anthropic/" + name,
                     std::ios::binary);
    EXPECT_TRUE(in) << name;
    return {std::istreambuf_iterator<char>(in), {}};
}

// A recorded exchange's response.
inline Response recorded(const std::string& name) {
    const std::string text = anthropic_file(name + ".json");
    const json::Value told = json::Value(text)["response"];
    Response response;
    response.status = static_cast<std::uint32_t>(told["status"].integer().value_or(0));
    for (const json::Member& header : told["headers"].members()) {
        response.headers.emplace_back(header.key(), header.value().string());
    }
    response.headers.emplace_back("request-id", "req_0");
    response.body =
        told["stream"] ? anthropic_file(told["stream"].string()) : std::string(told["body"].raw());
    return response;
}

class Anthropic : public PluginTest {
  protected:
    Anthropic()
        : PluginTest("anthropic", R"({"name":"claude","base_url":"https://api.anthropic.com",)"
                                  R"("max_tokens":32000})") {}

    Result native(const Response& response, bool stream, std::size_t cut = 0) {
        return call(messages(stream), response, cut);
    }
    static Asked messages(bool stream) {
        Asked asked;
        asked.operation = BW_OP_MESSAGES;
        asked.stream = stream;
        asked.body = R"({"model":"m","max_tokens":9,"odd":{"kept":1},"messages":[]})";
        asked.headers = {{"anthropic-beta", "a,b"}, {"anthropic-version", "2023-01-01"}};
        return asked;
    }
    Result error(std::uint32_t status, const std::string& type, const std::string& message) {
        return call(complete(), {status, {}, error_body(type, message)});
    }
    static std::string error_body(const std::string& type, const std::string& message) {
        return R"({"type":"error","error":{"type":)" + json::quote(type) + R"(,"message":)" +
               json::quote(message) + "}}";
    }
};

}  // namespace bw::testing::anthropic

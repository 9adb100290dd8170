// An instance of the ollama plugin, and requests to it.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/testing/fake_host.hpp>
#include <string>

#include "../sdk/plugin_fixture.hpp"
#include "recorded.hpp"

namespace bw::testing {

inline constexpr const char* k_config = R"({"name":"ollama","base_url":"http://127.0.0.1:11434"})";
inline constexpr const char* k_hi = R"("messages":[{"role":"user","content":"hi"}])";
inline constexpr const char* k_words = "สวัสดีครับ 你好 \"quoted\" \\ and\nbroken";

class OllamaTest : public PluginTest {
  protected:
    OllamaTest() : PluginTest("ollama", k_config) { host.secrets.clear(); }

    Result play(const std::string& name, std::size_t cut = 0) {
        const Recorded one = recorded("ollama", name);
        return call(one.streams ? streaming("m") : complete("m"), one.response, cut);
    }
    Result ask(const std::string& members) {
        Asked asked = complete("m");
        asked.body = R"({"model":"m",)" + members + "}";
        return call(asked, recorded("ollama", "plain").response);
    }
    // What is sent for a request of these members, and one message unless they have some.
    std::string sent(const std::string& members) {
        const bool has = members.find("\"messages\"") != std::string::npos;
        const Result result = ask(has ? members : k_hi + std::string(",") + members);
        EXPECT_TRUE(result.ok()) << members << ": " << (result.ok() ? "" : result.error->message);
        EXPECT_TRUE(json::valid(result.sent.body)) << result.sent.body;
        return result.sent.body;
    }
    Failed refusal(const std::string& members) {
        const Result result = ask(members);
        EXPECT_FALSE(result.ok()) << members;
        EXPECT_TRUE(result.sent.url.empty()) << "nothing goes out";
        return result.error.value_or(Failed{});
    }
    Result embed(const std::string& members, const Response& response) {
        Asked asked = complete("e");
        asked.operation = BW_OP_EMBEDDINGS;
        asked.body = R"({"model":"e",)" + members + "}";
        return call(asked, response);
    }
};

inline std::string raw(const std::string& body, const char* member) {
    return std::string(json::Value(body)[member].raw());
}

}  // namespace bw::testing

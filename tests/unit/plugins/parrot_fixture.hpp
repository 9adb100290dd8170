// Requests to the parrot.
#pragma once

#include <bellwether/testing/engine_call.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "sdk/plugin_fixture.hpp"

namespace bw::testing {

class ParrotTest : public PluginTest {
  protected:
    ParrotTest() : PluginTest("parrot", R"({"name":"parrot"})") {}

    static std::string quoted(std::string_view text) { return json::quote(text); }
    // `more` is further members: "\"seed\":1".
    static Asked chat(const std::string& more = "", bool stream = false,
                      const std::string& text = "Tell me about the weather.") {
        Asked asked;
        asked.stream = stream;
        asked.model = "parrot";
        asked.body = R"({"model":"parrot","messages":[{"role":"user","content":)" + quoted(text) +
                     "}]" + (more.empty() ? "" : "," + more) + "}";
        return asked;
    }
    static Asked completion(const std::string& prompt, const std::string& more = "",
                            bool stream = false) {
        Asked asked;
        asked.operation = BW_OP_COMPLETIONS;
        asked.stream = stream;
        asked.model = "parrot";
        asked.body =
            R"({"model":"parrot","prompt":)" + prompt + (more.empty() ? "" : "," + more) + "}";
        return asked;
    }
    // One that goes on for so many tokens.
    static Asked endless(int tokens, bool stream = true) {
        return chat(R"("seed":5,"ignore_eos":true,"max_tokens":)" + std::to_string(tokens), stream);
    }
    static json::Value choice(const Result& result, std::size_t index = 0) {
        return json::Value(result.emitted.front().json)["choices"].at(index);
    }
    static std::string reason(const Result& result) {
        std::string last;
        for (const Emitted& piece : result.emitted) {
            const json::Value one = json::Value(piece.json)["choices"].at(0)["finish_reason"];
            if (one) last = one.string();
        }
        return last;
    }
};

}  // namespace bw::testing

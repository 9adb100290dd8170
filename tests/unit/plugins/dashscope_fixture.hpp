// The built plugin dashscope, what was recorded of its vendor, and what to look for in replies.
#pragma once

#include <gtest/gtest.h>

#include <bellwether/json.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sdk/plugin_fixture.hpp"

namespace bw::testing {

inline const std::string k_base_url = "https://dashscope.test/api/v1";
inline const std::string k_tools =
    R"(,"tools":[{"type":"function","function":{"name":"get_weather","description":"Of a city.",)"
    R"("parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}])";

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// JSON without white space between its tokens.
inline std::string compact(const json::Value& value) {
    std::string out;
    bool in_string = false;
    const std::string_view raw = value.raw();
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '"') in_string = !in_string;
        if (in_string && raw[i] == '\\') out += raw[i++];
        if (in_string || std::string_view(" \n\r\t").find(raw[i]) == std::string_view::npos) {
            out += raw[i];
        }
    }
    return out;
}

// One exchange with the simulated vendor.
struct RecordedCall {
    std::string path;  // below base_url
    std::string request_text;
    json::Value request;  // its body
    bool stream = false;
    Response response;

    // A request that may have had this answer.
    Asked asked(const std::string& members = "") const {
        Asked out = stream ? streaming("qwen-recorded") : complete("qwen-recorded");
        out.body.insert(out.body.size() - 1, members);
        return out;
    }
};

inline RecordedCall read_recorded(const std::string& name) {
    const std::string folder = BELLWETHER_SOURCE_DIR "/tests/upstream/vendors/recorded/dashscope/";
    const std::string text = read_file(folder + name + ".json");
    const json::Value whole(text);
    RecordedCall out;
    out.path = whole["request"]["path"].string().substr(std::string("/api/v1").size());
    out.request_text = whole["request"]["body"].raw();
    out.request = json::Value(out.request_text);
    const json::Value response = whole["response"];
    out.response.status = static_cast<std::uint32_t>(response["status"].integer().value_or(0));
    const std::string stream = response["stream"].string();
    out.stream = !stream.empty();
    out.response.body =
        out.stream ? read_file(folder + stream) : std::string(response["body"].raw());
    return out;
}

struct ToolCall {
    std::string id;
    std::string name;
    std::string arguments;

    bool operator==(const ToolCall&) const = default;
};

// The message of the first choice, or its delta.
inline json::Value message_of(const Emitted& piece) {
    const json::Value choice = json::Value(piece.json)["choices"].at(0);
    return choice["delta"] ? choice["delta"] : choice["message"];
}

inline std::vector<ToolCall> tool_calls(const Result& result) {
    std::vector<ToolCall> out;
    for (const Emitted& piece : result.emitted) {
        for (const json::Value& call : message_of(piece)["tool_calls"].elements()) {
            const auto index =
                call["index"].integer().value_or(static_cast<std::int64_t>(out.size()));
            if (static_cast<std::size_t>(index) >= out.size()) out.emplace_back();
            ToolCall& into = out.at(static_cast<std::size_t>(index));
            into.id += call["id"].string();
            into.name += call["function"]["name"].string();
            into.arguments += call["function"]["arguments"].string();
        }
    }
    return out;
}

inline std::string said(const Result& result, std::string_view member) {
    std::string out;
    for (const Emitted& piece : result.emitted) out += message_of(piece)[member].string();
    return out;
}

inline std::string finish_reason(const Result& result) {
    std::string out;
    for (const Emitted& piece : result.emitted) {
        out += json::Value(piece.json)["choices"].at(0)["finish_reason"].string();
    }
    return out;
}

class DashScopeTest : public PluginTest {
  protected:
    DashScopeTest()
        : PluginTest("dashscope", R"({"name":"dashscope","base_url":")" + k_base_url +
                                      R"(","multimodal_models":["-vl","qvq","omni","qwen3.5"]})") {}

    static Asked asking(const std::string& members, const std::string& model = "qwen-plus") {
        Asked asked = complete(model);
        asked.body.insert(asked.body.size() - 1, members);
        return asked;
    }
    std::string parameters(const std::string& members, const std::string& model = "qwen-plus") {
        const Result result = call(asking(members, model));
        return std::string(json::Value(result.sent.body)["parameters"].raw());
    }
    std::string messages(const std::string& list) {
        Asked asked = complete("qwen-plus");
        asked.body = R"({"model":"qwen-plus","messages":[)" + list + "]}";
        const Result result = call(asked);
        return std::string(json::Value(result.sent.body)["input"]["messages"].raw());
    }
};

}  // namespace bw::testing

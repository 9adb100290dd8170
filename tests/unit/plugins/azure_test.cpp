// The azure plugin against what its simulated vendor has answered.
#include <bellwether/testing/fake_host.hpp>
#include <string>
#include <vector>

#include "../sdk/plugin_fixture.hpp"
#include "recorded.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;
using Names = std::vector<std::string>;

constexpr const char* k_config = R"({"name":"azure","base_url":"https://r.openai.azure.com",)"
                                 R"("api_version":"2024-10-21"})";
constexpr const char* k_newest = R"({"name":"azure","base_url":"https://r.openai.azure.com",)"
                                 R"("api_version":"v1"})";

class Azure : public PluginTest {
  protected:
    Azure() : PluginTest("azure", k_config) {}

    std::string error_at_creation(const std::string& config, std::set<std::string> credentials) {
        host.secrets = std::move(credentials);
        const Instance instance(host, library_.table(), config);
        if (!instance.error()) return "";
        EXPECT_EQ(instance.error()->status, BW_E_INVALID);
        return instance.error()->message;
    }
    Result play(const std::string& name, std::size_t cut = 0) {
        const Recorded one = recorded("azure", name);
        return call(one.streams ? streaming("d") : complete("d"), one.response, cut);
    }
    Failed failure(std::uint32_t status, const std::string& body, const Headers& headers = {}) {
        const Result result = call(complete("d"), {status, headers, body});
        EXPECT_FALSE(result.ok()) << body;
        return result.error.value_or(Failed{});
    }
};

constexpr const char* k_words = "สวัสดีครับ 你好 \"quoted\" \\ and\nbroken";

// ---- where it asks ---------------------------------------------------------------------------

TEST_F(Azure, AsksTheDeploymentOfADatedVersion) {
    const Recorded one = recorded("azure", "plain");
    EXPECT_EQ(call(complete("deployment-recorded"), one.response).sent.url,
              "https://r.openai.azure.com" + one.path);
    const Result odd = call(complete("my model/ä?"), one.response);
    EXPECT_EQ(odd.sent.url,
              "https://r.openai.azure.com/openai/deployments/my%20model%2F%C3%A4%3F/"
              "chat/completions?api-version=2024-10-21");
    EXPECT_EQ(odd.sent.auth, Names{"api_key"});
    EXPECT_TRUE(odd.sent.body_borrowed) << "nothing is copied";
}

TEST_F(Azure, AsksTheNewestVersionByModel) {
    const Response answer = recorded("azure", "plain").response;
    const std::string url = "https://r.openai.azure.com/openai/v1/chat/completions";
    EXPECT_EQ(call_with(k_newest, complete("d"), answer).sent.url, url);
    for (const char* config :
         {R"({"name":"azure","base_url":"https://r.openai.azure.com"})",
          R"({"name":"azure","base_url":"https://r.openai.azure.com","api_version":""})",
          R"({"name":"azure","base_url":"https://r.openai.azure.com/openai/v1"})"}) {
        EXPECT_EQ(call_with(config, complete("d"), answer).sent.url, url) << config;
    }
    EXPECT_EQ(call_with(R"({"name":"azure","base_url":"https://r.openai.azure.com/openai/v1",)"
                        R"("api_version":"2025-04-01-preview"})",
                        complete("d"), answer)
                  .sent.url,
              "https://r.openai.azure.com/openai/deployments/d/chat/completions"
              "?api-version=2025-04-01-preview");
}

TEST_F(Azure, AsksForEmbeddingsAndCompletions) {
    Asked asked;
    asked.model = "e";
    asked.operation = BW_OP_EMBEDDINGS;
    asked.body = R"({"model":"e","input":"a"})";
    const Result embedded =
        call(asked, {200, {}, R"({"object":"list","data":[{"index":0,"embedding":[1,2]}]})"});
    EXPECT_TRUE(embedded.ok());
    EXPECT_EQ(embedded.sent.url,
              "https://r.openai.azure.com/openai/deployments/e/embeddings?api-version=2024-10-21");
    asked.operation = BW_OP_COMPLETIONS;
    asked.body = R"({"model":"e","prompt":"a"})";
    const Result completed =
        call(asked, {200, {}, R"({"choices":[{"index":0,"text":"b","finish_reason":"stop"}]})"});
    EXPECT_EQ(completed.text(), "b");
    EXPECT_EQ(completed.sent.url,
              "https://r.openai.azure.com/openai/deployments/e/completions?api-version=2024-10-21");
}

// ---- credentials -----------------------------------------------------------------------------

TEST_F(Azure, TakesAKeyOrEntraIdAndSaysSo) {
    const std::string entra = R"({"name":"az","base_url":"https://r.openai.azure.com",)"
                              R"("tenant_id":"contoso.example"})";
    EXPECT_EQ(error_at_creation(k_config, {"api_key"}), "");
    EXPECT_EQ(error_at_creation(entra, {"entra"}), "");
    EXPECT_EQ(error_at_creation(k_config, {}),
              "azure has no credential; write api_key = \"env:AZURE_OPENAI_API_KEY\", or "
              "tenant_id, client_id and client_secret of an Entra ID app");
    EXPECT_EQ(error_at_creation(entra, {"api_key", "entra"}),
              "az has more than one credential; write only one of api_key = "
              "\"env:AZURE_OPENAI_API_KEY\", or tenant_id, client_id and client_secret of an "
              "Entra ID app");
    EXPECT_EQ(error_at_creation(k_config, {"api_key", "entra"}), "")
        << "variables of an app that is not meant are nobody's mistake";
    EXPECT_NE(error_at_creation(k_config, {"entra"}), "") << "of what tenant?";
}

TEST_F(Azure, SignsWithEntraId) {
    host.secrets = {"entra"};
    const std::string entra = R"({"name":"az","base_url":"https://r.openai.azure.com",)"
                              R"("tenant_id":"contoso.example"})";
    const Result good = call_with(entra, complete("d"), recorded("azure", "plain").response);
    EXPECT_EQ(good.sent.auth, Names{"entra"});
    const Result refused = call_with(
        entra, complete("d"),
        {401, {}, R"({"error":{"code":"Unauthorized","message":"Access token is missing."}})"});
    EXPECT_EQ(refused.status(), BW_E_AUTH);
    EXPECT_NE(refused.error->message.find("its Entra ID token"), std::string::npos);
}

TEST_F(Azure, RefusesAVersionThatIsNone) {
    const std::string said = error_at_creation(
        R"({"name":"a","base_url":"https://r.openai.azure.com","api_version":"latest"})",
        {"api_key"});
    EXPECT_EQ(said, R"(api_version must be "v1", or a date such as "2024-10-21")");
}

TEST_F(Azure, HasAManifestThatSaysIt) {
    const Value manifest(library_.table()->manifest);
    ASSERT_TRUE(bw::json::valid(library_.table()->manifest));
    const Value key = manifest["credentials"].at(0);
    EXPECT_EQ(key["kind"].string(), "header");
    EXPECT_EQ(key["header"].string(), "api-key");
    EXPECT_EQ(key["env"].string(), "AZURE_OPENAI_API_KEY");
    EXPECT_FALSE(key["required"].boolean(true));
    const Value entra = manifest["credentials"].at(1);
    EXPECT_EQ(entra["kind"].string(), "oauth2-client-credentials");
    EXPECT_EQ(entra["token_url"].string(), "{authority}/{tenant_id}/oauth2/v2.0/token");
    EXPECT_FALSE(entra["required"].boolean(true));
    EXPECT_EQ(manifest["options"]["api_version"]["default"].string(), "v1");
    EXPECT_EQ(manifest["operations"].raw(),
              R"(["chat","completions","embeddings","images","speech"])")
        << "its list of models is not that of its deployments";
}

// ---- answers ---------------------------------------------------------------------------------

TEST_F(Azure, GivesEveryRecordedAnswerHoweverItIsCut) {
    for (const Recorded& one : all_recorded("azure")) {
        const Asked asked = one.streams ? streaming("d") : complete("d");
        const Result whole = call(asked, one.response);
        for (const std::size_t cut : {1u, 7u, 1000u}) {
            const Result again = call(asked, one.response, cut);
            EXPECT_EQ(again.chunks(), whole.chunks()) << one.name << " cut at " << cut;
            EXPECT_EQ(again.reply(), whole.reply()) << one.name;
            EXPECT_EQ(again.status(), whole.status()) << one.name;
            EXPECT_TRUE(again.usage == whole.usage) << one.name;
        }
        const bool fails = one.response.status >= 400 || one.name == "broken_stream";
        EXPECT_EQ(whole.ok(), !fails) << one.name;
        if (!fails && !one.streams) {
            EXPECT_EQ(Value(whole.reply())["choices"].raw(),
                      Value(one.response.body)["choices"].raw())
                << one.name << " passes as it is";
        }
    }
}

TEST_F(Azure, HandsOnWhatItsFiltersFound) {
    const std::string reply = play("filtered").reply();
    const Value choice = Value(reply)["choices"].at(0);
    EXPECT_EQ(choice["finish_reason"].string(), "content_filter");
    EXPECT_TRUE(choice["content_filter_results"]["violence"]["filtered"].boolean(false));
    EXPECT_EQ(Value(reply)["prompt_filter_results"].at(0)["prompt_index"].integer(), 0);
    const Result streamed = play("stream");
    ASSERT_TRUE(streamed.ok());
    EXPECT_EQ(streamed.text(), k_words);
    const std::string first = streamed.chunks().front();
    EXPECT_EQ(Value(first)["choices"].at(0)["delta"]["role"].string(), "assistant")
        << "programs look at the first choice of the first chunk";
    EXPECT_EQ(Value(first)["prompt_filter_results"].at(0)["prompt_index"].integer(), 0);
    // Filters that run beside the answer tell what they found in chunks of their own.
    const Result beside =
        call(streaming("d"),
             {200,
              {},
              "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
              "\"delta\":{\"role\":\"assistant\",\"content\":\"a\"},\"finish_reason\":null}]}\n\n"
              "data: "
              "{\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,"
              "\"finish_reason\":null,\"content_filter_results\":{},\"content_filter_offsets\":"
              "{\"check_offset\":44}}]}\n\n"
              "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,"
              "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"});
    EXPECT_TRUE(beside.ok());
    EXPECT_EQ(beside.text(), "a");
    EXPECT_EQ(beside.chunks().size(), 3U);
}

TEST_F(Azure, TellsUsage) {
    Used used;
    used.input_tokens = 1300;
    used.output_tokens = 17;
    used.cached_input_tokens = 1024;
    for (const char* name : {"cached", "cached_stream"}) {
        const Result result = play(name);
        ASSERT_TRUE(result.usage) << name;
        EXPECT_EQ(result.usage->input_tokens, used.input_tokens);
        EXPECT_EQ(result.usage->output_tokens, used.output_tokens);
        EXPECT_EQ(result.usage->cached_input_tokens, used.cached_input_tokens);
    }
    EXPECT_GT(play("thinking").usage->reasoning_tokens, 0);
}

TEST_F(Azure, GivesToolCalls) {
    for (const char* name : {"parallel", "parallel_stream"}) {
        const Result result = play(name);
        ASSERT_TRUE(result.ok()) << name;
        std::string all = result.reply();
        for (const std::string& chunk : result.chunks()) all += chunk;
        EXPECT_NE(all.find("toolu_01weather"), std::string::npos) << name;
        EXPECT_NE(all.find("toolu_02time"), std::string::npos) << name;
    }
}

TEST_F(Azure, ACutStreamIsAnError) {
    const Recorded one = recorded("azure", "tool_stream");
    const auto last = one.response.body.rfind("\"finish_reason\":\"tool_calls\"");
    ASSERT_NE(last, std::string::npos);
    for (std::size_t length = 1; length < last; length += 37) {
        Response cut = one.response;
        cut.body.resize(length);
        EXPECT_FALSE(call(streaming("d"), cut).ok()) << length;
    }
    Response short_one = one.response;
    short_one.body.resize(last);
    EXPECT_EQ(call(streaming("d"), short_one).status(), BW_E_PROTOCOL);
}

// ---- errors and limits -----------------------------------------------------------------------

TEST_F(Azure, KnowsItsErrors) {
    struct Row {
        const char* name;
        bw_status status;
        std::uint32_t http_status;
        const char* code;
    };
    constexpr Row k_rows[] = {
        {"error_context", BW_E_CONTEXT_LENGTH, 400, "context_length_exceeded"},
        {"error_deployment", BW_E_NOT_FOUND, 404, "DeploymentNotFound"},
        {"error_filtered", BW_E_CONTENT_FILTER, 400, "content_filter"},
        {"error_key", BW_E_AUTH, 401, "401"},
        {"error_rate", BW_E_RATE, 429, "429"},
        {"error_stream", BW_E_UPSTREAM, 500, "server_error"},
        {"error_unavailable", BW_E_UPSTREAM, 503, "ServiceUnavailable"}};
    for (const Row& row : k_rows) {
        const Recorded one = recorded("azure", row.name);
        const Failed failed = failure(one.response.status, one.response.body, one.response.headers);
        EXPECT_EQ(failed.status, row.status) << row.name;
        EXPECT_EQ(failed.http_status, row.http_status) << row.name;
        EXPECT_EQ(failed.code, row.code) << row.name;
        EXPECT_EQ(failed.raw, one.response.body) << row.name;
    }
    const auto of = [](const char* code, const char* message) {
        return std::string(R"({"error":{"code":")") + code + R"(","message":")" + message + "\"}}";
    };
    EXPECT_EQ(failure(401, of("PermissionDenied", "The principal lacks it.")).status, BW_E_AUTH);
    EXPECT_EQ(failure(403, of("403", "Access denied due to Firewall rules.")).status, BW_E_AUTH);
    EXPECT_EQ(failure(400, of("OperationNotSupported", "The chatCompletion operation ...")).status,
              BW_E_UNSUPPORTED);
    EXPECT_EQ(failure(429, of("NoCapacity", "The system ...")).status, BW_E_RATE);
    const Failed path = failure(404, of("404", "Resource not found"));
    EXPECT_EQ(path.status, BW_E_NOT_FOUND);
    EXPECT_EQ(path.message,
              "azure answered with status 404 (Resource not found); check that its base_url is "
              "right: nothing is at /openai/deployments/d/chat/completions?api-version=2024-10-21");
    const Result broken = play("broken_stream");
    EXPECT_EQ(broken.status(), BW_E_UPSTREAM);
    EXPECT_EQ(broken.error->code, "server_error");
}

TEST_F(Azure, TellsItsLimitsAndTheWait) {
    const Result refused = play("error_rate");
    EXPECT_EQ(refused.error->retry_after_ms, 7000);
    ASSERT_EQ(refused.limits.size(), 2U);
    EXPECT_EQ(refused.limits[0].name, "requests");
    EXPECT_EQ(refused.limits[0].limit, 100);
    EXPECT_EQ(refused.limits[0].remaining, 0);
    EXPECT_EQ(refused.limits[0].reset_ms, 7000);
    EXPECT_EQ(refused.limits[1].name, "tokens");
    EXPECT_EQ(refused.limits[1].limit, 100'000);
    EXPECT_TRUE(play("plain").limits.empty()) << "without a time they say nothing";
}

// ---- hostile input ---------------------------------------------------------------------------

TEST_F(Azure, SurvivesWhateverComes) {
    const std::string deep(100'000, '[');
    for (const std::string& body :
         {std::string(), std::string("{"), std::string("null"), deep, "{\"choices\":" + deep,
          std::string(R"({"choices":[{"index":99999999999999999999,"message":5}],"usage":[]})"),
          std::string(R"({"error":{"code":{"a":[]},"message":[[]],"innererror":7}})"),
          std::string("\xFF\xFE\0", 3), std::string("data: {\"choices\":[{\"delta\":7}]}\n\n")}) {
        for (const std::uint32_t status : {200u, 400u, 429u, 500u}) {
            call(complete("d"), {status, {}, body}, 7);
            call(streaming("d"), {status, {}, body}, 7);
        }
    }
}

}  // namespace

// How the failures of OpenAI-compatible upstreams are classified, worded and timed.
#include <string>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::testing;
using ::testing::Test;

std::string nested(std::string_view code, std::string_view message,
                   std::string_view type = "invalid_request_error") {
    return R"({"error":{"code":)" + bw::json::quote(code) + R"(,"message":)" +
           bw::json::quote(message) + R"(,"param":null,"type":)" + bw::json::quote(type) +
           R"(},"request_id":"r"})";
}
std::string flat(std::string_view code, std::string_view message) {
    return R"({"code":)" + bw::json::quote(code) + R"(,"message":)" + bw::json::quote(message) +
           R"(,"request_id":"r"})";
}

class HolySheepErrors : public PluginTest {
  protected:
    HolySheepErrors() : PluginTest("holysheep") {}
    Failed fail(std::uint32_t status, const std::string& body, Headers headers = {},
                const std::string& model = "qwen-max") {
        const Result result = call(complete(model), {status, std::move(headers), body});
        EXPECT_TRUE(result.error) << body;
        return result.error.value_or(Failed{});
    }
};

class OpenAiErrors : public PluginTest {
  protected:
    OpenAiErrors() : PluginTest("openai") {}
    Failed fail(std::uint32_t status, const std::string& body, Headers headers = {}) {
        const Result result = call(complete("gpt-4.1"), {status, std::move(headers), body});
        EXPECT_TRUE(result.error) << body;
        return result.error.value_or(Failed{});
    }
};

TEST_F(HolySheepErrors, AreClassified) {
    struct Row {
        std::uint32_t status;
        std::string body;
        bw_status expected;
    };
    const std::vector<Row> rows = {
        {400, flat("InvalidParameter", "bad value"), BW_E_INVALID},
        {400, nested("invalid_parameter_error", "bad value"), BW_E_INVALID},
        {400, nested("invalid_parameter_error", "Range of input length should be [1, 30720]"),
         BW_E_CONTEXT_LENGTH},
        {400,
         flat("InvalidParameter",
              "<400> InternalError.Algo.InvalidParameter: Range of input "
              "length should be [1, 98304]"),
         BW_E_CONTEXT_LENGTH},
        {500, flat("InternalError.Algo", "<400> InternalError.Algo.InvalidParameter: no"),
         BW_E_INVALID},
        {400, flat("Arrearage", "Access denied, account not in good standing"), BW_E_QUOTA},
        {400, nested("Arrearage", "overdue"), BW_E_QUOTA},
        {400, flat("DataInspectionFailed", "Input data may contain..."), BW_E_CONTENT_FILTER},
        {400, nested("data_inspection_failed", "Output data may"), BW_E_CONTENT_FILTER},
        {400, flat("IPInfringementSuspect", "no"), BW_E_CONTENT_FILTER},
        {400, flat("BadRequest.TooLarge", "no"), BW_E_INVALID},
        {401, flat("InvalidApiKey", "Invalid API-key provided."), BW_E_AUTH},
        {401, nested("invalid_api_key", "Incorrect API key provided."), BW_E_AUTH},
        {401, R"({"error":"Invalid API key","message":"The key was not found"})", BW_E_AUTH},
        {403, flat("AccessDenied.Unpurchased", "no"), BW_E_AUTH},
        {403, nested("access_denied", "no"), BW_E_AUTH},
        {403, nested("AllocationQuota.FreeTierOnly", "free tier only"), BW_E_QUOTA},
        {403, R"({"error":"Client not allowed","message":"x"})", BW_E_AUTH},
        {402,
         R"({"error":{"type":"insufficient_quota","message":"m","code":"daily_cost_limit_exceeded"},"costLimit":5})",
         BW_E_QUOTA},
        {404, flat("ModelNotFound", "no"), BW_E_NOT_FOUND},
        {404, nested("model_not_found", "no"), BW_E_NOT_FOUND},
        {404, nested("MODEL_NOT_FOUND", "no"), BW_E_NOT_FOUND},
        {400, nested("model_not_supported", "no"), BW_E_NOT_FOUND},
        {408, flat("RequestTimeOut", "no"), BW_E_UPSTREAM},
        {429, flat("Throttling", "Requests throttling triggered."), BW_E_RATE},
        {429, flat("Throttling.RateQuota", "no"), BW_E_RATE},
        {429, nested("limit_requests", "no"), BW_E_RATE},
        {429, nested("limit_burst_rate", "no"), BW_E_RATE},
        {429, nested("insufficient_quota", "You exceeded your current quota"), BW_E_RATE},
        {429, flat("Throttling.AllocationQuota", "Allocated quota exceeded"), BW_E_RATE},
        {429, flat("Throttling.AllocationQuota", "Free allocated quota exceeded."), BW_E_QUOTA},
        {429, nested("insufficient_quota", "Free allocated quota exceeded."), BW_E_QUOTA},
        {429, flat("PrepaidBillOverdue", "no"), BW_E_QUOTA},
        {429, flat("BudgetLimitExceeded", "no"), BW_E_QUOTA},
        {429, R"({"error":"Concurrency limit exceeded","message":"m","concurrencyLimit":5})",
         BW_E_RATE},
        {500, flat("InternalError", "no"), BW_E_UPSTREAM},
        {500, nested("internal_error", "no", "server_error"), BW_E_UPSTREAM},
        {503, flat("ModelServingError", "no"), BW_E_UPSTREAM},
        {502, "<html><head><title>502 Bad Gateway</title></head></html>", BW_E_UPSTREAM},
        {529, "", BW_E_UPSTREAM},
        {418, "teapot", BW_E_INVALID},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(fail(row.status, row.body).status, row.expected) << row.status << row.body;
    }
}

TEST_F(OpenAiErrors, AreClassified) {
    struct Row {
        std::uint32_t status;
        std::string body;
        bw_status expected;
    };
    const std::vector<Row> rows = {
        {429, nested("insufficient_quota", "You exceeded", "insufficient_quota"), BW_E_QUOTA},
        {429, nested("rate_limit_exceeded", "Rate limit reached", "tokens"), BW_E_RATE},
        {400, nested("context_length_exceeded", "too long"), BW_E_CONTEXT_LENGTH},
        {400, nested("", "This model's maximum context length is 8192 tokens"),
         BW_E_CONTEXT_LENGTH},
        {404, nested("model_not_found", "no such model"), BW_E_NOT_FOUND},
        {402, nested("", "Insufficient Balance"), BW_E_QUOTA},
        {422, nested("", "invalid parameters"), BW_E_INVALID},
        {503, "", BW_E_UPSTREAM},
        {529, R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})",
         BW_E_UPSTREAM},
        {400,
         R"({"object":"error","message":"m","type":"BadRequestError","param":null,"code":400})",
         BW_E_INVALID},
        {404,
         R"({"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}})",
         BW_E_NOT_FOUND},
        {400,
         R"([{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}])",
         BW_E_AUTH},
        {429,
         R"([{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED"}}])",
         BW_E_RATE},
        {403, nested("unsupported_country_region_territory", "no"), BW_E_AUTH},
        {422, R"({"detail":[{"loc":["body"],"msg":"field required"}]})", BW_E_INVALID},
        {500, R"({"error":"model runner has unexpectedly stopped"})", BW_E_UPSTREAM},
        {400, nested("model_decommissioned", "use another"), BW_E_NOT_FOUND},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(fail(row.status, row.body).status, row.expected) << row.status << row.body;
    }
}

// A provider's key may be of any variable, or one of several: the plugin's own was named all the
// same.
TEST_F(HolySheepErrors, RefusedKeyNamesNoVariableAndHidesTheKey) {
    const Failed failed = fail(
        401,
        nested("invalid_api_key", "Incorrect API key provided: sk-abcd1234****wxyz. See docs"));
    EXPECT_EQ(failed.message,
              "holysheep refused its API key (Incorrect API key provided: ***. See docs); check "
              "that it is a HolySheep key and that base_url is HolySheep's");
    EXPECT_EQ(failed.code, "invalid_api_key");
    EXPECT_EQ(failed.http_status, 401u);
}

TEST_F(HolySheepErrors, NeverRepeatAKey) {
    for (const char* key : {"sk-abc123def456", "cr_0123456789abcdef", "AIzaSyA1234567890abcdefg",
                            "0123456789abcdef0123456789abcdef", "gsk_abc123456",
                            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.abc"}) {
        for (const std::uint32_t status : {401u, 400u, 500u}) {
            const std::string words = std::string("the token ") + key + " is wrong";
            for (const std::string& body : {nested(words, words), flat("x", words), words}) {
                const Failed failed = fail(status, body);
                EXPECT_EQ(failed.message.find(key), std::string::npos) << failed.message;
                EXPECT_EQ(failed.code.find(key), std::string::npos) << failed.code;
            }
        }
    }
}

TEST_F(HolySheepErrors, NeverRepeatAKeyHoweverItIsQuoted) {
    for (const std::string quoted :
         {"key...sk-Zq7abcdef", "*sk-Zq7abcdef", "api_key_sk-Zq7abcdef", "api_key=Zq7abcdef",
          "\"api_key\": \"Zq7abcdef\"", "access_token='Zq7abcdef'",
          "Authorization: Zq7+abc/def=", "sk-xyz1/Zq7+Zq7=", "Bearer Zq7abcdef"}) {
        for (const std::string& body :
             {nested("c", quoted), flat(quoted, quoted), quoted, "<p>" + quoted + "</p>",
              R"({"error":{"message":"m","param":)" + bw::json::quote(quoted) + "}}"}) {
            for (const std::uint32_t status : {401u, 400u, 200u}) {
                const Failed failed = fail(status, body, {{"content-type", quoted}});
                EXPECT_EQ((failed.message + failed.code + failed.param).find("Zq7"),
                          std::string::npos)
                    << failed.message << failed.code << failed.param;
            }
        }
    }
    // One that stands where the words are cut is not left in half.
    for (std::size_t before = 100; before < 420; ++before) {
        std::string words(before, 'w');
        for (std::size_t i = 7; i < before; i += 8) words[i] = ' ';
        words += " Zq7b5d6e7f8a9b0c1d2e3f4a5b6c7d8e";
        for (const std::string& body : {nested("c", words), words}) {
            const Failed failed = fail(500, body);
            EXPECT_EQ(failed.message.find("Zq"), std::string::npos) << failed.message;
        }
    }
}

TEST_F(HolySheepErrors, NameTheProviderAsTheConfigDoes) {
    config_ = R"({"name":"my-sheep","base_url":"https://api.holysheep.ai/v1"})";
    for (const std::uint32_t status :
         {400u, 401u, 402u, 403u, 404u, 405u, 408u, 413u, 429u, 500u}) {
        for (const char* code : {"", "context_length_exceeded", "content_filter", "x"}) {
            for (const std::string& body :
                 {nested(code, "m"), flat(code, "m"), std::string(code)}) {
                const Failed failed = fail(status, body);
                EXPECT_NE(failed.message.find("my-sheep"), std::string::npos) << failed.message;
                EXPECT_EQ(failed.message.find("HOLYSHEEP_API_KEY"), std::string::npos)
                    << failed.message;
            }
        }
    }
    for (const char* body : {"", "x", "{}", R"({"choices":[]})", R"({"choices":[{)", "data: x\n\n",
                             "data: {\n\n", "data: {\"type\":\"response.x\"}\n\n"}) {
        for (const Asked& asked : {streaming(), complete()}) {
            const Result result = call(asked, {200, {}, body});
            EXPECT_NE(result.error.value().message.find("my-sheep"), std::string::npos) << body;
        }
    }
}

TEST_F(HolySheepErrors, UnknownModelListsThoseThereAre) {
    const Failed failed = fail(404, nested("model_not_found", "no gpt-4"), {}, "gpt-4");
    EXPECT_NE(failed.message.find("holysheep does not serve \"gpt-4\"; it serves qwen-max, qwen-"
                                  "plus, qwen-turbo"),
              std::string::npos)
        << failed.message;
    EXPECT_NE(failed.message.find("did you mean \"gpt-4.1\"?"), std::string::npos)
        << failed.message;
}

TEST_F(HolySheepErrors, WrongPathSpeaksOfTheBaseUrl) {
    const Failed failed =
        fail(404, "<html><body><h1>404</h1> nginx<script>x</script></body></html>");
    EXPECT_EQ(failed.status, BW_E_NOT_FOUND);
    EXPECT_EQ(failed.message,
              "holysheep answered with status 404 and no readable error (404 nginx); check that "
              "its base_url is right: nothing is at /v1/chat/completions");
}

TEST_F(HolySheepErrors, TooLongNamesTheContext) {
    const Failed failed =
        fail(400, nested("invalid_parameter_error", "Range of input length should be [1, 30720]"));
    EXPECT_NE(failed.message.find("32768 tokens"), std::string::npos) << failed.message;
}

TEST_F(HolySheepErrors, LongBodiesAreShortened) {
    const Failed failed = fail(500, "ก" + std::string(70'000, 'x'));
    EXPECT_LT(failed.message.size(), 300u);
    EXPECT_LT(fail(500, nested("c", std::string(9'000, 'y'))).message.size(), 600u);
}

TEST_F(HolySheepErrors, SayHowLongToWait) {
    const std::string body = nested("limit_requests", "slow");
    const auto wait = [&](Headers headers) {
        return fail(429, body, std::move(headers)).retry_after_ms;
    };
    EXPECT_EQ(wait({}), 0);
    EXPECT_EQ(wait({{"retry-after", "20"}}), 20'000);
    EXPECT_EQ(wait({{"retry-after", "1.5"}}), 1'500);
    EXPECT_EQ(wait({{"retry-after", "0"}}), 0);
    EXPECT_EQ(wait({{"retry-after-ms", "0"}, {"retry-after", "9"}}), 9'000);
    EXPECT_EQ(wait({{"retry-after-ms", "250"}, {"retry-after", "9"}}), 250);
    EXPECT_EQ(wait({{"retry-after", "Thu, 01 Jan 2026 00:00:30 GMT"}}), 30'000);
    EXPECT_EQ(wait({{"retry-after", "Wed, 31 Dec 2025 00:00:30 GMT"}}), 0);
    EXPECT_EQ(wait({{"retry-after", "Thu, 01 Jan 2026 00:00:00 GMT"}}), 0);
    EXPECT_EQ(wait({{"retry-after", "soon"}}), 0);
    EXPECT_EQ(wait({{"retry-after", "-5"}}), 0);
}

// The two clocks may be hours apart.
TEST_F(HolySheepErrors, ADateIsCountedFromTheResponsesOwn) {
    const auto wait = [&](Headers headers) {
        return fail(429, nested("limit_requests", "slow"), std::move(headers)).retry_after_ms;
    };
    const std::string at = "Thu, 01 Jan 2026 05:00:30 GMT";
    EXPECT_EQ(wait({{"date", "Thu, 01 Jan 2026 05:00:00 GMT"}, {"retry-after", at}}), 30'000);
    EXPECT_EQ(wait({{"retry-after", at}, {"date", "Thu, 01 Jan 2026 05:00:30 GMT"}}), 0);
    EXPECT_EQ(wait({{"retry-after", at}, {"date", "Thu, 01 Jan 2026 05:10:00 GMT"}}), 0);
    EXPECT_EQ(wait({{"retry-after", at}, {"date", "yesterday"}}), 5 * 3'600'000 + 30'000);
}

TEST_F(HolySheepErrors, FindTheWaitInTheBody) {
    const auto wait = [&](const std::string& body) { return fail(429, body).retry_after_ms; };
    EXPECT_EQ(wait(nested("", "Please try again in 20s. Visit")), 20'000);
    EXPECT_EQ(wait(nested("", "Please try again in 350ms.")), 350);
    EXPECT_EQ(wait(nested("", "Please try again in 1m30.5s.")), 90'500);
    EXPECT_EQ(wait(nested("", "Retry after 12 seconds")), 12'000);
    EXPECT_EQ(wait(R"({"error":{"message":"x","details":[{"retryDelay":"52s"}]}})"), 52'000);
    EXPECT_EQ(wait(R"({"error":{"message":"x","retry_after": 1.5}})"), 1'500);
    EXPECT_EQ(wait(R"({"error":{"message":"x"},"retry_after_ms":700})"), 700);
    EXPECT_EQ(wait(R"({"error":{"message":"x","retry_after":null}})"), 0);
    EXPECT_EQ(wait(R"({"error":{"message":"x","retry_after":0}})"), 0);
    EXPECT_EQ(wait(R"({"error":{"message":"try again in 5s","retry_after":0}})"), 5'000);
    EXPECT_EQ(fail(400, nested("", "try again in 20s")).retry_after_ms, 0);
}

TEST_F(HolySheepErrors, ComeAtTheFirstByteOfTheBodyOrWithNoneAtAll) {
    for (std::size_t cut = 1; cut < 8; ++cut) {
        const Result result = call(streaming(), {429, {}, nested("limit_requests", "slow")}, cut);
        EXPECT_EQ(result.status(), BW_E_RATE);
        EXPECT_TRUE(result.emitted.empty());
    }
}

TEST_F(OpenAiErrors, InsideAnAnswerWithStatus200) {
    EXPECT_EQ(fail(200, nested("insufficient_quota", "no")).status, BW_E_QUOTA);
    EXPECT_EQ(fail(200, R"({"error":"overloaded"})").status, BW_E_UPSTREAM);
    EXPECT_EQ(
        fail(200, flat("InvalidParameter", "<400> InternalError.Algo.InvalidParameter: x")).status,
        BW_E_INVALID);
    EXPECT_EQ(fail(200, R"({"object":"error","message":"m","code":400})").status, BW_E_INVALID);
    EXPECT_EQ(fail(200, R"({"object":"error","message":"m","code":400})").http_status, 400u);
}

// A method, a path, headers, a protocol or a country are no mistake of who asked: whatever is none
// goes to the next target.
TEST_F(OpenAiErrors, StatusesThatSayNothingOfTheRequest) {
    const std::vector<std::pair<std::uint32_t, bw_status>> rows = {
        {405, BW_E_UPSTREAM}, {406, BW_E_UPSTREAM},    {410, BW_E_NOT_FOUND},
        {411, BW_E_UPSTREAM}, {412, BW_E_UPSTREAM},    {413, BW_E_CONTEXT_LENGTH},
        {414, BW_E_UPSTREAM}, {415, BW_E_UPSTREAM},    {417, BW_E_UPSTREAM},
        {421, BW_E_UPSTREAM}, {423, BW_E_UPSTREAM},    {424, BW_E_UPSTREAM},
        {426, BW_E_UPSTREAM}, {428, BW_E_UPSTREAM},    {431, BW_E_UPSTREAM},
        {451, BW_E_UPSTREAM}, {501, BW_E_UNSUPPORTED}, {505, BW_E_UPSTREAM},
        {400, BW_E_INVALID},  {422, BW_E_INVALID}};
    for (const auto& [status, expected] : rows) {
        for (const std::string& body : {nested("model_gone", "gone"), std::string("<p>gone</p>")}) {
            const Failed failed = fail(status, body);
            EXPECT_EQ(failed.status, expected) << status;
            EXPECT_NE(failed.message.find("gone"), std::string::npos) << failed.message;
            EXPECT_EQ(failed.http_status, status);
        }
    }
}

TEST_F(OpenAiErrors, DoNotSayWhereTheUpstreamIs) {
    for (const std::uint32_t status : {400u, 401u, 403u, 404u, 405u, 410u, 500u}) {
        for (const char* body : {R"({"error":"x"})", "<p>x</p>", ""}) {
            const Result result =
                call_with(R"({"name":"vllm","base_url":"http://10.0.0.7:8000/v1"})", complete(),
                          {status, {}, body});
            const std::string message = result.error.value().message;
            EXPECT_EQ(message.find("10.0.0.7"), std::string::npos) << message;
        }
    }
}

TEST_F(OpenAiErrors, RefusedKeyOfAnotherServer) {
    const Result result = call_with(R"({"name":"vllm","base_url":"http://gpu:8000/v1"})",
                                    complete(), {401, {}, R"({"error":"Unauthorized"})"});
    EXPECT_EQ(result.error.value().message,
              "vllm refused its API key (Unauthorized); check that it belongs to the server at its "
              "base_url");
    host.secrets.clear();
    const Result keyless = call_with(R"({"name":"vllm","base_url":"http://gpu:8000/v1"})",
                                     complete(), {401, {}, R"({"error":"Unauthorized"})"});
    EXPECT_EQ(keyless.error.value().message,
              "vllm wants an API key (Unauthorized); set api_key in the config");
    EXPECT_TRUE(keyless.sent.auth.empty());
}

TEST_F(OpenAiErrors, NoKeyIsSaidBeforeAnythingIsSent) {
    host.secrets.clear();
    const Result result = call(complete());
    EXPECT_EQ(result.status(), BW_E_AUTH);
    EXPECT_EQ(result.error->where, "call_open");
    EXPECT_EQ(result.error->message,
              "openai has no API key; set OPENAI_API_KEY or api_key in the config");
}

}  // namespace

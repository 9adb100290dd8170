// What happens before a request goes out: its tokens are waited for, and it is signed as it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "json/request.hpp"
#include "plugin/attempt.hpp"
#include "scripted_transport.hpp"

namespace bellwether::plugin {
namespace {

using credentials::Credential;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* k_token = R"({"access_token":"tok","expires_in":3600})";

class DepartureTest : public testing::Test, public AttemptEvents {
  protected:
    DepartureTest() : before(Clock::give(&time)) {}
    ~DepartureTest() override {
        attempt.reset();
        Clock::give(before);
    }
    // The plugin "openai" with another kind of credential under its name.
    void begin(credentials::CredentialKind kind, credentials::CredentialValues values) {
        auto loaded = config::parse(
            "[providers.p]\nplugin = \"openai\"\nbase_url = \"https://p.test/v1\"\n", "c.toml");
        std::vector<config::Diagnostic> diagnostics;
        const auto registry = load(loaded.config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
        auto provider = std::make_shared<LoadedProvider>(*registry.providers.at(0));
        auto made = Credential::make(std::move(kind), std::move(values), {.name = "\"it\""});
        ASSERT_TRUE(made) << made.error();
        credential = std::make_shared<const Credential>(*std::move(made));
        provider->credentials = {{"api_key", credential}};
        provider->config = R"({"name":"p","base_url":"https://p.test/v1",)"
                           R"("credentials":["api_key"]})";
        instance = *Instance::create(provider);
        call.body = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";
        ASSERT_TRUE(json::read_request(call));
        again();
    }
    void begin_with_token() {
        begin(credentials::ClientCredentialsKind{.token_url = "https://t.test/token"},
              {.id = "id", .secret = "secret"});
    }
    void again() {
        result.reset();
        attempt = std::make_unique<Attempt>(
            instance, Order{.call = &call, .model = "m", .body = call.body}, *this);
        ASSERT_TRUE(attempt->start(transport, desk, loop));
    }
    void answer_token(int status, const std::string& body) {
        auto& asked = *transport.upstreams.at(transport.upstreams.size() - 1);
        ASSERT_EQ(asked.url, "https://t.test/token");
        asked.head(status, "application/json");
        asked.says(body);
        asked.ends();
        loop.restart();
        loop.poll();
    }
    bool waits() const { return transport.upstreams.back()->url == "https://t.test/token"; }
    void on_head(std::span<const net::Header>) override {}
    void on_limits(const SaidLimits&) override {}
    void on_piece(Piece, std::string_view) override {}
    void on_end(Result<void> ended) override { result = std::move(ended); }

    Clock::Simulated time;
    Clock::Simulated* const before;
    boost::asio::io_context loop;
    net::ScriptedTransport transport;
    credentials::TokenDesk desk{loop, transport};
    std::shared_ptr<const Credential> credential;
    std::shared_ptr<Instance> instance;
    Call call;
    std::unique_ptr<Attempt> attempt;
    std::optional<Result<void>> result;
};

TEST_F(DepartureTest, ARequestWaitsForItsToken) {
    begin_with_token();
    ASSERT_EQ(transport.upstreams.size(), 1u);
    EXPECT_TRUE(waits());
    EXPECT_EQ(attempt->reach(), Reach::none) << "nothing has been sent";
    answer_token(200, k_token);
    ASSERT_EQ(transport.upstreams.size(), 2u);
    EXPECT_THAT(transport.last().headers, Contains("authorization: Bearer tok"));
    EXPECT_EQ(attempt->reach(), Reach::sent);
    again();
    ASSERT_EQ(transport.upstreams.size(), 3u);
    EXPECT_FALSE(waits()) << "the token is there";
}

TEST_F(DepartureTest, ATokenThatCannotBeHadIsTheCredentialsFailure) {
    begin_with_token();
    answer_token(401, R"({"error":"invalid_client"})");
    ASSERT_TRUE(result && !*result);
    EXPECT_EQ(result->error().kind, ErrorKind::auth);
    EXPECT_EQ(result->error().code, "credential_refused");
    EXPECT_THAT(result->error().for_operator(), HasSubstr("https://t.test"));
    EXPECT_EQ(result->error().message.find("t.test"), std::string::npos);
    EXPECT_EQ(attempt->reach(), Reach::none);
    EXPECT_EQ(transport.upstreams.size(), 1u);
}

TEST_F(DepartureTest, OneThatIsDroppedWhileItWaitsIsNotSent) {
    begin_with_token();
    attempt.reset();
    answer_token(200, k_token);
    EXPECT_EQ(transport.upstreams.size(), 1u);
    EXPECT_FALSE(result);
    again();
    EXPECT_FALSE(waits()) << "the token is not lost";
}

TEST_F(DepartureTest, OneThatIsCutWhileItWaitsIsNotSent) {
    begin_with_token();
    attempt->cut();
    answer_token(200, k_token);
    EXPECT_EQ(transport.upstreams.size(), 1u);
    EXPECT_FALSE(result);
}

TEST_F(DepartureTest, APauseHoldsForWhatIsSentLater) {
    begin_with_token();
    attempt->pause();
    answer_token(200, k_token);
    ASSERT_EQ(transport.upstreams.size(), 2u);
    EXPECT_TRUE(transport.last().paused);
    attempt->resume();
    EXPECT_FALSE(transport.last().paused);
}

TEST_F(DepartureTest, ATokenThatIsRefusedIsFetchedAnew) {
    begin_with_token();
    answer_token(200, k_token);
    transport.last().head(401, "application/json");
    again();
    EXPECT_FALSE(waits()) << "a new one lacks a permission, which the next would not have";
    time.now += std::chrono::minutes(1);
    transport.last().head(401, "application/json");
    again();
    EXPECT_TRUE(waits());
}

TEST_F(DepartureTest, AwsSignsTheWholeRequest) {
    begin(credentials::AwsSigV4Kind{{"us-east-1", "bedrock"}}, {.id = "AKID", .secret = "s"});
    ASSERT_EQ(transport.upstreams.size(), 1u);
    EXPECT_THAT(transport.last().headers.back(),
                HasSubstr("SignedHeaders=accept;content-type;host;x-amz-date"));
}

TEST_F(DepartureTest, AQuerysCredentialIsInTheUrl) {
    begin(credentials::QueryKind{"key"}, {.secret = "a b"});
    EXPECT_EQ(transport.last().url, "https://p.test/v1/chat/completions?key=a%20b");
}

}  // namespace
}  // namespace bellwether::plugin

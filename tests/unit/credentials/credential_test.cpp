#include "credentials/credential.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../plugin/scripted_transport.hpp"
#include "base/sha256.hpp"
#include "credentials/readying.hpp"
#include "rsa_pair.hpp"

namespace bellwether::credentials {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

const WallTime k_time = *read_rfc3339("2015-08-30T12:36:00Z");

Credential made(CredentialKind kind, CredentialValues values) {
    auto credential = Credential::make(std::move(kind), std::move(values), {.name = "\"it\""});
    EXPECT_TRUE(credential) << credential.error();
    return std::move(*credential);
}

std::string fault(CredentialKind kind, CredentialValues values) {
    auto credential = Credential::make(std::move(kind), std::move(values), {.name = "\"it\""});
    EXPECT_FALSE(credential);
    return credential ? std::string() : credential.error();
}

net::Request request() {
    return {.url = "https://api.example/v1?a=1",
            .headers = {"content-type: application/json"},
            .body = "{}"};
}

net::Request applied(const Credential& credential, net::Request to = request(),
                     std::shared_ptr<const LiveToken> token = nullptr) {
    const ReadyCredential ready{&credential, std::move(token)};
    EXPECT_TRUE(authorize({&ready, 1}, to, {.now = k_time}));
    return to;
}

AwsSigV4Kind bedrock() { return {{"us-east-1", "bedrock"}}; }

TEST(Credential, AHeaderCarriesIt) {
    EXPECT_THAT(applied(made(BearerKind(), {.secret = "sk-1"})).headers,
                ElementsAre("content-type: application/json", "authorization: Bearer sk-1"));
    EXPECT_THAT(applied(made(HeaderKind{"X-Api-Key", "Token "}, {.secret = "k"})).headers,
                Contains("x-api-key: Token k"));
    EXPECT_THAT(applied(made(BasicKind(), {.id = "Aladdin", .secret = "open sesame"})).headers,
                Contains("authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
}

TEST(Credential, AHeaderOfTheSameNameIsReplaced) {
    net::Request forged = request();
    forged.headers.emplace_back("Authorization: Bearer forged");
    forged.headers.emplace_back("authorization-other: stays");
    EXPECT_THAT(applied(made(BearerKind(), {.secret = "sk-1"}), forged).headers,
                ElementsAre("content-type: application/json", "authorization-other: stays",
                            "authorization: Bearer sk-1"));
}

TEST(Credential, AQueryCarriesIt) {
    EXPECT_EQ(applied(made(QueryKind{"key"}, {.secret = "a&b"})).url,
              "https://api.example/v1?a=1&key=a%26b");
    EXPECT_EQ(with_query("https://a/b", "k", "v"), "https://a/b?k=v");
    EXPECT_EQ(with_query("https://a/b?", "k", "v"), "https://a/b?k=v");
    EXPECT_EQ(with_query("https://a/b?c&#d?e", "k", "v"), "https://a/b?c&k=v#d?e");
}

TEST(Credential, SignersComeLastAndSignWhatTheOthersWrote) {
    const Credential signer = made(bedrock(), {.id = "AKID", .secret = "s3cret"});
    const Credential header = made(HeaderKind{"x-tenant", ""}, {.secret = "t"});
    const Credential query = made(QueryKind{"key"}, {.secret = "k"});
    const std::vector<ReadyCredential> all{
        {&signer, nullptr}, {&header, nullptr}, {&query, nullptr}};
    net::Request sent = request();
    ASSERT_TRUE(authorize(all, sent, {.now = k_time}));
    EXPECT_THAT(sent.headers.back(),
                HasSubstr("SignedHeaders=content-type;host;x-amz-date;x-tenant,"));
    net::Request whole = request();
    whole.url = sent.url;
    whole.headers = {"content-type: application/json", "x-tenant: t"};
    const std::string hash = to_hex(sha256("{}"));
    EXPECT_EQ(sent.headers.back(),
              sigv4_headers({.method = "POST",
                             .url = "https://api.example/v1?a=1&key=k",
                             .headers = whole.headers,
                             .body_hash = hash},
                            {"AKID", "s3cret"}, {"us-east-1", "bedrock"}, k_time)
                  .back());
}

TEST(Credential, ASignatureIsNotSignedAgain) {
    const Credential signer = made(bedrock(), {.id = "AKID", .secret = "s", .session_token = "t"});
    const net::Request once = applied(signer);
    EXPECT_EQ(applied(signer, once).headers, once.headers);
    EXPECT_THAT(once.headers, Contains("x-amz-security-token: t"));
}

TEST(Credential, ABodyThatIsElsewhereIsSignedByItsHash) {
    const Credential signer = made(bedrock(), {.id = "AKID", .secret = "s"});
    const ReadyCredential ready{&signer, nullptr};
    net::Request by_hash = request();
    by_hash.body = {};
    ASSERT_TRUE(
        authorize({&ready, 1}, by_hash, {.body_hash = to_hex(sha256("{}")), .now = k_time}));
    EXPECT_EQ(by_hash.headers, applied(signer).headers);
}

TEST(Credential, RolesSignWithTheirToken) {
    const Credential signer = made(bedrock(), {.aws = instance_tokens("http://169.254.169.254")});
    ASSERT_NE(signer.tokens(), nullptr);
    const auto token =
        std::make_shared<const LiveToken>(LiveToken{.value = AwsKeys{"ASIA", "s", "t"}});
    EXPECT_THAT(applied(signer, request(), token).headers.back(), HasSubstr("Credential=ASIA/"));
    const Credential fixed = made(bedrock(), {.aws = AwsKeys{"AKID", "s", ""}});
    EXPECT_EQ(fixed.tokens(), nullptr);
    EXPECT_THAT(applied(fixed).headers.back(), HasSubstr("Credential=AKID/"));
}

TEST(Credential, WithoutItsTokenItIsNotSent) {
    const Credential credential =
        made(ClientCredentialsKind{.tenant = "t"}, {.id = "i", .secret = "s"});
    const ReadyCredential ready{&credential, nullptr};
    net::Request sent = request();
    EXPECT_FALSE(authorize({&ready, 1}, sent));
    EXPECT_EQ(sent.headers, request().headers);
}

TEST(Credential, KindsHaveTheNamesOfManifests) {
    for (const char* name : {"bearer", "header", "query", "basic", "aws-sigv4",
                             "google-service-account", "oauth2-client-credentials"}) {
        const auto kind = kind_named(name);
        ASSERT_TRUE(kind) << name;
        EXPECT_EQ(name_of(*kind), name);
    }
    EXPECT_FALSE(kind_named("digest"));
}

TEST(CredentialFaults, AreTold) {
    EXPECT_EQ(fault(BearerKind(), {}), "\"it\": it has no value");
    EXPECT_THAT(fault(BearerKind(), {.secret = "a\nb"}), HasSubstr("no header can carry"));
    EXPECT_THAT(fault(HeaderKind{"a b"}, {.secret = "s"}), HasSubstr("names a header"));
    EXPECT_THAT(fault(HeaderKind{"Host"}, {.secret = "s"}), HasSubstr("the host's own"));
    EXPECT_THAT(fault(HeaderKind{"a", "\r"}, {.secret = "s"}), HasSubstr("prefix"));
    EXPECT_THAT(fault(QueryKind(), {.secret = "s"}), HasSubstr("no field"));
    EXPECT_THAT(fault(BasicKind(), {}), HasSubstr("neither a user"));
    EXPECT_THAT(fault(BasicKind(), {.id = "a:b"}), HasSubstr("colon"));
    EXPECT_THAT(fault(BasicKind(), {.id = "a", .secret = "b\n"}), HasSubstr("line end"));
    EXPECT_THAT(fault(AwsSigV4Kind{{"", "s"}}, {}), HasSubstr("no region"));
    EXPECT_THAT(fault(AwsSigV4Kind{{"US EAST", "s"}}, {}), HasSubstr("region that is none"));
    EXPECT_THAT(fault(AwsSigV4Kind{{"r", ""}}, {}), HasSubstr("no service"));
    EXPECT_THAT(fault(bedrock(), {.id = "A"}), HasSubstr("no aws_secret_access_key"));
    EXPECT_THAT(fault(GoogleServiceAccountKind(), {.secret = "{}"}),
                HasSubstr("the service account's key has no \"type\""));
    EXPECT_THAT(fault(ClientCredentialsKind(), {}), HasSubstr("neither a token URL nor a tenant"));
    EXPECT_THAT(fault(ClientCredentialsKind{.token_url = "https://a/", .tenant = "t"}, {}),
                HasSubstr("give one of them"));
    EXPECT_THAT(fault(ClientCredentialsKind{.tenant = "{tenant}"}, {.id = "i", .secret = "s"}),
                HasSubstr("tenant that is neither"));
    EXPECT_THAT(
        fault(ClientCredentialsKind{.token_url = "http://a.example/"}, {.id = "i", .secret = "s"}),
        HasSubstr("not encrypted"));
}

class ReadyingTest : public ::testing::Test {
  protected:
    ReadyingTest() : before_(Clock::give(&time)) {}
    ~ReadyingTest() override { Clock::give(before_); }

    void run() {
        loop.restart();
        loop.poll();
    }
    void answers(std::size_t index, const std::string& body, int status = 200) {
        auto& upstream = *wire.upstreams.at(index);
        upstream.head(status, "application/json");
        upstream.says(body);
        upstream.ends();
        run();
    }

    Clock::Simulated time;
    Clock::Simulated* before_;
    boost::asio::io_context loop;
    net::ScriptedTransport wire;
    TokenDesk desk{loop, wire};
    Credential google =
        made(GoogleServiceAccountKind(), {.secret = account_json(rsa_pair().pem())});
    Credential entra = made(ClientCredentialsKind{.tenant = "t"}, {.id = "i", .secret = "s"});
    Credential key = made(HeaderKind{"x-key"}, {.secret = "k"});
    std::vector<const Credential*> all{&google, &key, &entra};
};

TEST_F(ReadyingTest, WaitsForAllTokens) {
    EXPECT_TRUE(ready_now(desk, std::span(all).subspan(1, 1)));
    EXPECT_FALSE(ready_now(desk, all));
    std::optional<std::vector<ReadyCredential>> ready;
    Readying readying(desk, all, [&](auto result) {
        ready = std::move(*result);
        readying.reset();
    });
    ASSERT_EQ(wire.upstreams.size(), 2u);
    answers(1, R"({"access_token":"e","expires_in":3600})");
    EXPECT_FALSE(ready);
    answers(0, R"({"access_token":"g","expires_in":3600})");
    ASSERT_TRUE(ready);
    net::Request sent = request();
    const std::vector<ReadyCredential> two(ready->begin(), ready->begin() + 2);
    ASSERT_TRUE(authorize(two, sent));
    EXPECT_THAT(sent.headers, IsSupersetOf({"authorization: Bearer g", "x-key: k"}));
    EXPECT_TRUE(ready_now(desk, all));
}

TEST_F(ReadyingTest, TheFirstErrorEndsIt) {
    int told = 0;
    std::string code;
    const Readying readying(desk, all, [&](auto result) {
        ++told;
        code = result.error().code;
    });
    answers(1, "{}", 400);
    answers(0, R"({"access_token":"g","expires_in":3600})");
    EXPECT_EQ(told, 1);
    EXPECT_EQ(code, "credential_refused");
}

TEST_F(ReadyingTest, DroppedItIsNeverTold) {
    Readying readying(desk, all, [](auto) { FAIL(); });
    readying.reset();
    answers(0, R"({"access_token":"g"})");
    answers(1, R"({"access_token":"e"})");
    EXPECT_TRUE(ready_now(desk, all)) << "the tokens are kept all the same";
}

}  // namespace
}  // namespace bellwether::credentials

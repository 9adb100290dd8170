// Tokens over the host's own wire: a real client, a server on this machine.
#include <gmock/gmock.h>

#include <optional>

#include "../net/harness.hpp"
#include "credentials/aws_role.hpp"
#include "credentials/client_credentials.hpp"
#include "credentials/token_desk.hpp"

namespace bellwether::credentials {
namespace {

using net::test::Peer;
using net::test::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string json_reply(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

class TokenWireTest : public net::test::NetTest {
  protected:
    // Asks for a token and waits for what comes of it.
    TokenOutcome fetch(std::shared_ptr<const TokenGiver> giver) {
        source = TokenSource::make(std::move(giver), {.name = "it"});
        TokenDesk desk(loop, *client);
        std::optional<TokenOutcome> told;
        const TokenWait wait =
            desk.wait(source, [&told](const TokenOutcome& outcome) { told = outcome; });
        EXPECT_TRUE(run_until([&told] { return told.has_value(); }));
        return told.value_or(nullptr);
    }

    std::shared_ptr<TokenSource> source;
};

TEST_F(TokenWireTest, AClientsTokenIsFetched) {
    std::string received;
    std::optional<ScriptedServer> server(std::in_place, [&](Peer& peer) {
        received = peer.read_request();
        peer.send(json_reply(R"({"access_token":"t1","expires_in":3600})"));
    });
    const auto token = fetch(client_tokens(
        {.token_url = server->url("/token"), .client_id = "id", .client_secret = "secret"}));
    server.reset();
    ASSERT_TRUE(token) << token.error().for_operator();
    EXPECT_EQ(std::get<std::string>((*token)->value), "t1");
    EXPECT_THAT(received, StartsWith("POST /token HTTP/1.1\r\n"));
    EXPECT_THAT(received, HasSubstr("authorization: Basic aWQ6c2VjcmV0\r\n"));
    EXPECT_THAT(received, ::testing::EndsWith("\r\n\r\ngrant_type=client_credentials"));
}

TEST_F(TokenWireTest, AnInstancesRoleIsFetchedInThreeRequests) {
    std::vector<std::string> received;
    std::optional<ScriptedServer> server(std::in_place, [&](Peer& peer) {
        for (const char* body : {"session", "role",
                                 R"({"AccessKeyId":"A","SecretAccessKey":"B","Token":"C",)"
                                 R"("Expiration":"2200-01-01T00:00:00Z"})"}) {
            received.push_back(peer.read_request());
            peer.send(json_reply(body));
        }
    });
    const auto token = fetch(instance_tokens(server->url("")));
    server.reset();
    ASSERT_TRUE(token) << token.error().for_operator();
    EXPECT_EQ(std::get<AwsKeys>((*token)->value), (AwsKeys{"A", "B", "C"}));
    ASSERT_EQ(received.size(), 3u);
    EXPECT_THAT(received[0], StartsWith("PUT /latest/api/token HTTP/1.1\r\n"));
    EXPECT_THAT(received[2], StartsWith("GET /latest/meta-data/iam/security-credentials/role "));
    EXPECT_THAT(received[2], HasSubstr("x-aws-ec2-metadata-token: session\r\n"));
}

TEST_F(TokenWireTest, AnEndpointThatIsNotThereIsTheCredentialsFailure) {
    const auto token = fetch(client_tokens(
        {.token_url = "http://127.0.0.1:1/token", .client_id = "id", .client_secret = "secret"}));
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().kind, ErrorKind::auth);
    EXPECT_EQ(token.error().code, "credential_unavailable");
    EXPECT_EQ(token.error().message, "it: no token could be fetched for it");
    EXPECT_THAT(token.error().detail, HasSubstr("http://127.0.0.1:1 could not be asked: "));
}

TEST_F(TokenWireTest, ADeskMayEndInTheMiddleOfAFetch) {
    ScriptedServer server([&](Peer& peer) { peer.read_request(); });
    source = TokenSource::make(
        client_tokens(
            {.token_url = server.url("/token"), .client_id = "id", .client_secret = "secret"}),
        {.name = "it"});
    {
        TokenDesk desk(loop, *client);
        const TokenWait wait = desk.wait(source, [](const TokenOutcome&) { FAIL(); });
        run_for(std::chrono::milliseconds(20));
        EXPECT_TRUE(source->standing().fetching);
    }
    EXPECT_FALSE(source->standing().fetching);
    run_for(std::chrono::milliseconds(5));
}

}  // namespace
}  // namespace bellwether::credentials

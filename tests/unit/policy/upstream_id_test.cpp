// What an upstream calls a request.
#include "policy/upstreams/upstream_id.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bellwether::policy {
namespace {

std::string id(const std::vector<net::Header>& headers) {
    return upstream_id(headers, [](std::string_view text) {
        return text.find("sk-secret") != std::string_view::npos;
    });
}

TEST(UpstreamId, TheUpstreamsOwnBeforeThatOfWhatStandsBeforeIt) {
    EXPECT_EQ(id({}), "");
    EXPECT_EQ(id({{"cf-ray", "8a1-FRA"}}), "8a1-FRA");
    EXPECT_EQ(id({{"cf-ray", "8a1-FRA"}, {"request-id", "req_1"}}), "req_1");
    EXPECT_EQ(id({{"request-id", "req_1"}, {"x-request-id", "req_2"}}), "req_2");
    EXPECT_EQ(id({{"x-request-id", ""}, {"x-ms-request-id", "m"}}), "m");
}

TEST(UpstreamId, IsFitForALog) {
    EXPECT_EQ(id({{"x-request-id", "a b\xc3\xa9\tc"}}), "abc");
    EXPECT_EQ(id({{"x-request-id", std::string(500, 'x')}}), std::string(128, 'x'));
}

// An upstream may send back what it was sent.
TEST(UpstreamId, IsNoneWhereACredentialStands) {
    EXPECT_EQ(id({{"x-request-id", "a sk-secret b"}}), "");
    EXPECT_EQ(id({{"x-request-id", std::string(125, 'x') + "sk-secret"}}), "") << "not even cut";
    EXPECT_EQ(id({{"x-request-id", "sk-other"}}), "sk-other");
}

}  // namespace
}  // namespace bellwether::policy

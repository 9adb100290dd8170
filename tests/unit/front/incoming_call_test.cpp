// What a request's headers say of the call.
#include "front/incoming_call.hpp"

#include <gtest/gtest.h>

namespace bw::front {
namespace {

std::string user(const std::vector<http::Field>& fields, std::string_view header) {
    http::IncomingRequest request;
    request.fields = fields;
    Call call;
    take_user(call, request, header);
    return call.user;
}

TEST(TakeUser, FromTheHeaderThatIsConfigured) {
    EXPECT_EQ(user({{"x-user", "ann"}}, "x-user"), "ann");
    EXPECT_EQ(user({{"x-user", "ann"}}, "x-other"), "");
    EXPECT_EQ(user({{"x-user", "ann"}, {"", "bob"}}, ""), "");
    EXPECT_EQ(user({{"x-user", ""}}, "x-user"), "");
}

// Something in front of the host may have added its own to one that a client made up.
TEST(TakeUser, NotFromHeadersThatDiffer) {
    EXPECT_EQ(user({{"x-user", "ann"}, {"x-user", "ann"}}, "x-user"), "ann");
    EXPECT_EQ(user({{"x-user", "ann"}, {"x-user", "bob"}}, "x-user"), "");
}

TEST(TakeForwarded, WhatAProviderListsAndNoMore) {
    std::vector<config::Provider> providers(2);
    providers[1].forward_headers = {"x-foo", "openai-organization"};
    const std::string long_value(5'000, 'x');
    http::IncomingRequest request;
    request.fields = {{"authorization", "Bearer k"},
                      {"x-foo", "1"},
                      {"x-bar", "2"},
                      {"x-foo", "3"},
                      {"x-foo", long_value}};
    Call call;
    take_forwarded(call, request, providers);
    ASSERT_EQ(call.forwarded.size(), 2u);
    EXPECT_EQ(call.forwarded[0].name, "x-foo");
    EXPECT_EQ(call.forwarded[0].value, "1");
    EXPECT_EQ(call.forwarded[1].value, "3");
}

}  // namespace
}  // namespace bw::front

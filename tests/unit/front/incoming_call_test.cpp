// What a request's headers say of the call.
#include "front/incoming_call.hpp"

#include <gtest/gtest.h>

namespace bellwether::front {
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
    config::Config config;
    config.providers.resize(2);
    config.providers[1].forward_headers = {"x-foo", "openai-organization"};
    const std::string long_value(5'000, 'x');
    http::IncomingRequest request;
    request.fields = {{"authorization", "Bearer k"},
                      {"x-foo", "1"},
                      {"x-bar", "2"},
                      {"x-foo", "3"},
                      {"x-foo", long_value}};
    Call call;
    take_forwarded(call, request, kept_headers(config, {}));
    ASSERT_EQ(call.forwarded.size(), 2u);
    EXPECT_EQ(call.forwarded[0].name, "x-foo");
    EXPECT_EQ(call.forwarded[0].value, "1");
    EXPECT_EQ(call.forwarded[1].value, "3");
}

TEST(KeptHeaders, AreThoseOfProvidersAndOfStickyRoutes) {
    config::Config config;
    EXPECT_TRUE(kept_headers(config, {}).empty());
    config.providers.resize(2);
    config.providers[0].forward_headers = {"x-foo"};
    config.providers[1].forward_headers = {"x-foo", "x-bar"};
    config.routes.resize(3);
    config.routes[0].sticky_by = {.of = config::StickyBy::Of::header, .header = "x-session"};
    config.routes[1].sticky_by = config.routes[0].sticky_by;
    config.routes[2].sticky_by = {.of = config::StickyBy::Of::user};
    EXPECT_EQ(kept_headers(config, {}), (std::vector<std::string>{"x-bar", "x-foo", "x-session"}));
}

}  // namespace
}  // namespace bellwether::front

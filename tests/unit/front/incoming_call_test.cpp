// What a request's headers say of the call.
#include "front/incoming_call.hpp"

#include <gtest/gtest.h>

namespace bw::front {
namespace {

std::string user(const std::vector<http::Field>& fields, std::string_view header) {
    http::Request request;
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

}  // namespace
}  // namespace bw::front

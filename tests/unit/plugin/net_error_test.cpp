// Failures of the wire as clients and operators are told of them.
#include "plugin/net_error.hpp"

#include <gtest/gtest.h>

namespace bellwether::plugin {
namespace {

TEST(NetError, TheAddressIsForTheOperator) {
    const Error error = to_error({.kind = net::FailureKind::connect,
                                  .message = "no connection to the upstream",
                                  .detail = "no connection to 10.1.2.3:80: refused"},
                                 "mine");
    EXPECT_EQ(error.message, "mine: no connection to the upstream");
    EXPECT_EQ(error.for_operator(), "mine: no connection to 10.1.2.3:80: refused");
    EXPECT_EQ(error.code, "upstream_unreachable");
    EXPECT_EQ(error.kind, ErrorKind::unreachable);
}

// What this host lacks is said of it, and is worth another try.
TEST(NetError, ALackIsTheHostsOwn) {
    for (const auto& [kind, code] :
         {std::pair(net::FailureKind::no_descriptors, "host_out_of_descriptors"),
          std::pair(net::FailureKind::no_memory, "host_out_of_memory")}) {
        const Error error = to_error({.kind = kind, .message = "the host has none"}, "mine");
        EXPECT_EQ(error.kind, ErrorKind::unavailable);
        EXPECT_EQ(error.code, code);
        EXPECT_EQ(error.message, "the host has none") << "blames no provider";
        EXPECT_TRUE(error.retry_after.has_value());
    }
}

}  // namespace
}  // namespace bellwether::plugin

// How long a client will wait, as its header says.
#include "front/client_deadline.hpp"

#include <gtest/gtest.h>

namespace bw::front {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const Clock::time_point k_start = Clock::time_point(1h);

TEST(ClientDeadline, CountsFromTheStartOfTheCall) {
    EXPECT_EQ(*client_deadline("30s", k_start), k_start + 30s);
    EXPECT_EQ(*client_deadline("1500ms", k_start), k_start + 1500ms);
    EXPECT_EQ(*client_deadline("24h", k_start), k_start + 24h);
}

TEST(ClientDeadline, NoHeaderIsNoLimit) {
    EXPECT_EQ(*client_deadline("", k_start), Clock::time_point::max());
}

TEST(ClientDeadline, NamesTheHeaderThatItRefuses) {
    for (const char* header :
         {"30", "0ms", "-1s", "25h", "1.5s", "soon", "30 s", "99999999999999999999s"}) {
        const auto deadline = client_deadline(header, k_start);
        ASSERT_FALSE(deadline) << header;
        EXPECT_NE(deadline.error().message.find(k_timeout_header), std::string::npos);
    }
}

}  // namespace
}  // namespace bw::front

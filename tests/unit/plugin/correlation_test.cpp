#include "plugin/correlation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "plugin/upstream_wait.hpp"

namespace bellwether::plugin::test {

using testing::ElementsAre;
using namespace std::chrono_literals;

TEST(Correlation, TheRequestIdGoesUpstream) {
    std::vector<std::string> headers{"accept: a"};
    set_correlation(headers, Call{.id = "req_1"});
    EXPECT_THAT(headers, ElementsAre("accept: a", "x-request-id: req_1"));
}

TEST(Correlation, TheHostsWordCounts) {
    std::vector<std::string> headers{"x-request-id: the plugin's", "traceparent: its", "b: 1",
                                     "tracestate: its"};
    set_correlation(headers, Call{.id = "req_1", .traceparent = "tp", .tracestate = "ts"});
    EXPECT_THAT(headers,
                ElementsAre("b: 1", "x-request-id: req_1", "traceparent: tp", "tracestate: ts"));
}

TEST(UpstreamWait, CountsOnlyWhileNobodyWorks) {
    UpstreamWait wait;
    EXPECT_EQ(wait.total(), 0ns);
    wait.begin();
    std::this_thread::sleep_for(2ms);
    const auto first = wait.total();
    EXPECT_GE(first, 2ms);
    {
        const UpstreamWait::Interruption working(wait);
        const auto before = wait.total();
        std::this_thread::sleep_for(2ms);
        EXPECT_EQ(wait.total(), before);
    }
    std::this_thread::sleep_for(2ms);
    EXPECT_GE(wait.total(), first + 2ms);
}

TEST(UpstreamWait, MayEndWhileTheHostWorks) {
    std::optional<UpstreamWait> wait(std::in_place);
    wait->begin();
    const UpstreamWait::Interruption working(*wait);
    wait.reset();
}

}  // namespace bellwether::plugin::test

// The attempts of a call as people and programs read them.
#include "policy/record/tried_text.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

TEST(TriedText, NamesTargetErrorAndTimesOfEachAttempt) {
    const std::vector<FailedAttempt> failures{{.provider = "a",
                                               .model = "qwen-max",
                                               .kind = ErrorKind::upstream,
                                               .code = "overloaded",
                                               .duration = 12ms,
                                               .wait = 1200ms,
                                               .followed = Followed::same_target},
                                              {.provider = "b",
                                               .model = "m",
                                               .kind = ErrorKind::cancelled,
                                               .code = "hedge_lost",
                                               .duration = 3ms,
                                               .followed = Followed::hedge}};
    EXPECT_EQ(tried_text(failures),
              "a/qwen-max;error=upstream_error;ms=12;wait_ms=1200, "
              "b/m;error=hedge_lost;ms=3;hedged");
    EXPECT_EQ(tried_text({}), "");
}

TEST(TriedText, NoNameCanEndTheLineOrAnEntry) {
    const std::vector<FailedAttempt> failures{
        {.provider = "p", .model = "a, b;c\r\nd\u00e9", .kind = ErrorKind::rate, .code = ""}};
    EXPECT_EQ(tried_text(failures), "p/a??b?c??d??;error=rate_limit_exceeded;ms=0");
}

}  // namespace
}  // namespace bellwether::policy

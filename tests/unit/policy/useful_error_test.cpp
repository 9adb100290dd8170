// Which error a client is told after several tries.
#include "policy/attempts/useful_error.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

Error of(ErrorKind kind, std::optional<std::chrono::milliseconds> retry_after = {}) {
    return {.kind = kind, .retry_after = retry_after};
}

TEST(UsefulError, WhatMayBeGoneSoonIsToldRatherThanWhatStays) {
    for (const ErrorKind passing : {ErrorKind::rate, ErrorKind::upstream, ErrorKind::timeout,
                                    ErrorKind::unreachable, ErrorKind::protocol}) {
        for (const ErrorKind staying :
             {ErrorKind::invalid, ErrorKind::context_length, ErrorKind::auth, ErrorKind::quota,
              ErrorKind::not_found, ErrorKind::unsupported}) {
            EXPECT_TRUE(is_more_useful(of(passing), of(staying)));
            EXPECT_FALSE(is_more_useful(of(staying), of(passing)));
        }
    }
}

TEST(UsefulError, WhatTheClientCanMendIsToldRatherThanWhatOnlyAnOperatorCan) {
    for (const ErrorKind own :
         {ErrorKind::invalid, ErrorKind::context_length, ErrorKind::content_filter}) {
        EXPECT_TRUE(is_more_useful(of(own), of(ErrorKind::auth)));
        EXPECT_FALSE(is_more_useful(of(ErrorKind::quota), of(own)));
    }
}

TEST(UsefulError, WhatTheOperatorHasToMendFirstIsToldLast) {
    const Error refused = of(ErrorKind::auth);
    for (const Error& operators :
         {Error{.kind = ErrorKind::unavailable, .code = "provider_not_configured"},
          Error{.kind = ErrorKind::unreachable, .code = "upstream_tls_error"}}) {
        for (const ErrorKind other : {ErrorKind::upstream, ErrorKind::context_length}) {
            EXPECT_FALSE(is_more_useful(operators, of(other))) << operators.code;
            EXPECT_TRUE(is_more_useful(of(other), operators)) << operators.code;
        }
        EXPECT_TRUE(is_more_useful(operators, refused) && is_more_useful(refused, operators));
    }
}

TEST(UsefulError, OfTwoAlikeTheLaterOneIsTold) {
    EXPECT_TRUE(is_more_useful(of(ErrorKind::upstream), of(ErrorKind::timeout)));
    EXPECT_TRUE(is_more_useful(of(ErrorKind::timeout), of(ErrorKind::upstream)));
}

TEST(UsefulError, OfTwoRateLimitsTheShorterWaitIsTold) {
    EXPECT_TRUE(is_more_useful(of(ErrorKind::rate, 2s), of(ErrorKind::rate, 9s)));
    EXPECT_FALSE(is_more_useful(of(ErrorKind::rate, 9s), of(ErrorKind::rate, 2s)));
    EXPECT_FALSE(is_more_useful(of(ErrorKind::rate), of(ErrorKind::rate, 2s)));
}

}  // namespace
}  // namespace bellwether::policy

#include "pages/secret_setting.hpp"

#include <gtest/gtest.h>

namespace bellwether::pages {
namespace {

TEST(SecretSetting, BeTheNameItsOwn) {
    EXPECT_TRUE(may_hold_secret("password", R"("hidden")"));
    EXPECT_TRUE(may_hold_secret("Authorization", R"("hidden")"));
    EXPECT_FALSE(may_hold_secret("delay", R"("20ms")"));
}

TEST(SecretSetting, OrThatOfAMemberBySomeSpelling) {
    for (const char* json : {R"({"api_key":"hidden"})", R"({"X-Api-Key":"hidden"})",
                             R"({"a":[1,{"b":{"apiKey":"hidden"}}]})", R"([{"TOKEN":"hidden"}])"}) {
        EXPECT_TRUE(may_hold_secret("headers", json)) << json;
    }
    EXPECT_FALSE(may_hold_secret("headers", R"({"x-team":"search","max_tokens":3})"));
}

}  // namespace
}  // namespace bellwether::pages

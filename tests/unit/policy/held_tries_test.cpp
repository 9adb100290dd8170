// For how many more tries enough is held.
#include "policy/attempts/held_tries.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

TEST(HeldTries, WhatIsHeldAtFirstIsEnoughAnywhere) {
    HeldTries held(2);
    EXPECT_TRUE(held.is_enough_for(0));
    held.use(0);
    EXPECT_TRUE(held.is_enough_for(1));
    held.use(1);
    EXPECT_FALSE(held.is_enough_for(0));
    EXPECT_FALSE(held.is_enough_for(1));
}

// What is held for two tries is held for two places, of which one may be dearer than the other.
TEST(HeldTries, ASecondTryAtOnePlaceIsHeldForAnew) {
    HeldTries held(2);
    held.use(0);
    EXPECT_FALSE(held.is_enough_for(0));
    held.add(0);
    EXPECT_TRUE(held.is_enough_for(0));
    held.use(0);
    EXPECT_FALSE(held.is_enough_for(0));
    EXPECT_TRUE(held.is_enough_for(1));
}

TEST(HeldTries, WhatIsHeldForOnePlaceIsEnoughThereOnly) {
    HeldTries held(1);
    held.use(0);
    held.add(1);
    EXPECT_TRUE(held.is_enough_for(1));
    EXPECT_FALSE(held.is_enough_for(0)) << "a try there may cost more";
    held.use(1);
    EXPECT_FALSE(held.is_enough_for(1));
}

TEST(HeldTries, ATryUsesWhatIsHeldForItsPlaceFirst) {
    HeldTries held(1);
    held.add(1);
    held.use(1);
    EXPECT_TRUE(held.is_enough_for(0));
}

}  // namespace
}  // namespace bellwether::policy

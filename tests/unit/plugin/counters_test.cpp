// What plugins count for the operator.
#include "plugin/counters.hpp"

#include <gtest/gtest.h>

namespace bellwether::plugin {
namespace {

TEST(Counters, AddUpByLabel) {
    Counters counters(std::vector<CounterSpec>{{"uploads", "Files sent"}, {"polls", ""}});
    counters.add("uploads", "", 1);
    counters.add("uploads", "", 2);
    counters.add("polls", "image", 5);
    const auto read = counters.read();
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read[0].counter->name, "uploads");
    EXPECT_EQ(read[0].value, 3U);
    EXPECT_EQ(read[1].label, "image");
}

TEST(Counters, TakeNeitherUnknownNamesNorNegativeAmounts) {
    Counters counters(std::vector<CounterSpec>{{"uploads", ""}});
    counters.add("downloads", "", 1);
    counters.add("uploads", "", -1);
    counters.add("uploads", "", 0);
    EXPECT_TRUE(counters.read().empty());
}

TEST(Counters, KeepTheNumberOfLabelsWithinBounds) {
    Counters counters(std::vector<CounterSpec>{{"calls", ""}});
    for (int i = 0; i < 1'000; ++i) counters.add("calls", "label-" + std::to_string(i), 1);
    const auto read = counters.read();
    EXPECT_EQ(read.size(), Counters::k_labels_max + 1);
    std::uint64_t sum = 0;
    for (const auto& one : read) sum += one.value;
    EXPECT_EQ(sum, 1'000U) << "what has no label of its own is counted as other";
}

}  // namespace
}  // namespace bellwether::plugin

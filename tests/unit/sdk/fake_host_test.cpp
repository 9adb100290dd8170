// The testing host takes what a plugin hands over as the host does.
#include <gtest/gtest.h>

#include <bellwether/testing/fake_host.hpp>
#include <string>
#include <vector>

namespace bw::testing {
namespace {

bw_str str(std::string_view text) { return {text.data(), text.size()}; }

void take(Result& result, const std::vector<bw_amount>& amounts) {
    bw_usage usage{};
    usage.size = sizeof usage;
    usage.amounts = amounts.data();
    usage.amount_count = amounts.size();
    result.take(usage);
}

TEST(FakeHost, KeepsTheLargerOfEveryFigureAndUnit) {
    for (const auto& [name, figure] : Used::names()) {
        Result result;
        take(result, {{str(name), 7}});
        take(result, {{str(name), 3}});
        ASSERT_TRUE(result.usage);
        EXPECT_EQ((*result.usage).*figure, 7) << name;
        EXPECT_TRUE(result.units.empty());
    }
    Result result;
    take(result, {{str("calls"), 3}, {str("pages"), 1}});
    take(result, {{str("pages"), 4}});
    take(result, {{str("calls"), 2}});
    const decltype(result.units) expected = {{"calls", 3}, {"pages", 4}};
    EXPECT_EQ(result.units, expected);
}

}  // namespace
}  // namespace bw::testing

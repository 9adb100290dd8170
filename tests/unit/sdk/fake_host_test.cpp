// The testing host takes what a plugin hands over as the host does.
#include <gtest/gtest.h>

#include <bellwether/testing/fake_host.hpp>
#include <cstring>
#include <string>
#include <vector>

namespace bw::testing {
namespace {

bw_usage usage_of(std::int64_t figure) {
    bw_usage usage{};
    usage.size = sizeof usage;
    for (const auto member :
         {&bw_usage::input_tokens, &bw_usage::output_tokens, &bw_usage::cached_input_tokens,
          &bw_usage::reasoning_tokens, &bw_usage::total_tokens, &bw_usage::cache_write_tokens,
          &bw_usage::cache_write_1h_tokens, &bw_usage::audio_input_tokens,
          &bw_usage::audio_output_tokens, &bw_usage::image_input_tokens,
          &bw_usage::image_output_tokens}) {
        usage.*member = figure;
    }
    return usage;
}

TEST(FakeHost, KeepsTheLargerOfEveryFigure) {
    Result result;
    result.take(usage_of(7));
    result.take(usage_of(-1));
    ASSERT_TRUE(result.usage);
    const bw_usage expected = usage_of(7);
    EXPECT_EQ(std::memcmp(&*result.usage, &expected, sizeof expected), 0);
}

TEST(FakeHost, KeepsTheLargerCountOfEachUnit) {
    const auto take = [](Result& result, std::vector<bw_unit> units) {
        bw_usage usage = usage_of(1);
        usage.units = units.data();
        usage.unit_count = units.size();
        result.take(usage);
    };
    Result result;
    take(result, {{{"calls", 5}, 3}, {{"pages", 5}, 1}});
    take(result, {{{"pages", 5}, 4}});
    take(result, {{{"calls", 5}, 2}});
    const decltype(result.units) expected = {{"calls", 3}, {"pages", 4}};
    EXPECT_EQ(result.units, expected);
}

TEST(FakeHost, ReadsNoMoreOfAnErrorThanThereIsRoomFor) {
    bw_error error{};
    std::memset(error.message, 'm', sizeof error.message);
    std::memset(error.code, 'c', sizeof error.code);
    std::memset(error.param, 'p', sizeof error.param);
    error.message_len = error.code_len = error.param_len = 1'000'000;
    const Failed failed = detail::read_error(BW_E_INTERNAL, "create", error);
    EXPECT_EQ(failed.message, std::string(sizeof error.message, 'm'));
    EXPECT_EQ(failed.code, std::string(sizeof error.code, 'c'));
    EXPECT_EQ(failed.param, std::string(sizeof error.param, 'p'));
}

}  // namespace
}  // namespace bw::testing

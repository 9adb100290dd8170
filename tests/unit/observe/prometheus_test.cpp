#include "observe/prometheus.hpp"

#include <gtest/gtest.h>

namespace bellwether::observe::test {

using namespace std::chrono_literals;

TEST(PrometheusText, MetricAndSamples) {
    PrometheusText text;
    text.metric("a_total", "counter", "What it counts.");
    text.sample({}, std::uint64_t{18446744073709551615u});
    text.sample({{"x", "1"}, {"y", ""}}, std::int64_t{-2});
    text.sample({{"x", "2"}}, 0.25);
    EXPECT_EQ(text.take(),
              "# HELP a_total What it counts.\n"
              "# TYPE a_total counter\n"
              "a_total 18446744073709551615\n"
              "a_total{x=\"1\",y=\"\"} -2\n"
              "a_total{x=\"2\"} 0.25\n");
}

TEST(PrometheusText, LabelsAreEscaped) {
    PrometheusText text;
    text.metric("a", "gauge", "back\\slash\nand \"quotes\"");
    text.sample({{"x", "q\"b\\n\n\xc3\xa9}"}}, std::uint64_t{1});
    EXPECT_EQ(text.take(),
              "# HELP a back\\\\slash\\nand \"quotes\"\n"
              "# TYPE a gauge\n"
              "a{x=\"q\\\"b\\\\n\\n\xc3\xa9}\"} 1\n");
}

TEST(PrometheusText, HistogramIsCumulative) {
    constexpr std::chrono::microseconds k_two[] = {250us, 1s};
    Histogram histogram{Bounds(k_two)};
    histogram.record(100us);
    histogram.record(500ms);
    histogram.record(1min);
    PrometheusText text;
    text.metric("h_seconds", "histogram", "H.");
    text.histogram({{"x", "1"}}, histogram);
    EXPECT_EQ(text.take(),
              "# HELP h_seconds H.\n"
              "# TYPE h_seconds histogram\n"
              "h_seconds_bucket{x=\"1\",le=\"0.00025\"} 1\n"
              "h_seconds_bucket{x=\"1\",le=\"1\"} 2\n"
              "h_seconds_bucket{x=\"1\",le=\"+Inf\"} 3\n"
              "h_seconds_sum{x=\"1\"} 60.5001\n"
              "h_seconds_count{x=\"1\"} 3\n");
}

}  // namespace bellwether::observe::test

#include "observe/metrics.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "observe/error_type.hpp"

namespace bellwether::observe::test {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

MetricNames some_names() {
    return {.routes = {"", {"qwen-*", "echo"}},
            .providers = {"", {"alpha", "beta"}},
            .models = {"other", {"qwen-max", "qwen-plus", "other"}}};
}

std::string written(const Metrics& metrics) {
    PrometheusText text;
    metrics.write(text);
    return text.take();
}

TEST(NameSet, UnknownNamesAreTheFallback) {
    const NameSet names("other", {"a", "b", "a"});
    EXPECT_EQ(names.size(), 3u);
    EXPECT_EQ(names.name(names.index("b")), "b");
    EXPECT_EQ(names.name(names.index("invented")), "other");
    EXPECT_EQ(names.name(names.index("")), "other");
}

TEST(NameSet, FurtherNamesLeaveTheIndicesOfTheFirst) {
    const NameSet first("other", {"a", "b"});
    const NameSet both = first.with(NameSet("other", {"c", "b"}));
    EXPECT_EQ(both.size(), 4u);
    for (const char* name : {"a", "b", "unknown"}) {
        EXPECT_EQ(both.index(name), first.index(name)) << name;
    }
    EXPECT_EQ(both.name(both.index("c")), "c");
}

TEST(CounterRow, EachIndexHasACounterOfItsOwn) {
    CounterRow row;
    for (const std::size_t index : {0u, 63u, 64u, 191u, 192u, 100'000u}) {
        EXPECT_EQ(row.value(index), 0u) << index;
        row.add(index);
        row.add(index);
        EXPECT_EQ(row.value(index), 2u) << index;
    }
    EXPECT_EQ(row.value(1), 0u);
    EXPECT_EQ(row.value(65), 0u);
}

// A reload brings new names; what was counted before stays.
TEST(Metrics, NamesAreAddedWhileItCounts) {
    Metrics metrics(some_names(), 1);
    WorkerMetrics& worker = metrics.worker(0);
    worker.attempt("beta", 0);
    worker.attempt("gamma", 0);
    metrics.add_names({.routes = {"", {}}, .providers = {"", {"gamma"}}, .models = {"other", {}}});
    EXPECT_THAT(
        written(metrics),
        HasSubstr("bellwether_upstream_attempts_total{provider=\"gamma\",result=\"ok\"} 0\n"));
    worker.use(metrics.names());
    worker.attempt("beta", 0);
    worker.attempt("gamma", 0);
    const std::string text = written(metrics);
    EXPECT_THAT(text, HasSubstr("_attempts_total{provider=\"beta\",result=\"ok\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("_attempts_total{provider=\"gamma\",result=\"ok\"} 1\n"));
}

TEST(Metrics, WorkersAreSummed) {
    Metrics metrics(some_names(), 2);
    metrics.worker(0).series("qwen-*", "alpha", "qwen-max").results.add(200, 0);
    metrics.worker(1).series("qwen-*", "alpha", "qwen-max").results.add(200, 0);
    metrics.worker(1).series("qwen-*", "alpha", "qwen-max").duration.record(15ms);
    metrics.worker(1).requests_active.add(3);
    metrics.worker(0).requests_active.add(-1);
    const std::string text = written(metrics);
    EXPECT_THAT(text, HasSubstr("bellwether_requests_total{route=\"qwen-*\",provider=\"alpha\","
                                "model=\"qwen-max\",code=\"200\",error_type=\"\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("le=\"0.02\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("bellwether_requests_active 2\n"));
}

TEST(Metrics, InventedNamesMakeNoSeries) {
    Metrics metrics(some_names(), 1);
    for (int i = 0; i < 1000; ++i) {
        auto& series = metrics.worker(0).series("qwen-*", "alpha", fmt::format("invented-{}", i));
        series.results.add(200, 0);
        series.results.add(404, error_type(fmt::format("code-{}", i), ErrorKind::not_found));
    }
    const std::string text = written(metrics);
    EXPECT_THAT(text, HasSubstr("model=\"other\",code=\"200\",error_type=\"\"} 1000\n"));
    EXPECT_THAT(text, HasSubstr("code=\"404\",error_type=\"model_not_found\"} 1000\n"));
    EXPECT_THAT(text, Not(HasSubstr("invented")));
}

TEST(Metrics, AStatusOfTheHostsOwnIsNamed) {
    Metrics metrics(some_names(), 1);
    metrics.worker(0).refused(421, "misdirected_request");
    EXPECT_THAT(written(metrics),
                HasSubstr("code=\"421\",error_type=\"misdirected_request\"} 1\n"));
}

TEST(Metrics, AnUnusualStatusIsOther) {
    Metrics metrics(some_names(), 1);
    for (int code = 510; code < 600; ++code) {
        if (code == 520 || code == 529) continue;
        metrics.worker(0).refused(code, "upstream_error");
    }
    EXPECT_THAT(written(metrics), HasSubstr("code=\"other\",error_type=\"upstream_error\"} 88\n"));
}

TEST(Metrics, AttemptsAndWhatFollowsThemBeginAtZero) {
    Metrics metrics(some_names(), 1);
    metrics.worker(0).attempt("beta", error_type("idle_timeout"));
    metrics.worker(0).fallback("beta");
    metrics.worker(0).stream_continued("alpha");
    const std::string text = written(metrics);
    EXPECT_THAT(text, HasSubstr("attempts_total{provider=\"alpha\",result=\"ok\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("attempts_total{provider=\"beta\",result=\"idle_timeout\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("fallbacks_total{provider=\"alpha\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("fallbacks_total{provider=\"beta\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("continued_streams_total{provider=\"alpha\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("continued_streams_total{provider=\"beta\"} 0\n"));
}

TEST(Metrics, TokensByTypeAndSource) {
    Metrics metrics(some_names(), 1);
    auto& series = metrics.worker(0).series("echo", "beta", "qwen-plus");
    series.count_tokens({.input_tokens = 30,
                         .output_tokens = 12,
                         .cached_input_tokens = 0,
                         .reasoning_tokens = -1,
                         .source = UsageSource::provider});
    const std::string text = written(metrics);
    EXPECT_THAT(text, HasSubstr("type=\"input\",usage_source=\"provider\"} 30\n"));
    EXPECT_THAT(text, HasSubstr("type=\"output\",usage_source=\"provider\"} 12\n"));
    EXPECT_THAT(text, Not(HasSubstr("reasoning\"")));
}

TEST(SeriesTable, IsBoundedAndLosesNothing) {
    SeriesTable table;
    constexpr std::uint16_t k_many = 3000;
    for (std::uint16_t model = 1; model <= k_many; ++model) {
        table.at({.route = 1, .provider = 1, .model = model}).results.add(200, 0);
    }
    std::size_t series = 0;
    std::uint64_t requests = 0;
    table.each([&](SeriesKey, const Series& each) {
        ++series;
        requests += each.results.at(0).count;
    });
    EXPECT_EQ(series, SeriesTable::k_series_max);
    EXPECT_EQ(requests, k_many);
}

TEST(Results, BeyondTheLastPlaceTheLastTakesAll) {
    Results results;
    for (std::size_t error = 0; error < 200; ++error) results.add(200, error);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < Results::k_results_max; ++i) total += results.at(i).count;
    EXPECT_EQ(total, 200u);
}

TEST(ErrorType, UnknownCodesCountAsTheirKind) {
    const auto name = [](std::size_t index) { return error_types()[index]; };
    EXPECT_EQ(name(error_type("idle_timeout", ErrorKind::timeout)), "idle_timeout");
    EXPECT_EQ(name(error_type("limit_requests", ErrorKind::rate)), "rate_limit_exceeded");
    EXPECT_EQ(name(error_type("", ErrorKind::invalid)), "invalid_request");
    EXPECT_EQ(name(error_type("invented")), "other");
    EXPECT_EQ(error_types().front(), "");
    EXPECT_EQ(error_types().back(), "other");
    EXPECT_LT(error_types().size(), 256u);  // a result keeps eight bits for it
}

TEST(Metrics, AScrapeMayComeAtAnyTime) {
    Metrics metrics(some_names(), 2);
    constexpr std::uint64_t k_calls = 20'000;
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < 2; ++i) {
        workers.emplace_back([&metrics, i] {
            for (std::uint64_t call = 0; call < k_calls; ++call) {
                auto& series =
                    metrics.worker(i).series("echo", "beta", call % 2 ? "x" : "qwen-max");
                series.results.add(200, 0);
                series.duration.record(1ms);
            }
        });
    }
    for (int scrape = 0; scrape < 20; ++scrape) written(metrics);
    for (auto& worker : workers) worker.join();
    const std::string text = written(metrics);
    EXPECT_THAT(text, HasSubstr("model=\"qwen-max\",code=\"200\",error_type=\"\"} 20000\n"));
    EXPECT_THAT(text, HasSubstr("model=\"other\",code=\"200\",error_type=\"\"} 20000\n"));
}

}  // namespace bellwether::observe::test

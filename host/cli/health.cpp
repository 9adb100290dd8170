#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "cli/cli.hpp"
#include "cli/host_address.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "net/alarm.hpp"
#include "net/client.hpp"

namespace bellwether::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Containers and supervisors ask every few seconds; a host that needs longer is not healthy.
constexpr std::chrono::seconds k_health_within{5};

// Receives the answer to one question and judges whether the host is ready.
class HealthProbe final : public net::Events {
  public:
    explicit HealthProbe(boost::asio::io_context& loop) : loop_(loop) {}

    static constexpr std::size_t k_body_bytes_max = 4096;

    // Why the host is not ready; empty: it is.
    std::string problem = fmt::format("no answer within {} s", k_health_within.count());

  private:
    void on_head(int status, std::span<const net::Header>) override { status_ = status; }
    void on_data(std::string_view bytes) override {
        body_.append(bytes.substr(0, k_body_bytes_max - std::min(k_body_bytes_max, body_.size())));
    }
    void on_end(std::optional<net::Failure> failure) override {
        loop_.stop();
        if (failure) {
            problem = failure->for_operator();
        } else if (status_ == 503) {
            problem = "the host is shutting down";
        } else if (status_ != 200) {
            problem = fmt::format("HTTP status {}", status_);
        } else {
            const bool says_so = json::Value(body_)["status"].equals("ok");
            problem = says_so ? "" : "what answers there is no Bellwether host";
        }
    }

    boost::asio::io_context& loop_;
    int status_ = 0;
    std::string body_;
};

std::string ask(const std::string& url) {
    boost::asio::io_context loop{1};
    HealthProbe probe(loop);
    net::Client client(loop);
    net::Alarm limit(loop);
    limit.set(Clock::now() + k_health_within, [&loop] { loop.stop(); });
    auto exchange = client.start({.method = "GET", .url = url + "/health/readiness"}, probe);
    loop.run();
    return probe.problem;
}

}  // namespace

int health(const Common& common, const std::string& given) {
    const auto url = host_url(common, given);
    if (!url) return k_usage;
    const std::string problem = ask(*url);
    if (common.json) {
        json::Writer writer;
        writer.begin_object().field("ready", problem.empty());
        if (!problem.empty()) writer.field("problem", problem);
        fmt::print("{}\n", writer.end_object().view());
    } else if (problem.empty()) {
        fmt::print("ready\n");
    } else {
        fmt::print(stderr, "error: {}: {}\n", *url, problem);
    }
    return problem.empty() ? k_ok : k_failed;
}

}  // namespace bellwether::cli

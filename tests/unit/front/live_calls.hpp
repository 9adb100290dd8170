// Calls between the policy and a client that only notes what it is told. The upstream is the echo,
// which does as a request says. "hanging" never answers, "broken" always fails: the calls of the
// routes with these names go to the echo, and their copies there.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "../policy/session_under_test.hpp"
#include "front/drained_calls.hpp"
#include "front/live_call.hpp"
#include "front/shadow_calls.hpp"
#include "net/client.hpp"

namespace bellwether::front {

using namespace std::chrono_literals;

inline constexpr const char* k_live_config = R"(
[server]
heartbeat = "100ms"
[providers.echo]
plugin = "echo"
[[routes]]
model = "echo"
to = ["echo"]
[[routes]]
model = "drained"
to = ["echo"]
on_disconnect = "drain"
[[routes]]
model = "patient"
to = ["echo"]
on_disconnect = "drain:10s"
[[routes]]
model = "two"
to = [{ provider = "echo", model = "first" }, { provider = "echo", model = "second" }]
[providers.hanging]
plugin = "echo"
first_delay = "1h"
[providers.broken]
plugin = "echo"
status = 503
[[routes]]
model = "copied"
to = ["echo"]
shadow = { to = "echo", model = "second", share = "100%" }
[[routes]]
model = "hanging"
to = ["echo"]
shadow = { to = "hanging", share = "100%" }
[[routes]]
model = "broken"
to = ["echo"]
shadow = { to = "broken", share = "100%" }
[[limits]]
name = "copies"
match = { route = "shadow:*" }
concurrent = 1000
)";

// Notes in one word each what it is told.
class Client final : public Downstream {
  public:
    void respond(int status, std::string_view extra, std::string_view body) override {
        said.push_back(std::to_string(status));
        headers = extra;
        last = body;
    }
    void begin_stream(std::string_view extra) override {
        said.emplace_back("stream");
        headers = extra;
    }
    void event(std::string_view json) override {
        if (said.back() != "event") said.emplace_back("event");
        last = json;
        if (on_event) on_event();
    }
    void comment() override {
        if (said.back() != "comment") said.emplace_back("comment");
    }
    void named_event(std::string_view name, std::string_view json) override {
        said.emplace_back(name);
        last = json;
    }
    void end_stream() override { said.emplace_back("end"); }
    void begin_bytes(std::string_view type, std::string_view extra) override {
        said.emplace_back(type);
        headers = extra;
    }
    void bytes(std::string_view bytes) override { last += bytes; }
    void end_body() override { said.emplace_back("end of body"); }
    void break_off() override {
        said.emplace_back("broken off");
        call.reset();
    }
    void finished() override {
        said.emplace_back("finished");
        call.reset();
    }
    bool has_finished() const { return !said.empty() && said.back() == "finished"; }

    std::unique_ptr<LiveCall> call;
    std::vector<std::string> said;
    std::string headers;
    std::string last;  // body or event
    std::function<void()> on_event;
};

inline Host host_of(config::Config config) {
    std::vector<config::Diagnostic> diagnostics;
    auto registry = plugin::load(config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
    for (const auto& diagnostic : diagnostics) ADD_FAILURE() << to_string(diagnostic);
    route::Table routes(config);
    route::Catalogue catalogue(config, routes, registry);
    return {.config = std::move(config),
            .registry = std::move(registry),
            .routes = std::move(routes),
            .catalogue = std::move(catalogue),
            .keys = policy::KeyRing(std::vector<config::Key>())};
}

inline config::Config parsed_live_config() {
    auto loaded = config::parse(k_live_config, "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    loaded.config.retry_budget = {.percent = 0, .per_second = 0};
    return std::move(loaded.config);
}

class LiveCalls : public testing::Test {
  protected:
    void begin(const std::string& model, const std::string& more, const char* timeout = "",
               std::chrono::milliseconds ago = 0ms) {
        Call call;
        call.id = "req";
        call.body = R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi"}])" +
                    more + "}";
        call.timeout = timeout;
        call.started = std::chrono::steady_clock::now() - ago;
        client.call = std::make_unique<LiveCall>(context, client, std::move(call), nullptr, "-");
        client.call->start();
    }
    // Lets the loop turn until something is so; a test that waits for more than it gets fails.
    bool until(const std::function<bool()>& is_so) {
        const auto give_up = std::chrono::steady_clock::now() + 10s;
        loop.restart();
        while (!is_so() && std::chrono::steady_clock::now() < give_up) loop.run_one_for(100ms);
        return is_so();
    }
    bool finishes() {
        return until([this] { return client.has_finished(); });
    }
    bool has_said(const std::string& word) const {
        return std::ranges::find(client.said, word) != client.said.end();
    }
    std::string counted() const {
        observe::PrometheusText text;
        process.metrics.write(text);
        return text.take();
    }
    // Whether one call has been counted, in all, with this status and error.
    bool is_recorded(const std::string& status, const std::string& error) const {
        const std::string text = counted();
        std::string results;
        for (std::size_t at = 0;
             (at = text.find("\nbellwether_requests_total{", at)) != std::string::npos;) {
            const std::size_t end = text.find('\n', ++at);
            results += text.substr(at, end - at) + "\n";
        }
        return std::ranges::count(results, '\n') == 1 &&
               results.find("code=\"" + status + "\",error_type=\"" + error + "\"} 1\n") !=
                   std::string::npos;
    }

    boost::asio::io_context loop;
    Host host = host_of(parsed_live_config());
    net::Client wire{loop};
    credentials::TokenDesk desk{loop, wire};
    std::vector<plugin::ProviderSlot> slots{host.registry.providers.begin(),
                                            host.registry.providers.end()};
    policy::Upstreams upstreams{host.config, host.routes.targets().size()};
    std::mt19937_64 random;
    policy::Books books{loop, host.config, nullptr};
    DrainedCalls drained{loop, [] {}};
    ShadowCalls shadows{loop};
    static observe::MetricNames names() {
        const std::vector<std::string> models{"echo",   "drained", "patient", "two",
                                              "copied", "hanging", "broken"};
        return {.routes = {"", models},
                .providers = {"", {"echo", "hanging", "broken"}},
                .models = {"other", models},
                .shadows = {"", {"shadow:copied", "shadow:hanging", "shadow:broken"}}};
    }
    Process process{.metrics = {names(), 1}, .body_room = BodyRoom(1u << 20)};
    Running running{.process = process};
    observe::AccessLog access_log{loop};
    Context context{.host = host,
                    .engine = {loop, wire, desk, slots, upstreams, random},
                    .books = books,
                    .drained_calls = drained,
                    .running = running,
                    .metrics = process.metrics.worker(0),
                    .access_log = access_log,
                    .random = random,
                    .http_limits = {},
                    .shadow_calls = &shadows};
    Client client;
};

// Between a client and a ledger that answers when the test says.
class CountedLiveCalls : public LiveCalls {
  protected:
    CountedLiveCalls() {
        auto session = std::make_unique<policy::SessionUnderTest>();
        ledger = session.get();
        books.session = std::move(session);
    }
    // Until the answer waits for its hold to be durable.
    bool is_kept() {
        return until([this] { return !ledger->waiting.empty(); });
    }

    policy::SessionUnderTest* ledger = nullptr;
};

}  // namespace bellwether::front

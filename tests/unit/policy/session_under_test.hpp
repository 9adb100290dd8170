// A ledger that answers when and what the test says, and what a call needs to be admitted by it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "json/request.hpp"
#include "net/client.hpp"
#include "plugin/registry.hpp"
#include "policy/admission/admission.hpp"
#include "policy/admission/books.hpp"

namespace bellwether::policy {

class SessionUnderTest final : public ledger::LedgerSession {
  public:
    ledger::HoldId next_id() override { return {.host = 1, .number = ++number_}; }
    std::int64_t now_us() const override { return 1'790'000'000'000'000; }
    void hold(ledger::Hold hold, OnVerdict on_verdict) override {
        holds.push_back(hold);
        pending = std::move(on_verdict);
    }
    ledger::Written written(const ledger::HoldId&) const override {
        if (durable) return ledger::Written::yes;
        return failing ? ledger::Written::cannot : ledger::Written::not_yet;
    }
    void when_durable(const ledger::HoldId&, OnDurable on_durable) override {
        if (durable) return on_durable(true);
        waiting.push_back(std::move(on_durable));
    }
    void settle(ledger::Settlement settlement) override {
        settled.push_back(std::move(settlement));
    }

    void answer(ledger::Verdict verdict) {
        verdict.standings.resize(holds.back().claims.size());
        std::exchange(pending, {})(std::move(verdict));
    }
    void commit() {
        durable = true;
        tell(true);
    }
    void fail_to_commit() {
        failing = true;
        tell(false);
    }

    std::vector<ledger::Hold> holds;
    std::vector<ledger::Settlement> settled;
    OnVerdict pending;
    std::vector<OnDurable> waiting;
    bool durable = false;
    bool failing = false;

  private:
    void tell(bool durable) {
        for (auto& told : std::exchange(waiting, {})) told(durable);
    }

    std::uint64_t number_ = 0;
};

// One worker with the providers "a" and "b", and a call that either may serve.
struct Desk {
    explicit Desk(const std::string& rules)
        : config(parsed(rules + k_providers)), books(loop, config, nullptr) {
        auto session_made = std::make_unique<SessionUnderTest>();
        session = session_made.get();
        books.session = std::move(session_made);
    }

    static constexpr const char* k_providers =
        "[providers.a]\n[providers.b]\n[[routes]]\nmodel = \"*\"\nto = [\"a\", \"b\"]\n";

    static plugin::ProviderSlot slot(const char* name, std::vector<plugin::Model> models = {}) {
        auto provider = std::make_shared<plugin::LoadedProvider>();
        provider->name = name;
        provider->models = std::move(models);
        return plugin::ProviderSlot(std::move(provider));
    }

    // Nothing is repeated, unless a test wants it so.
    static config::Config parsed(const std::string& text) {
        auto loaded = config::parse(text, "c.toml");
        loaded.config.retry_budget = {.percent = 0, .per_second = 0};
        for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
        return std::move(loaded.config);
    }

    static constexpr const char* k_no_messages = R"(,"messages":[])";

    static Call call_of(const std::string& more = "", const std::string& messages = k_no_messages) {
        Call call;
        call.started = std::chrono::steady_clock::now();
        call.body = R"({"model":"m","max_tokens":100)" + messages + more + "}";
        EXPECT_TRUE(json::read_request(call));
        return call;
    }

    std::vector<route::Candidate> both() const {
        return {{.provider = 0, .model = "m"}, {.provider = 1, .model = "m"}};
    }

    // Asks for one call; what it is told is in `told`.
    Admission& ask(const std::string& more = "", const std::string& messages = k_no_messages) {
        call = call_of(more, messages);
        told.reset();
        admission.emplace(books, engine, call,
                          Destination{.route = "m", .model = "m", .candidates = both()});
        admission->ask([this](Result<void> result) { told = std::move(result); });
        return *admission;
    }

    boost::asio::io_context loop;
    net::Client client{loop};
    credentials::TokenDesk desk{loop, client};
    std::vector<plugin::ProviderSlot> slots{slot("a"), slot("b")};
    config::Config config;
    Books books;
    SessionUnderTest* session = nullptr;
    Upstreams upstreams{config, 8};
    std::mt19937_64 random;
    AttemptServices engine{loop, client, desk, slots, upstreams, random};
    Call call;
    std::optional<Result<void>> told;
    std::optional<Admission> admission;
};

inline constexpr const char* k_budget =
    "[[budgets]]\nname = \"b\"\nlimit = \"1ktok\"\nper = "
    "\"day\"\n";

}  // namespace bellwether::policy

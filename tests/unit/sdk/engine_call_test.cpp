// Calls of an engine that are stepped by hand, and services that follow one another.
#include <gtest/gtest.h>

#include <bellwether/provider.hpp>
#include <bellwether/testing/engine_call.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace bw::testing;

// Says a word for each wake but the first, from a thread of each call's own; the third is the last.
struct Talker {
    struct Service {
        Service(const bw::Setup& setup, const Service* replaced)
            : name((replaced == nullptr ? "" : replaced->name + ">") + setup.name()) {}
        std::string name;
    };
    struct Call {
        Call(Talker& talker, const bw::Request& request, bw::Attempt attempt)
            : talker_(talker), attempt_(attempt), ticket_(attempt.generate()) {
            silent_ = request.model() == "silent";
        }
        ~Call() {
            if (thread_.joinable()) thread_.join();
        }
        bw::Step step() {
            if (silent_) return bw::Step::when_woken();
            if (thread_.joinable()) thread_.join();
            if (++steps_ == 2) return bw::Step::after(2ms);
            if (steps_ == 4) {
                attempt_.emit_reply(R"({"choices":[{"message":{"content":")" +
                                    talker_.service.name + "\"}}]}");
                return bw::Step::complete();
            }
            thread_ = std::thread([this] { talker_.host.wake(ticket_); });
            return bw::Step::when_woken();
        }

      private:
        Talker& talker_;
        bw::Attempt attempt_;
        bw_ticket ticket_;
        bool silent_ = false;
        int steps_ = 0;
        std::thread thread_;
    };

    Talker(const bw::Setup& setup, Service& shared) : host(setup.host()), service(shared) {}
    bw::Host host;
    Service& service;
};

class EngineCalls : public ::testing::Test {
  protected:
    void TearDown() override {
        for (const std::string& rule : host.misbehaviours) ADD_FAILURE() << rule;
    }
    static const bw_plugin* table() {
        return bw::plugin_table<Talker>("com.example.talker", "1", R"({"summary":"talks"})");
    }
    FakeHost host;
};

TEST_F(EngineCalls, AStepComesAfterEachWakeAndEachWait) {
    Instance talker(host, table(), R"({"name":"a"})");
    EngineCall one(talker, {});
    EngineCall other(talker, {});
    EXPECT_TRUE(one.step());
    EXPECT_TRUE(other.step());
    EXPECT_EQ(other.finish().text(), "a");
    EXPECT_EQ(one.finish().text(), "a");
    EXPECT_TRUE(one.is_over());
    EXPECT_FALSE(one.step());
    EXPECT_EQ(one.result().waits, (std::vector<std::int64_t>{0, 2, 0, -1}));
    EXPECT_EQ(host.wakes(), 4u);
    EXPECT_EQ(talker.call({}).text(), "a");
}

TEST_F(EngineCalls, NoStepComesWithoutAWake) {
    Instance talker(host, table(), R"({"name":"a"})");
    Asked asked;
    asked.model = "silent";
    EngineCall call(talker, asked);
    EXPECT_TRUE(call.step()) << "the first is due at once";
    EXPECT_FALSE(call.step(2ms));
    EXPECT_FALSE(call.is_over());
    call.close();
    EXPECT_TRUE(call.is_over());
    EXPECT_FALSE(call.step());
}

TEST_F(EngineCalls, AServiceIsGivenTheOneThatItReplaces) {
    auto before = std::make_unique<Service>(host, table(), R"({"name":"a"})");
    Service after(host, table(), R"({"name":"b"})", before.get());
    Instance talker(after);
    before.reset();
    EXPECT_EQ(talker.call({}).text(), "a>b");
}

}  // namespace

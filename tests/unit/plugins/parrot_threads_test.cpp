// The parrot's threads: queues, slow clients, cancels, services that follow one another.
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "plugins/parrot_fixture.hpp"

namespace {

using namespace bw::testing;
using namespace std::chrono_literals;

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 start);
}

class ParrotThreads : public ParrotTest {
  protected:
    static std::string config(const std::string& more) {
        return R"({"name":"parrot",)" + more + "}";
    }
    static constexpr const char* k_asleep = R"("threads":1,"queue":1,"delay":3600000)";
};

TEST_F(ParrotThreads, RefusesMoreThanTheQueueHolds) {
    Instance parrot(host, library_.table(), config(k_asleep));
    EngineCall one(parrot, chat());
    auto two = std::make_unique<EngineCall>(parrot, chat());
    EngineCall three(parrot, chat());
    ASSERT_EQ(three.result().status(), BW_E_RATE);
    EXPECT_EQ(three.result().error->code, "queue_full");
    EXPECT_GE(three.result().error->retry_after_ms, 100);
    EXPECT_LE(three.result().error->retry_after_ms, 60'000);
    two.reset();
    EngineCall four(parrot, chat());
    EXPECT_TRUE(four.result().ok()) << "the one that was cancelled has left the queue";
}

TEST_F(ParrotThreads, ACancelEndsALongDelay) {
    const auto start = std::chrono::steady_clock::now();
    {
        Service service(host, library_.table(), config(k_asleep));
        Instance parrot(service);
        EngineCall waits(parrot, chat());
        EngineCall queued(parrot, chat());
        EXPECT_TRUE(waits.step());
        EXPECT_FALSE(waits.step(5ms)) << "nothing wakes it";
        waits.close();
        EXPECT_EQ(waits.result().usage->output_tokens, 0);
        EXPECT_LT(since(start), 2s);
    }
    EXPECT_LT(since(start), 5s) << "the thread has ended";
}

TEST_F(ParrotThreads, ASlowClientHoldsNoThread) {
    Instance parrot(host, library_.table(), config("\"threads\":1"));
    EngineCall slow(parrot, endless(4096));
    EngineCall quick(parrot, endless(500));
    EXPECT_EQ(quick.finish().usage->output_tokens, 500);
    EXPECT_TRUE(slow.step());
    EXPECT_FALSE(slow.is_over());
    EXPECT_LT(slow.result().chunks().size(), 200u) << "its outputs are bounded";
    EXPECT_EQ(slow.finish().usage->output_tokens, 4096);
    EXPECT_EQ(slow.result().chunks().size(), 4098u);
}

TEST_F(ParrotThreads, WhatWasSaidIsBilledWhenTheClientGoes) {
    Instance parrot(host, library_.table(), config("\"threads\":1"));
    EngineCall call(parrot, endless(4096));
    while (call.result().chunks().size() < 20) ASSERT_TRUE(call.step());
    call.close();
    ASSERT_TRUE(call.result().usage);
    EXPECT_GT(call.result().usage->input_tokens, 3);
    EXPECT_GE(call.result().usage->output_tokens, 19);
    EXPECT_LT(call.result().usage->output_tokens, 4096);
}

TEST_F(ParrotThreads, OneServiceFollowsAnother) {
    auto before = std::make_unique<Service>(host, library_.table(), config("\"threads\":3"));
    auto old_parrot = std::make_unique<Instance>(*before);
    EngineCall old_call(*old_parrot, chat("\"seed\":9", true));
    Service after(host, library_.table(), config("\"threads\":2"), before.get());
    before->notice(BW_NOTICE_DRAIN);
    const std::string text = old_call.finish().text();
    EXPECT_EQ(EngineCall(*old_parrot, chat("\"seed\":9")).finish().text(), text)
        << "of a client that waited elsewhere until then";
    old_parrot.reset();
    before.reset();
    Instance parrot(after);
    EXPECT_EQ(parrot.call(chat("\"seed\":9")).text(), text);
    after.notice(BW_NOTICE_MEMORY);
    after.notice(99);
    EXPECT_EQ(parrot.call(chat("\"seed\":9")).text(), text);
}

// Loops of several workers, each with calls side by side, of which some are cancelled: every call
// that is finished has said what it says when it is alone.
TEST_F(ParrotThreads, ManyCallsAtOnceDisturbNoneOfThem) {
    constexpr int k_loops = 3;
    constexpr int k_rounds = 12;
    constexpr int k_seeds = 5;
    std::array<std::string, k_seeds> alone;
    const auto seeded = [](int seed, bool stream) {
        return chat("\"max_tokens\":150,\"ignore_eos\":true,\"seed\":" + std::to_string(seed),
                    stream);
    };
    for (int seed = 0; seed < k_seeds; ++seed) {
        alone.at(static_cast<std::size_t>(seed)) = call(seeded(seed, false)).text();
    }
    Service service(host, library_.table(), config("\"threads\":3,\"queue\":100"));
    std::vector<std::unique_ptr<Instance>> instances;
    for (int i = 0; i < k_loops; ++i) instances.push_back(std::make_unique<Instance>(service));
    std::array<int, k_loops> wrong{};
    const auto loop = [&](int index) {
        Instance& parrot = *instances.at(static_cast<std::size_t>(index));
        for (int round = 0; round < k_rounds; ++round) {
            std::vector<std::unique_ptr<EngineCall>> calls;
            for (int seed = 0; seed < k_seeds; ++seed) {
                calls.push_back(
                    std::make_unique<EngineCall>(parrot, seeded(seed, (round + seed) % 3 != 0)));
            }
            calls.at(static_cast<std::size_t>(round % k_seeds))->step();
            calls.at(static_cast<std::size_t>(round % k_seeds)).reset();
            for (std::size_t i = 0; i < calls.size(); ++i) {
                if (calls[i] && calls[i]->finish().text() != alone.at(i)) {
                    ++wrong.at(static_cast<std::size_t>(index));
                }
            }
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < k_loops; ++i) threads.emplace_back(loop, i);
    std::this_thread::yield();
    service.notice(BW_NOTICE_MEMORY);
    for (std::thread& thread : threads) thread.join();
    for (const int count : wrong) EXPECT_EQ(count, 0);
}

}  // namespace

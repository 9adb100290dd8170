// Several workers' threads at one source, for ThreadSanitizer: calls come, wait, are dropped and
// told; workers end in the middle of a fetch. However it goes, nobody who stays is forgotten.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "credentials/client_credentials.hpp"
#include "credentials/token_desk.hpp"
#include "net/alarm.hpp"

namespace bellwether::credentials {
namespace {

using namespace std::chrono_literals;

// Answers each request after a while, on the worker's own loop; some of them badly.
class AnsweringTransport final : public net::Transport {
  public:
    AnsweringTransport(boost::asio::io_context& loop, std::atomic<int>& asked)
        : loop_(loop), asked_(asked) {}

    net::Exchange start(net::Request, net::Events& events) override {
        auto sending = std::make_shared<Answer>(loop_, events);
        sending->begin(++asked_ % 17 == 0 ? 503 : 200);
        return net::Exchange(std::move(sending));
    }

  private:
    struct Answer final : net::Sending, std::enable_shared_from_this<Answer> {
        Answer(boost::asio::io_context& loop, net::Events& receiver)
            : events(&receiver), alarm(std::in_place, loop) {}
        void begin(int status) {
            alarm->set(Clock::now() + 300us, [this, status] {
                const auto self = shared_from_this();
                events->on_head(status, {});
                if (events) events->on_data(R"({"access_token":"token","expires_in":1})");
                if (events) events->on_end(std::nullopt);
            });
        }
        bool sent() const override { return true; }
        void cancel() override {
            events = nullptr;
            alarm.reset();
        }
        void pause() override {}
        void resume() override {}

        net::Events* events;
        std::optional<net::Alarm> alarm;
    };

    boost::asio::io_context& loop_;
    std::atomic<int>& asked_;
};

class StressedWorker {
  public:
    StressedWorker(std::shared_ptr<TokenSource> source, std::atomic<int>& asked, unsigned seed)
        : source_(std::move(source)), wire_(loop_, asked), random_(seed) {}

    // Calls come one after the other; some are dropped while they wait. Returns the number of those
    // that stayed and were told.
    int run(int calls) {
        TokenDesk desk(loop_, wire_);
        for (int i = 0; i < calls; ++i) one_call(desk);
        while (told_ < kept_ && loop_.run_one_for(20s) > 0) {
        }
        waits_.clear();
        return told_;
    }
    // Ends while calls wait.
    void run_and_vanish(int calls) {
        TokenDesk desk(loop_, wire_);
        for (int i = 0; i < calls; ++i) one_call(desk);
    }
    int kept() const { return kept_; }

  private:
    void one_call(TokenDesk& desk) {
        const auto token = desk.ready(source_);
        if (!token || random_() % 4 == 0) {
            TokenWait wait = desk.wait(source_, [this](const TokenOutcome&) { ++told_; });
            if (random_() % 3 != 0) {
                ++kept_;
                waits_.push_back(std::move(wait));
            }
        } else if (random_() % 64 == 0) {
            source_->refused(token);
        }
        if (random_() % 8 == 0) loop_.run_one_for(1ms);
        loop_.poll();
        if (source_->standing().fetching && random_() % 64 == 0) std::this_thread::yield();
    }

    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        loop_.get_executor()};
    std::shared_ptr<TokenSource> source_;
    AnsweringTransport wire_;
    std::minstd_rand random_;
    std::deque<TokenWait> waits_;
    int kept_ = 0;
    int told_ = 0;
};

// Each round has a source of its own, so that there is always a first fetch to be taken over.
TEST(TokenStress, NobodyIsForgottenWhileWorkersComeAndGo) {
    std::atomic<int> asked = 0;
    for (unsigned round = 0; round < 100; ++round) {
        const auto source =
            TokenSource::make(client_tokens({.token_url = "https://auth.example/token",
                                             .client_id = "id",
                                             .client_secret = "secret"}),
                              {.name = "credential"});
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < 2; ++i) {
            threads.emplace_back([&, i] {
                StressedWorker worker(source, asked, 1000 * i + round + 1);
                const int told = worker.run(30);
                EXPECT_EQ(told, worker.kept());
            });
            threads.emplace_back([&, i] {
                for (unsigned j = 0; j < 3; ++j) {
                    StressedWorker(source, asked, 1000 * i + 10 * round + j + 5).run_and_vanish(4);
                }
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_FALSE(source->standing().fetching);
        EXPECT_GT(source->standing().fetches, 0u);
    }
}

}  // namespace
}  // namespace bellwether::credentials

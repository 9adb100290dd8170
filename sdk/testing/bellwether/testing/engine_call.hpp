// bellwether/testing/engine_call.hpp - one call of a plugin that answers by itself, stepped by
// hand: for several calls at once, slow clients and cancels.
//
//   bw::testing::EngineCall one(instance, asked);
//   bw::testing::EngineCall other(instance, asked);
//   one.step();           // waits for a wake, or for as long as the last step asked for
//   other.close();        // the client has gone
//   one.finish().text();  // steps until it is over
//
// Of one instance all calls are made on one thread, as with the host.
#pragma once

#include <bellwether/testing/fake_host.hpp>

#include <chrono>
#include <cstdint>
#include <utility>

namespace bw::testing {

class EngineCall {
  public:
    EngineCall(Instance& instance, Asked asked) : instance_(instance), asked_(std::move(asked)) {
        bool complete = false;
        over_ = !instance.open(asked_, attempt_, &call_, complete);
        if (over_) call_ = nullptr;  // it never was, or has been closed
        over_ = over_ || complete;
    }
    ~EngineCall() { close(); }
    EngineCall(const EngineCall&) = delete;
    EngineCall& operator=(const EngineCall&) = delete;

    // Makes the next step once it is due. False: there is none, or none was due in time.
    bool step(std::chrono::milliseconds at_most = Instance::k_patience) {
        if (over_) return false;
        const std::chrono::milliseconds wait(result().waits.empty() ? 0 : result().waits.back());
        const bool timed = wait.count() > 0 && wait <= at_most;
        if (!instance_.host_.due().take(attempt_.ticket, timed ? wait : at_most) && !timed) {
            return false;
        }
        if (instance_.step(call_, attempt_)) return true;
        end(result().ok() ? BW_CLOSE_DONE : BW_CLOSE_FAILED);
        const rules::Verdict lacks = rules::check_end(attempt_.conduct);
        if (result().ok() && !lacks.ok()) instance_.host_.misbehaved(lacks.why);
        return true;
    }
    // Steps until it is over.
    const Result& finish() {
        while (step()) {
        }
        if (!over_) instance_.host_.misbehaved("a call waits for a wake that never comes");
        return result();
    }
    // Closes it early, unless it is over.
    void close(std::uint32_t reason = BW_CLOSE_CLIENT_GONE) {
        if (call_ != nullptr) end(reason);
    }

    // Complete, failed or closed.
    bool is_over() const { return over_; }
    // What has come of it so far.
    const Result& result() const { return attempt_.result; }

  private:
    void end(std::uint32_t reason) {
        over_ = true;
        instance_.close(std::exchange(call_, nullptr), attempt_, reason);
    }

    Instance& instance_;
    Asked asked_;
    FakeAttempt attempt_;
    bw_call* call_ = nullptr;
    bool over_ = false;
};

}  // namespace bw::testing
